"""A whole run: from a recipe to a model in its folder.

Does: put together what the trainer works with, each part from its own file; export the model and write its lineage.
Does not: train (`trainer.py`) or show anything (the command line does).
Try it: causerie train recipes/starter.toml
"""

from pathlib import Path
from typing import Any

import torch

from causerie.data.shards import file_sha256
from causerie.errors import ConfigError
from causerie.modeling.config import learning_rates
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training import machine
from causerie.training.checkpoint import Checkpoints
from causerie.training.contract import Objective
from causerie.training.conversations import tokenizer_folder
from causerie.training.events import Event, Tell
from causerie.training.export import export
from causerie.training.networks import EXPORTED, network_of, trained_flops
from causerie.training.objectives.table import TABLE
from causerie.training.optimisers import Optimiser
from causerie.training.parallel import Processes, joined, spread
from causerie.training.recipe import Recipe
from causerie.training.run_folder import RunFolder, last_of
from causerie.training.samples import writer
from causerie.training.step import products_in
from causerie.training.tokens import make_tokens
from causerie.training.trainer import Progress, Trainer, Work

COMPILE_FROM_FLOPS = 2e14
"""Runs with less to do are over before torch.compile has won back its minute."""


def train(recipe: Recipe, *, resume: bool = False, tell: Tell | None = None) -> RunFolder:
    """Train a model as the recipe says.

    Args:
        recipe: The run.
        resume: Go on from its last good checkpoint, where there is one.
        tell: Told of each happening, in the first process.

    Raises:
        ConfigError: The recipe does not fit this machine, its data, or the run that is resumed.
        Conflict: There is a run in the folder, and it is not to be resumed.
        DataError: The data is missing or damaged.
        ModelFileError: The model to go on from cannot be read.
        RunStopped: SIGTERM or Ctrl-C; a checkpoint is written.
        RunError: Training failed, or a checkpoint could not be written or read.
    """
    if recipe.compute.threads:
        torch.set_num_threads(recipe.compute.threads)
    with joined() as processes:
        folder = RunFolder(recipe, resume=resume)
        if processes.first:
            make_tokens(recipe)
        processes.wait()
        objective = TABLE[recipe.objective](recipe, processes)
        tokenizer = _tokenizer(recipe)
        work = prepare(recipe, objective, processes, folder.checkpoints, tokenizer)

        def everyone(event: Event) -> None:
            folder.write(event)
            if tell is not None:
                tell(event)

        if processes.first:
            folder.begin(machine.versions())
        with products_in(work.precision, processes.device):
            objective.begin(work.model, folder.path)
        progress = Trainer(work, everyone).run(resume=resume)
        exported = export(recipe, work.network, tokenizer, folder.path, processes) if tokenizer else None
        if processes.first:
            folder.finish(_lineage(work, progress, folder, tokenizer, exported))
            everyone(Event("end", progress.step, {"seconds": progress.seconds, "gguf": str(exported or "")}))
        processes.wait()
        return folder


def prepare(
    recipe: Recipe, objective: Objective, processes: Processes, checkpoints: Path, tokenizer: Tokenizer | None
) -> Work:
    """All that the trainer works with."""
    precision = machine.precision_of(recipe.compute.precision, processes.device)
    network = network_of(recipe, objective.vocabulary).to(processes.device)
    network.recompute = recipe.compute.recompute
    steps = steps_of(recipe, objective.sequences)
    flops_per_token = trained_flops(network, recipe.model.context)
    if compiles(recipe, flops_per_token * steps * recipe.batch.size * recipe.model.context / processes.world):
        network.compile()
    kind = "ddp" if recipe.compute.parallel == "auto" else recipe.compute.parallel
    model = spread(network, kind, processes, precision)
    # Under FSDP no process has the weights to write with.
    writes = tokenizer if processes.world == 1 or kind == "ddp" else None
    return Work(
        recipe=recipe,
        network=network,
        model=model,
        objective=objective,
        optimiser=Optimiser(network, recipe.optimiser, learning_rates(network.config)),
        processes=processes,
        checkpoints=Checkpoints(checkpoints, recipe.checkpoints.keep, processes),
        precision=precision,
        steps=steps,
        flops_per_token=flops_per_token,
        peak_flops=machine.peak_flops(precision, str(processes.device)) * processes.world,
        write=writer(recipe, network, writes) if writes else None,
    )


def steps_of(recipe: Recipe, sequences: int) -> int:
    """How many steps the run has, with so many sequences to learn from."""
    return recipe.schedule.steps or max(1, round(recipe.schedule.epochs * sequences / recipe.batch.size))


def compiles(recipe: Recipe, flops: float) -> bool:
    """Whether torch.compile pays for so many operations of one process."""
    if recipe.compute.compile != "auto":
        return recipe.compute.compile == "on"
    return recipe.objective == "pretrain" and flops > COMPILE_FROM_FLOPS


def _tokenizer(recipe: Recipe) -> Tokenizer | None:
    """The tokenizer; None for token shards that came without one: then there are no samples and no export."""
    try:
        return Tokenizer.load(tokenizer_folder(recipe))
    except ConfigError:
        if recipe.objective == "pretrain" and not recipe.data.tokenizer:
            return None
        raise


def _lineage(
    work: Work, progress: Progress, folder: RunFolder, tokenizer: Tokenizer | None, exported: Path | None
) -> dict[str, Any]:
    """Where the model comes from, for whoever decides whether it may be released."""
    recipe, network = work.recipe, work.network
    return {
        "objective": recipe.objective,
        "start": _start(recipe),
        "data_sha256": work.objective.state()["data_sha256"],
        "tokenizer_sha256": tokenizer.sha256 if tokenizer else "",
        "parameters": network.config.parameters(),
        "steps": progress.step,
        "tokens": progress.tokens,
        "flops": progress.tokens * work.flops_per_token,
        "seconds": progress.seconds,
        "skipped_batches": progress.skipped,
        "last_step": last_of(folder.path, "step"),
        "last_evaluation": last_of(folder.path, "evaluation"),
        "gguf_sha256": file_sha256(exported) if exported else "",
    }


def _start(recipe: Recipe) -> dict[str, str]:
    """What was gone on from, with its hash."""
    if not recipe.model.start:
        return {}
    path = Path(recipe.model.start)
    folders = (path, path / EXPORTED)
    found = [path] if path.is_file() else [file for each in folders for file in sorted(each.glob("*.safetensors"))]
    return {"path": str(path)} | {file.name: file_sha256(file) for file in found}
