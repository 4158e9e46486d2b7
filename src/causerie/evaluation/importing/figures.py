"""A figure that another program reports, with an interval of ours where its items are at hand.

Does: take the items' values when their mean is what the program reports; else what it reports, with its error.
Does not: read files.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from causerie.evaluation.contract import Metric
from causerie.evaluation.distributions import normal_quantile
from causerie.evaluation.statistics import CONFIDENCE, Interval, estimate

_SAME = 1e-6
"""How far apart two means of the same numbers may be, added in another order."""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What the other program says of a task."""

    task: str
    name: str
    value: float
    error: float | None
    """Standard error (None = it gives none)."""
    higher_is_better: bool | None
    items: int


def metric(reported: Reported, values: Mapping[str, float], clusters: Mapping[str, str]) -> Metric:
    """The figure with its interval.

    Args:
        reported: By the other program.
        values: Its part of each item; empty where the items are not at hand.
        clusters: Group of each item that is in one.
    """
    found = _from_items(reported, list(values.values()), [clusters.get(item, item) for item in values])
    inside = 0 <= reported.value <= 1 and all(0 <= each <= 1 for each in values.values())
    return Metric(
        task=reported.task, name=reported.name, value=found.value, low=found.low, high=found.high,
        confidence=found.confidence, items=found.items, clusters=found.clusters, method=found.method,
        higher_is_better=reported.higher_is_better, unit="share" if inside and values else "",
    )  # fmt: skip


def _from_items(reported: Reported, values: Sequence[float], clusters: Sequence[Hashable]) -> Interval:
    if values and abs(math.fsum(values) / len(values) - reported.value) < _SAME:
        inside = all(0 <= each <= 1 for each in values)
        return estimate(values, clusters, bounds=(0, 1) if inside else None)
    items = reported.items or len(values)
    if reported.error is None:
        return Interval(reported.value, -math.inf, math.inf, CONFIDENCE, items, items, "none was given")
    half = normal_quantile(CONFIDENCE) * reported.error
    return Interval(reported.value, reported.value - half, reported.value + half, CONFIDENCE, items, items,
                    "reported error")  # fmt: skip
