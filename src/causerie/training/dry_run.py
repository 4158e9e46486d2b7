"""What a run will take, before it is begun: parameters, memory by part, operations, time and money.

Does: arithmetic from the recipe; where the model is small enough to be built at once, time a few of its steps here.
Does not: write anything, or need the data: where there is none yet, the recipe's own numbers do.
Try it: causerie train recipes/fleet-7b.toml --dry-run
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import torch

from causerie.data.shards import read_manifest
from causerie.errors import ConfigError, DataError
from causerie.modeling.config import ModelConfig
from causerie.modeling.loss import CHUNK_LOGITS, CHUNK_ROWS
from causerie.modeling.transformer import Transformer
from causerie.planning.memory import kept_by_block
from causerie.training import machine
from causerie.training.networks import network_of, trained_flops
from causerie.training.objectives.pretrain import shard_folders
from causerie.training.objectives.table import TABLE
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe, accumulation
from causerie.training.run import steps_of
from causerie.training.sizes import config_of
from causerie.training.step import products_in

TIMED_PARAMETERS = 200_000_000
"""Larger models are not built to be timed."""
REACHED = 0.4
"""Share of the peak that training reaches, where it is not timed: usual for large models on GPUs."""
LEAST_PASSES, MOST_PASSES = 2, 20
"""Forward and backward passes that are timed."""
_FLOAT = 4


@dataclass(frozen=True)
class Plan:
    """What a run will take."""

    parameters: int
    trained_parameters: int
    memory_bytes: Mapping[str, int]
    """Of one process, by part."""
    steps: int
    tokens: int
    """At most: rows may not be full."""
    flops: float
    seconds: float
    timed: bool
    """Whether steps were timed here (otherwise a share of the peak is taken)."""
    share: float
    """What the timed steps had of the processor beside other programs (1 = all of it); `seconds` is for all of it."""
    processes: int
    price: float
    currency: str
    """Empty where the recipe does not say what machines cost."""


def plan(recipe: Recipe) -> Plan:
    """What a run will take.

    Raises:
        ConfigError: The recipe contradicts itself, or does not say enough where there is no data yet.
        ModelFileError: The model to go on from cannot be read.
    """
    processes = recipe.money.processes
    accumulation(recipe, processes)
    sequences, vocabulary = _data(recipe)
    network = None
    if recipe.model.start:
        network = network_of(recipe, vocabulary)
        config = network.config
    else:
        config = config_of(recipe, vocabulary)
        if config.parameters() <= TIMED_PARAMETERS:
            network = network_of(recipe, vocabulary)
    if recipe.schedule.epochs and not sequences:
        raise ConfigError(
            "schedule.epochs cannot be counted in steps: there is no data in {folder} yet", folder=recipe.data.folder,
            param="schedule.epochs", hint="build the data first, or give schedule.steps",
        )  # fmt: skip
    steps = steps_of(recipe, sequences)
    tokens = steps * recipe.batch.size * recipe.rows * recipe.model.context
    per_token = (
        trained_flops(network, recipe.model.context) if network else config.flops_per_token(recipe.model.context)
    )
    timed = network is not None and config.parameters() <= TIMED_PARAMETERS and not recipe.money.flops_per_s
    device = machine.device_here()
    precision, share = machine.precision_of(recipe.compute.autocast, device), 1.0
    measured = None
    if timed and network is not None:
        with suppress(torch.OutOfMemoryError):  # of a GPU; how much it takes is just what is asked
            measured = timed_steps(network.to(device), recipe, precision)
    if measured:
        tokens_per_s, share = measured
        per_s = tokens_per_s * per_token
    else:
        per_s = recipe.money.flops_per_s or machine.peak_flops(precision, str(device)) * REACHED
    seconds = tokens * per_token / per_s / processes
    price = seconds / 3600 * recipe.money.per_hour
    trained = sum(weight.numel() for weight in network.parameters() if weight.requires_grad) if network else 0
    return Plan(
        parameters=config.parameters(),
        trained_parameters=trained or config.parameters(),
        memory_bytes=memory(recipe, config, trained, processes),
        steps=steps,
        tokens=tokens,
        flops=tokens * per_token,
        seconds=seconds,
        timed=measured is not None,
        share=share,
        processes=processes,
        price=price,
        currency=recipe.money.currency if recipe.money.per_hour else "",
    )


def _data(recipe: Recipe) -> tuple[int, int]:
    """Sequences and token ids of the data; where there is none yet, 0 and what the tokenizer is to have."""
    try:
        if recipe.objective != "pretrain":
            objective = TABLE[recipe.objective](recipe, Processes(0, 1, torch.device("cpu")))
            return objective.sequences, objective.vocabulary
        manifest = read_manifest(shard_folders(recipe)[0])
    except (DataError, ConfigError):
        return 0, recipe.tokenizer.vocabulary if recipe.tokenizer else 0
    return (manifest.tokens - 1) // recipe.model.context, manifest.vocabulary_size


def memory(recipe: Recipe, config: ModelConfig, trained: int, processes: int) -> dict[str, int]:
    """Bytes of one process, by part.

    Args:
        recipe: The run.
        config: Of its model.
        trained: Weights that are trained (0 = all).
        processes: How many; under FSDP they share weights, gradients and the optimiser's state.
    """
    adapters = trained if recipe.lora is not None else 0
    trained = trained or config.parameters()
    shared = processes if recipe.compute.parallel == "fsdp" else 1
    orthogonal = config.matrix_parameters() if recipe.optimiser.kind == "muon" and not adapters else 0
    remembered = orthogonal + 2 * (trained - orthogonal)
    if recipe.optimiser.kind == "muon" and adapters:
        remembered = trained
    positions = recipe.batch.micro_size * recipe.rows * recipe.model.context
    chunk = max(CHUNK_ROWS, CHUNK_LOGITS // config.vocabulary) * config.vocabulary
    return {
        "weights": (config.parameters() + adapters) * _FLOAT // shared,
        "gradients": trained * _FLOAT // shared,
        "optimiser": remembered * _FLOAT // shared,
        "activations": activations(config, positions, recipe),
        "logits": min(positions * config.vocabulary, chunk) * _FLOAT * 2,
    }


def activations(config: ModelConfig, positions: int, recipe: Recipe) -> int:
    """Bytes that are kept for the backward pass, in the type that this machine multiplies in."""
    size = machine.precision_of(recipe.compute.autocast, machine.device_here()).itemsize
    queries, keys = config.heads * config.head_width, config.kv_heads * config.head_width
    block = kept_by_block(width=config.width, queries=queries, keys=keys, hidden=config.hidden)
    blocks = config.layers * config.width + block if recipe.compute.recompute else config.layers * block
    return positions * (blocks + 2 * config.width) * size


def timed_steps(
    network: Transformer, recipe: Recipe, precision: torch.dtype, seconds: float = 2.0
) -> tuple[float, float]:
    """Tokens a second forward and backward, not compiled, the best of several; and the processor's share they had.

    The processor's own time is taken, not the clock's: what other programs compute meanwhile makes the clock's many
    times as long, and no choice among passes takes that away. This thread has its part in all that torch computes, so
    its time is that of a whole pass, however many threads there are. A GPU is timed by the clock.
    """
    if recipe.compute.threads:
        torch.set_num_threads(recipe.compute.threads)
    network.recompute = recipe.compute.recompute
    context, rows, device = recipe.model.context, recipe.batch.micro_size, network.embedding.weight.device
    tokens_BT = torch.randint(network.config.vocabulary, (rows, context), generator=torch.Generator().manual_seed(0))
    tokens_BT = tokens_BT.to(device)
    now = time.perf_counter if device.type == "cuda" else time.thread_time
    passes: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    # The first one also sets things up.
    while len(passes) < 1 + LEAST_PASSES or (len(passes) < MOST_PASSES and time.perf_counter() < end):
        started, clock = now(), time.perf_counter()
        with products_in(precision, device):
            loss = network(tokens_BT, None, tokens_BT)
        torch.autograd.backward(loss.total)
        network.zero_grad(set_to_none=True)
        machine.wait_for(str(device))
        passes.append((now() - started, time.perf_counter() - clock))
    own, by_the_clock = min(passes[1:])
    return rows * context / own, min(1.0, own / by_the_clock)
