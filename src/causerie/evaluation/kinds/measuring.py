"""From scored items to metrics, as most kinds make them.

Does: name items' groups, and lay an interval of `statistics.py` into a `Metric`.
Does not: compute intervals.
"""

from collections.abc import Callable, Sequence

from causerie.evaluation.contract import Metric, Scored
from causerie.evaluation.statistics import Interval, estimate, ratio


def group_of(row: Scored) -> str:
    """The group of an item; one that stands alone is its own.

    Two tasks may put one question in two ways, as those of TruthfulQA do: for the figure of both it is one item.
    """
    if row.cluster:
        return f"group {row.task}/{row.cluster}"
    return f"item {row.id}: {row.prompt}" if row.prompt else f"item {row.task}/{row.id}"


def mean_metric(
    task: str,
    name: str,
    scored: Sequence[Scored],
    value: Callable[[Scored], float] = lambda row: row.score,
    *,
    bounds: tuple[float, float] | None = (0.0, 1.0),
    higher_is_better: bool | None = True,
    unit: str = "share",
) -> Metric:
    """The mean of a figure over items, clustered where they come in groups.

    Args:
        task: Whose.
        name: Of the metric.
        scored: At least one item.
        value: The figure of an item (its score, unless said otherwise).
        bounds: Between which it lies (None = nothing is known).
        higher_is_better: As `Metric`.
        unit: As `Metric`.
    """
    found = estimate([value(row) for row in scored], [group_of(row) for row in scored], bounds=bounds)
    return metric(task, name, found, higher_is_better=higher_is_better, unit=unit)


def ratio_metric(
    task: str,
    name: str,
    scored: Sequence[Scored],
    above: Callable[[Scored], float],
    below: Callable[[Scored], float],
    *,
    higher_is_better: bool | None,
    unit: str,
) -> Metric:
    """Sum over sum, such as bits over bytes; arguments as `mean_metric`."""
    bounds = (0.0, 1.0) if unit == "share" else None
    sums = ([above(row) for row in scored], [below(row) for row in scored])
    found = ratio(*sums, [group_of(row) for row in scored], bounds=bounds)
    return metric(task, name, found, higher_is_better=higher_is_better, unit=unit)


def metric(task: str, name: str, found: Interval, *, higher_is_better: bool | None, unit: str) -> Metric:
    """An interval as a metric."""
    return Metric(
        task=task, name=name, value=found.value, low=found.low, high=found.high, confidence=found.confidence,
        items=found.items, clusters=found.clusters, higher_is_better=higher_is_better, unit=unit, method=found.method,
    )  # fmt: skip
