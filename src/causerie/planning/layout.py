"""The best way to share a run among GPUs: every layout that fits is tried, and the fastest taken.

    GPUs used = tensor x pipeline x data       sequences of a step = data x micro-batch x micro-batches

A layout is worth: GPUs used x utilisation x goodput. Its utilisation is the one that is assumed, or less where the
layout itself cannot come so high: `ceiling` is what the kernels reach, less what is computed twice, less waiting.

Does: search all combinations with few rules: a matrix is cut within a server, FSDP goes without a pipeline.
Does not: cut sequences (context parallelism) or place experts. `causerie train` itself knows `data` with the shards
"none" and "all" (--tensor 1 --pipeline 1); the others are those of Megatron and torchtitan.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from causerie.errors import ConfigError
from causerie.planning.asked import Gpu, Run, Wanted
from causerie.planning.gpus import GIB
from causerie.planning.memory import Layout, Memory, Recompute, Shard, memory, room, stage_layers
from causerie.planning.traffic import Traffic, traffic

MICRO_BATCHES = (1, 2, 4, 8, 16, 32)
"""Sizes that are tried."""
RECOMPUTED: Mapping[Recompute, float] = {"none": 1.0, "cheap": 1.02, "all": 4 / 3}
"""Computing with recomputation. All: the forward pass, a third of a step, is done again. Cheap: what takes memory and
little time. Source: Korthikanti et al., 2022, arXiv 2205.05198, section 6.2: 36 to 39 % for all, 2 to 4 % for their
selective kind, which is attention; that norms and the gate's products cost no more is an assumption."""


@dataclass(frozen=True)
class Placed:
    """A layout with what comes of it."""

    layout: Layout
    micro_batches: int
    """Of one copy in a step, one after the other."""
    memory: Memory
    traffic: Traffic
    ceiling: float
    """Utilisation that this layout cannot pass, as a share of the data sheet's operations."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What bears on a layout's worth."""

    peak_flops_per_s: float
    """Of one GPU in the run's precision, in bfloat16's terms."""
    kernel_share: float
    utilisation: float
    goodput: Callable[[int], float]
    """Share of the time that so many GPUs are of use."""


def best(run: Run, gpu: Gpu, gpus: int, speed: Speed, wanted: Wanted) -> Placed:
    """The layout that trains fastest on at most so many GPUs.

    Raises:
        ConfigError: None fits.
    """
    found: Placed | None = None
    worth = (0.0, 0.0, 0.0)
    smallest = math.inf
    # The largest first: a smaller one that could not win even at the assumed utilisation is not looked at.
    for cut in sorted(cuts(run, gpu, gpus, wanted), key=math.prod, reverse=True):
        kept = speed.goodput(math.prod(cut))
        if math.prod(cut) * speed.utilisation * kept < worth[0]:
            continue
        for layout in variants(run, cut):
            needed = memory(run, layout, run.batch // layout.data // layout.micro_batch)
            smallest = min(smallest, needed.total)
            if needed.total > room(gpu):
                continue
            placed = _placed(run, layout, gpu, speed, needed)
            reached = layout.gpus * min(speed.utilisation, placed.ceiling) * kept
            # Of equally fast ones the one with the most in hand, then the one with the most free memory.
            rank = (reached, round(placed.ceiling, 6), -needed.total)
            if rank > worth:
                found, worth = placed, rank
    if found is None:
        raise _nothing_fits(gpu, gpus, smallest)
    return found


def cuts(run: Run, gpu: Gpu, gpus: int, wanted: Wanted) -> Iterator[tuple[int, int, int]]:
    """Every tensor, pipeline and data that divide network and batch evenly, on at most so many GPUs."""
    network = run.network
    fitting = (each for each in divisors(network.kv_heads) if each <= gpu.fast_group and network.hidden % each == 0)
    tensors = [wanted.tensor] if wanted.tensor else list(fitting)
    pipelines = [wanted.pipeline] if wanted.pipeline else stages(network.layers)
    for tensor in tensors:
        for pipeline in (each for each in pipelines if each * tensor <= gpus):
            for data in (each for each in divisors(run.batch) if each * tensor * pipeline <= gpus):
                yield tensor, pipeline, data


def variants(run: Run, cut: tuple[int, int, int]) -> Iterator[Layout]:
    """Every layout of a cut."""
    tensor, pipeline, data = cut
    for micro_batch in (each for each in MICRO_BATCHES if run.batch // data % each == 0):
        for interleave in _pieces(run, pipeline, run.batch // data // micro_batch):
            for shard in _shards(pipeline, data):
                for recompute in RECOMPUTED:
                    yield Layout(
                        tensor=tensor, pipeline=pipeline, data=data, micro_batch=micro_batch, shard=shard,
                        recompute=recompute, interleave=interleave,
                    )  # fmt: skip


def stages(layers: int) -> list[int]:
    """Into how many stages so many layers can be cut; see `memory.stage_layers`."""
    return sorted({*divisors(layers), *(each for each in divisors(layers + 2) if each <= layers)})


def _pieces(run: Run, pipeline: int, micro_batches: int) -> tuple[int, ...]:
    """How often to interleave: not at all, twice, or layer by layer; micro-batches must fill the pipeline evenly."""
    if pipeline == 1 or micro_batches % pipeline:
        return (1,)
    layers = stage_layers(run.network.layers, pipeline)
    return tuple(sorted({1, layers} | ({2} if layers % 2 == 0 else set())))


def _shards(pipeline: int, data: int) -> tuple[Shard, ...]:
    """What copies may share: nothing where there is one; at least the optimiser's state, which costs no traffic."""
    if data == 1:
        return ("none",)
    return ("optimiser", "all") if pipeline == 1 else ("optimiser",)


def placed(run: Run, layout: Layout, gpu: Gpu, speed: Speed) -> Placed:
    """What comes of a layout, whether it fits or not."""
    return _placed(run, layout, gpu, speed, memory(run, layout, run.batch // layout.data // layout.micro_batch))


def ceiling(run: Run, layout: Layout, gpu: Gpu, speed: Speed) -> float:
    """Utilisation that a layout cannot pass; what the kernels reach and how fast a step is are those of one case."""
    return placed(run, layout, gpu, speed).ceiling


def _placed(run: Run, layout: Layout, gpu: Gpu, speed: Speed, needed: Memory) -> Placed:
    micro_batches = run.batch // layout.data // layout.micro_batch
    flops = run.network.flops_per_token * run.context * run.batch / layout.gpus
    least_s = flops / speed.peak_flops_per_s
    computing_s = least_s / speed.kernel_share * RECOMPUTED[layout.recompute]
    moved = traffic(run, layout, gpu, micro_batches, computing_s)
    step_s = computing_s * (1 + moved.bubble) + moved.waiting_s
    return Placed(layout, micro_batches, needed, moved, least_s / step_s)


def divisors(number: int) -> list[int]:
    """Every number that divides it, in order."""
    small = [each for each in range(1, int(number**0.5) + 1) if number % each == 0]
    return sorted({*small, *(number // each for each in small)})


def _nothing_fits(gpu: Gpu, gpus: int, smallest: float) -> ConfigError:
    if smallest == math.inf:
        return ConfigError(
            "no layout uses {gpus} GPUs as --tensor and --pipeline ask", gpus=gpus, param="--tensor",
            hint="leave --tensor and --pipeline out, or give more GPUs",
        )  # fmt: skip
    return ConfigError(
        "no layout fits: a GPU would hold {needed:.1f} GiB at least, and {name} has {room:.1f} GiB to fill",
        needed=smallest / GIB, name=gpu.name, room=room(gpu) / GIB, param="--gpus",
        hint="give more GPUs, or GPUs with more memory",
    )  # fmt: skip
