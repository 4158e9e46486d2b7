"""What the route of plans takes and answers.

Does: bound what is asked, so that a plan takes seconds at most; describe the plan as `planning/facts.py` gives it.
Does not: compute.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from causerie.planning import curves
from causerie.planning.assumptions import SENTENCES
from causerie.planning.facts import facts
from causerie.planning.gpus import gpus
from causerie.planning.plan import Plan
from causerie.server.accounts_schema import Asked, Told

Number = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Ends = Annotated[list[Number], Field(min_length=1, max_length=3)]
"""One exact number; the low and the high end; or low, expected, high."""
Assumed = Annotated[dict[Annotated[str, StringConstraints(max_length=64)], Ends], Field(max_length=len(SENTENCES))]


class PlanAsked(Asked):
    """A run in a few numbers, and the GPUs for it."""

    parameters: int = Field(ge=10_000_000, le=20_000_000_000_000)
    """Weights."""
    tokens: int = Field(ge=1_000_000, le=10**16)
    """That it learns from."""
    gpus: int = Field(default=1, ge=1, le=1_000_000)
    gpu: Annotated[str, StringConstraints(max_length=32)] = "h100"
    """Kind, by its key in the answer's `kinds`."""
    context: int = Field(default=4096, ge=128, le=1_048_576)
    """Tokens of a sequence."""
    batch_tokens: int = Field(default=4_194_304, ge=128, le=268_435_456)
    """Tokens of a step, over all GPUs."""
    precision: Literal["float32", "bfloat16", "fp8"] = "bfloat16"
    optimiser: Literal["adamw", "muon"] = "adamw"
    assume: Assumed = {}  # noqa: RUF012 - pydantic copies it
    """Your own values in place of the assumptions, by their names."""
    curves: bool = False
    """Whether to make the curves too; they take as long as five more plans."""


class RunPlanned(Told):
    """The run as it was understood."""

    tokens: int
    context: int
    batch: int
    """Sequences of a step."""
    steps: int
    flops: float
    precision: str
    optimiser: str


class NetworkPlanned(Told):
    """The network of that many weights."""

    parameters: int
    layers: int
    width: int
    heads: int
    kv_heads: int
    hidden: int
    vocabulary: int


class KindOfGpu(Told):
    """A kind of GPU, by its data sheet."""

    key: str
    name: str
    memory_bytes: float
    watts: float
    precisions: list[str]
    """In which it computes."""
    source: str


class LayoutPlanned(Told):
    """The fastest layout that fits."""

    gpus: int
    """Those that it uses."""
    tensor: int
    pipeline: int
    data: int
    micro_batch: int
    micro_batches: int
    shard: Literal["none", "optimiser", "all"]
    recompute: Literal["none", "cheap", "all"]
    interleave: int
    ceiling: float
    """Share of the peak that it cannot pass."""


class MemoryPlanned(Told):
    """Bytes of the fullest GPU, by part."""

    weights: float
    gradients: float
    optimiser: float
    activations: float
    logits: float
    total: float


class NetworkTraffic(Told):
    """What one GPU sends in one step."""

    tensor_bytes: float
    pipeline_bytes: float
    data_bytes: float
    bubble: float
    """Share of the computing in which it waits for the pipeline."""


class ReliabilityPlanned(Told):
    """Failures, and what is done against them."""

    between_failures_s: float
    interval_s: float
    """Best time between two checkpoints."""
    writing_s: float
    goodput: float
    kept: float
    """Share of all time that moves the run on."""


class MoneyPlanned(Told):
    """USD."""

    rented: float
    purchase: float
    written_off: float
    energy: float


class EnergyPlanned(Told):
    """Of the whole building."""

    megawatts: float
    megawatt_hours: float
    co2_tonnes: float


class Crossing(Told):
    """When a threshold is passed."""

    flops: float
    day: float | None
    """Since the start (null = this run never does)."""


class OutcomePlanned(Told):
    """What comes of one case."""

    utilisation: float
    tokens_per_s_per_gpu: float
    useful_days: float
    days: float
    gpu_hours: float
    failures: float
    reliability: ReliabilityPlanned
    energy: EnergyPlanned
    money: MoneyPlanned
    crossings: list[Crossing]


class YearSimulated(Told):
    """A year of the expected case, played out."""

    goodput: float
    failures: int
    """In `seconds`, as the next."""
    checkpoints: int
    seconds: float
    """That were played out: a year, or less where too much happens in one."""


class StoragePlanned(Told):
    """Bytes on disks."""

    text: float
    shards: float
    checkpoint: float
    checkpoints: float
    model: float
    total: float


class OptimumPlanned(Told):
    """The pair that the scaling law finds best for as many operations."""

    parameters: float
    tokens: float
    loss: float


class ThresholdTold(Told):
    """An amount of compute from which a law asks for something."""

    flops: float
    name: str
    since: str
    duty: str
    source: str


class AssumptionTold(Told):
    """What is taken for granted, from its good end to its bad one."""

    name: str
    good: float
    expected: float
    bad: float
    meaning: str
    source: str
    default: bool
    """It is the program's, not yours."""


class DaysOfGpus(Told):
    """A point of the curve of days."""

    gpus: int
    good: float
    expected: float
    bad: float


class PointPlanned(Told):
    """A point of another curve."""

    x: float
    y: float


class CurvesPlanned(Told):
    """What becomes of the plan with other numbers."""

    days: list[DaysOfGpus]
    goodput: list[PointPlanned]
    """By seconds between two checkpoints."""
    loss: list[PointPlanned]
    """By weights, for as many operations."""


class PlanTold(Told):
    """All that is said of the run, three times over where inputs are uncertain."""

    run: RunPlanned
    model: NetworkPlanned
    gpus: int
    gpu: KindOfGpu
    kinds: list[KindOfGpu]
    """All that are known."""
    layout: LayoutPlanned
    memory_bytes: MemoryPlanned
    network: NetworkTraffic
    good: OutcomePlanned
    expected: OutcomePlanned
    bad: OutcomePlanned
    simulated_year: YearSimulated
    storage_bytes: StoragePlanned
    loss: float
    """That the scaling law expects, nats a token."""
    compute_optimal: OptimumPlanned
    thresholds: list[ThresholdTold]
    assumptions: list[AssumptionTold]
    curves: CurvesPlanned | None
    """Null = they were not asked for."""


def kinds() -> list[KindOfGpu]:
    """The GPUs that are known."""
    return [
        KindOfGpu(
            key=each.key, name=each.name, memory_bytes=each.memory_bytes, watts=each.watts, source=each.source,
            precisions=[name for name, flops in each.flops_per_s.items() if flops],
        )
        for each in gpus().values()
    ]  # fmt: skip


def plan_told(plan: Plan, *, with_curves: bool) -> PlanTold:
    """A plan as the route answers it."""
    known = facts(plan)
    every = kinds()
    told: dict[str, Any] = {
        **known,
        "model": known["run"]["network"],
        "gpu": next(each for each in every if each.key == plan.gpu.key),
        "kinds": every,
        "assumptions": [{"name": name, **values} for name, values in known["assumptions"].items()],
        "curves": curves_told(plan) if with_curves else None,
    }
    return PlanTold.model_validate(told)


def curves_told(plan: Plan) -> CurvesPlanned:
    """The curves; it takes as long as several plans."""
    return CurvesPlanned(
        days=[DaysOfGpus(**each._asdict()) for each in curves.days(plan)],
        goodput=[PointPlanned(x=x, y=y) for x, y in curves.kept(plan)],
        loss=[PointPlanned(x=x, y=y) for x, y in curves.losses(plan)],
    )
