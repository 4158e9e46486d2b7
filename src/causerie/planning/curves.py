"""The curves of a plan: what becomes of it with other numbers of GPUs, of checkpoints, of weights.

Does: compute the points.
Does not: draw: `page.py` does for the file, the page's Plan screen for itself.
"""

from typing import NamedTuple

from causerie.errors import ConfigError
from causerie.planning import failures, scaling
from causerie.planning.plan import Plan, make_plan

POINTS = 60
"""Of a curve that is a formula."""
POWERS = (-3, -2, -1, 0, 1, 2)
"""Numbers of GPUs at which a whole plan is made: the plan's own times two to these."""


class Days(NamedTuple):
    """How long it takes with so many GPUs."""

    gpus: int
    good: float
    expected: float
    bad: float


def days(plan: Plan) -> list[Days]:
    """Days by number of GPUs; those with which no layout fits are left out."""
    found = []
    for gpus in sorted({max(1, round(plan.gpus * 2.0**power)) for power in POWERS}):
        try:
            there = plan if gpus == plan.gpus else make_plan(plan.run, plan.gpu, gpus, plan.assumptions, plan.wanted)
        except ConfigError:
            continue
        found.append(Days(gpus, *(there.outcomes[case].days for case in ("good", "expected", "bad"))))
    return found


def kept(plan: Plan) -> list[tuple[float, float]]:
    """Goodput by seconds between two checkpoints, from a thirtieth to thirty times the best."""
    there = plan.expected.reliability
    lost = there.restart_s + there.writing_s
    steps = [there.interval_s * 10 ** (3 * number / POINTS - 1.5) for number in range(POINTS + 1)]
    return [
        (each, failures.goodput(each, there.stall_s, lost, there.between_failures_s))
        for each in steps
    ]  # fmt: skip


def losses(plan: Plan) -> list[tuple[float, float]]:
    """Loss by number of weights, where as many operations go to more weights or to more tokens."""
    network, best = plan.run.network.parameters, plan.optimum
    budget = network * float(plan.run.tokens)
    low, high = min(network, best.parameters) / 5, max(network, best.parameters) * 5
    sizes = [low * (high / low) ** (number / POINTS) for number in range(POINTS + 1)]
    return [(size, scaling.loss(size, budget / size)) for size in sizes]
