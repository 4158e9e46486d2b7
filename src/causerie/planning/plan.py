"""The plan of a run: what it takes, three times over, from the good ends, the expected values and the bad ends.

    operations = tokens x operations of a token
    useful time = operations / (GPUs used x data sheet x utilisation)
    time = useful time / goodput / (1 - other losses)
    GPU hours = all GPUs x time

The layout is searched once, with expected values; then each case has its own ceiling of it, its time, failures, money
and energy. The two outer cases have every input at that end at once, which is rarer than any one of them: a range to
stay inside.

Does: join the other modules of this room into one value.
Does not: print (`telling.py`) or draw (`page.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from causerie.errors import ConfigError
from causerie.planning import failures, scaling
from causerie.planning.asked import Gpu, Run, Wanted
from causerie.planning.assumptions import CASES, Assumptions, Case
from causerie.planning.costs import Energy, Money, Storage, energy, money, storage
from causerie.planning.layout import Placed, Speed, best, ceiling, divisors, stages
from causerie.planning.memory import state_bytes
from causerie.planning.simulation import Year, simulate
from causerie.planning.thresholds import THRESHOLDS, Threshold, crossed_on_day

DAY_S = 86_400.0
MOST_GPUS = 10_000_000
"""More than all that were made of any kind: above it, a number is a slip of the finger."""
LEAST_KEPT = 1e-6
"""Share of the time that moves a run on, below which a day of work takes 3,000 years."""


@dataclass(frozen=True)
class Reliability:
    """Failures, and what is done against them."""

    between_failures_s: float
    interval_s: float
    """Work between two checkpoints: Daly's best, or the time to write one where that is longer."""
    young_s: float
    """The same by Young's rule."""
    stall_s: float
    writing_s: float
    """How long a checkpoint is written beside training."""
    restart_s: float
    goodput: float
    """Share of the time that failures and checkpoints leave."""
    other_loss: float

    @property
    def kept(self) -> float:
        """Share of all time that moves the run on."""
        return self.goodput * (1 - self.other_loss)


@dataclass(frozen=True)
class Outcome:
    """What comes of one case."""

    case: Case
    utilisation: float
    tokens_per_s_per_gpu: float
    """Of a GPU that is used, while it trains."""
    useful_days: float
    days: float
    gpu_hours: float
    failures: float
    reliability: Reliability
    energy: Energy
    money: Money
    crossings: tuple[float | None, ...]
    """Day on which each of `Plan.thresholds` is passed (None = never)."""


@dataclass(frozen=True)
class Plan:
    """All that is said of a run before it begins."""

    run: Run
    gpu: Gpu
    gpus: int
    """All that are paid for; the layout may use fewer."""
    wanted: Wanted
    assumptions: Assumptions
    placed: Placed
    outcomes: Mapping[Case, Outcome]
    year: Year
    """A simulated year of the expected case."""
    storage: Storage
    loss: float
    """That the scaling law expects."""
    optimum: scaling.Optimum
    """The best pair for as many operations."""
    thresholds: tuple[Threshold, ...]

    @property
    def expected(self) -> Outcome:
        """The case of the expected values."""
        return self.outcomes["expected"]


def make_plan(
    run: Run,
    gpu: Gpu,
    gpus: int,
    assumptions: Assumptions | None = None,
    wanted: Wanted | None = None,
    thresholds: tuple[Threshold, ...] = THRESHOLDS,
) -> Plan:
    """Plan a run.

    Args:
        run: What is to be computed.
        gpu: On which kind of GPU.
        gpus: How many there are.
        assumptions: What is taken for granted (None = the defaults).
        wanted: What is fixed of the layout (None = nothing).
        thresholds: Amounts of compute whose days are wanted.

    Raises:
        ConfigError: No layout fits, or the GPU has no such precision.
    """
    known, fixed = assumptions or Assumptions(), wanted or Wanted()
    if not 1 <= gpus <= MOST_GPUS:
        raise ConfigError("--gpus {gpus} must be 1 to {most}", gpus=gpus, most=MOST_GPUS, param="--gpus")
    check_wanted(run, fixed)
    placed = best(run, gpu, gpus, speed(run, gpu, known, "expected"), fixed)
    outcomes = {case: _outcome(run, gpu, gpus, placed, known, case, thresholds) for case in CASES}
    there = outcomes["expected"].reliability
    return Plan(
        run=run,
        gpu=gpu,
        gpus=gpus,
        wanted=fixed,
        assumptions=known,
        placed=placed,
        outcomes=outcomes,
        year=simulate(
            there.interval_s, there.stall_s, there.restart_s, there.between_failures_s, writing_s=there.writing_s
        ),
        storage=storage(run),
        loss=scaling.loss(run.network.parameters, run.tokens),
        optimum=scaling.optimum(6.0 * run.network.parameters * run.tokens),
        thresholds=thresholds,
    )


def check_wanted(run: Run, wanted: Wanted) -> None:
    """See to it that what is fixed of the layout divides the network.

    Raises:
        ConfigError: It does not.
    """
    tensors, pipelines = divisors(run.network.kv_heads), stages(run.network.layers)
    asked = (
        ("--tensor", wanted.tensor, "model.kv_heads", run.network.kv_heads, tensors),
        ("--pipeline", wanted.pipeline, "model.depth", run.network.layers, pipelines),
    )
    for option, given, key, whole, fitting in asked:
        if given and given not in fitting:
            raise ConfigError(
                "{option} {given} does not divide {key} {whole}", option=option, given=given, key=key, whole=whole,
                param=option, hint="there are {known}; 0 = the best is searched", known=", ".join(map(str, fitting)),
            )  # fmt: skip


def speed(run: Run, gpu: Gpu, known: Assumptions, case: Case) -> Speed:
    """What bears on a layout's worth in a case."""

    @cache
    def kept(used: int) -> float:
        return reliability(run, used, known, case).kept

    return Speed(
        peak_flops_per_s=peak(run, gpu, known, case),
        kernel_share=known.kernel_share.of(case),
        utilisation=known.utilisation.of(case),
        goodput=kept,
    )


def peak(run: Run, gpu: Gpu, known: Assumptions, case: Case) -> float:
    """Operations a second of one GPU that a utilisation is a share of.

    In fp8 it is bfloat16's peak times the gain of a whole step, and not fp8's own peak, which is twice bfloat16's:
    attention, norms and sums stay in 16 bits.

    Raises:
        ConfigError: The GPU does not compute in this precision.
    """
    if not gpu.flops_per_s.get(run.precision):
        raise ConfigError(
            "{name} does not compute in {precision}", name=gpu.name, precision=run.precision,
            param="compute.precision", hint="--set compute.precision=bfloat16, or another --gpu",
        )  # fmt: skip
    base = gpu.flops_per_s["bfloat16" if run.precision == "fp8" else run.precision]
    gain = known.fp8_gain.of(case) if run.precision == "fp8" else 1.0
    return base * gain * (known.mixture_share.of(case) if run.network.mixture else 1.0)


def reliability(run: Run, used: int, known: Assumptions, case: Case) -> Reliability:
    """Failures of so many GPUs, the best interval between checkpoints, and the goodput that is left."""
    between = failures.between_failures_s(known.gpu_hours_between_failures.of(case), used)
    stall, restart = known.stall_s.of(case), known.restart_s.of(case)
    writing = state_bytes(run) / (used * known.storage_bytes_per_s_per_gpu.of(case))
    interval = max(failures.daly_s(stall, between), writing)
    return Reliability(
        between_failures_s=between,
        interval_s=interval,
        young_s=failures.young_s(stall, between),
        stall_s=stall,
        writing_s=writing,
        restart_s=restart,
        goodput=failures.goodput(interval, stall, restart + writing, between),
        other_loss=known.other_loss.of(case),
    )


def _outcome(
    run: Run,
    gpu: Gpu,
    gpus: int,
    placed: Placed,
    known: Assumptions,
    case: Case,
    thresholds: tuple[Threshold, ...],
) -> Outcome:
    there = reliability(run, placed.layout.gpus, known, case)
    most = ceiling(run, placed.layout, gpu, speed(run, gpu, known, case))
    reached = min(known.utilisation.of(case), most)
    per_gpu = peak(run, gpu, known, case) * reached
    useful_s = run.flops / (per_gpu * placed.layout.gpus)
    if there.kept < LEAST_KEPT:
        raise ConfigError(
            "{gpus} GPUs fail every {minutes:.1f} minutes, and such a run never ends", gpus=placed.layout.gpus,
            minutes=there.between_failures_s / 60, param="--gpus",
            hint="fewer GPUs, shorter restarts, or --assume gpu_hours_between_failures=...",
        )  # fmt: skip
    days = useful_s / there.kept / DAY_S
    hours = days * 24
    used = energy(
        gpus, hours, watts=gpu.watts, host_share=known.host_share.of(case), pue=known.pue.of(case),
        co2_g_per_kwh=known.co2_g_per_kwh.of(case),
    )  # fmt: skip
    paid = money(
        gpus, hours, used, rent=known.rent_usd_per_gpu_hour.of(case), price=known.price_usd_per_gpu.of(case),
        surroundings=known.surroundings.of(case), lifetime_years=known.lifetime_years.of(case),
        usd_per_kwh=known.usd_per_kwh.of(case),
    )  # fmt: skip
    return Outcome(
        case=case,
        utilisation=reached,
        tokens_per_s_per_gpu=per_gpu / run.network.flops_per_token,
        useful_days=useful_s / DAY_S,
        days=days,
        gpu_hours=gpus * hours,
        failures=days * DAY_S / there.between_failures_s,
        reliability=there,
        energy=used,
        money=paid,
        crossings=tuple(crossed_on_day(each.flops, run.flops, days) for each in thresholds),
    )
