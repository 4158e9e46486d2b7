"""Two evaluations of one suite, figure by figure: what changed, how sure that is, and what chance explains.

Does: pair the answers of both by item, compare every figure that is a mean over items, correct the p-values for
their number (Holm), and say of each figure whether it is better, worse, or not to be told apart, and how small a
difference the items could show.
Does not: decide anything; the gate has a policy.

A figure is paired where each item carries its part of it: `Scored.extra[NAME]`, or else the item's score, has the
figure as its mean (or as its sum over the sum of `Scored.extra["bytes"]`). Others are compared by their intervals.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from causerie.errors import InvalidRequest
from causerie.evaluation.contract import Evaluation, Metric, Scored
from causerie.evaluation.kinds.measuring import group_of
from causerie.evaluation.pairing import Comparison, paired
from causerie.evaluation.statistics import CONFIDENCE, holm, items_needed, smallest_difference

Verdict = Literal["better", "worse", "apart", "alike"]
"""Of the second by the first; `apart` where neither direction is better, `alike` where chance explains it."""
LEAST_PAIRS = 2
SOUGHT = 0.05
"""A difference of shares that people look for: of how many items it takes is said."""
_GREATEST = {"share": 1.0, "difference of shares": 2.0}
"""By how much two shares can differ at most; figures in other units have no such end."""
_SAME = 1e-6
"""How near the mean of the items must come to the figure, so that they are its parts."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """An evaluation and all its answers."""

    evaluation: Evaluation
    items: Sequence[Scored]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure in both."""

    task: str
    name: str
    unit: str
    first: float
    second: float
    difference: float
    """Second minus first; over the items that both have, where it is paired."""
    low: float
    high: float
    p_value: float | None
    """None = not paired: only the intervals were compared."""
    p_corrected: float | None
    """For as many comparisons as there are rows with a p-value."""
    effect: float | None
    """In standard deviations of one item's difference."""
    items: int
    """That both have and that are the same."""
    seen_from: float | None = None
    """Least difference that so many items show four times in five, before p is corrected.

    None = not known, or so few items show none.
    """
    items_needed: int | None = None
    """To show a difference of `SOUGHT` as often (None = not known, or the figure is no share)."""
    method: str
    verdict: Verdict


def compare(first: Judged, second: Judged, confidence: float = CONFIDENCE) -> tuple[Row, ...]:
    """Every figure that both evaluations have, in the second's order.

    Raises:
        InvalidRequest: They are of different suites.
    """
    one, other = first.evaluation, second.evaluation
    if one.suite != other.suite:
        raise InvalidRequest(
            "{first} was judged by {suite}, {second} by {other}: nothing to compare", first=one.model,
            suite=one.suite, second=other.model, other=other.suite, hint="judge both by the same suite",
        )  # fmt: skip
    rows = []
    for metric in other.metrics:
        known = next((each for each in one.metrics if (each.task, each.name) == (metric.task, metric.name)), None)
        if known is not None:
            rows.append(_possible(_row(first, second, known, metric, confidence)))
    corrected = iter(holm([each.p_value for each in rows if each.p_value is not None]))
    return tuple(
        _judged(each, None if each.p_value is None else next(corrected), second, confidence) for each in rows
    )


def _row(first: Judged, second: Judged, known: Metric, metric: Metric, confidence: float) -> Row:
    there = [parts(first, known), parts(second, metric)]
    shared = [key for key in there[0] if key in there[1] and _same(there[0][key], there[1][key])]
    if len(shared) < LEAST_PAIRS:
        down = math.hypot(metric.value - metric.low, known.high - known.value)
        up = math.hypot(metric.high - metric.value, known.value - known.low)
        gap = metric.value - known.value
        return Row(task=metric.task, name=metric.name, unit=metric.unit, first=known.value, second=metric.value,
                   difference=gap, low=gap - down, high=gap + up, p_value=None, p_corrected=None, effect=None,
                   items=0, method="intervals", verdict="alike")  # fmt: skip
    old, new = ([each[key] for key in shared] for each in there)
    clusters = [item.cluster for item in new]
    sizes = [item.size for item in new]
    found = paired([item.value for item in old], [item.value for item in new], clusters,
                   None if set(sizes) == {1.0} else sizes, confidence)  # fmt: skip
    row = Row(task=metric.task, name=metric.name, unit=metric.unit, first=known.value, second=metric.value,
              difference=found.difference, low=found.low, high=found.high, p_value=found.p_value, p_corrected=None,
              effect=found.effect, items=found.items, method=found.method, verdict="alike")  # fmt: skip
    return _with_power(row, found)


def _possible(row: Row) -> Row:
    """The row with no end of its interval beyond what two such figures can differ by."""
    most = _GREATEST.get(row.unit, math.inf)
    return replace(row, low=max(row.low, -most), high=min(row.high, most))


def _with_power(row: Row, found: Comparison) -> Row:
    """The row with what its items can show."""
    if not 1e-12 < found.variance < math.inf:  # below, rounding alone tells the differences apart
        return row
    sure, binary = found.confidence, found.right_or_wrong
    least = smallest_difference(found.items, found.variance, confidence=sure, right_or_wrong=binary)
    needed = items_needed(SOUGHT, found.variance, confidence=sure, right_or_wrong=binary)
    return replace(
        row,
        seen_from=None if binary and least > 1 else least,
        items_needed=needed if row.unit in _GREATEST else None,
    )


def _judged(row: Row, corrected: float | None, second: Judged, confidence: float) -> Row:
    """The row with its corrected p-value and what it comes to."""
    seen = corrected < 1 - confidence if corrected is not None else row.low > 0 or row.high < 0
    if not seen:
        return replace(row, p_corrected=corrected)
    same = (each for each in second.evaluation.metrics if (each.task, each.name) == (row.task, row.name))
    better = next(same).higher_is_better
    if better is None:
        return replace(row, p_corrected=corrected, verdict="apart")
    return replace(row, p_corrected=corrected, verdict="better" if (row.difference > 0) == better else "worse")


@dataclass(frozen=True)
class Part:
    """What an item adds to a figure."""

    scored: Scored
    value: float
    size: float

    @property
    def cluster(self) -> str:
        """Its group; one that stands alone is its own."""
        return group_of(self.scored)


def parts(judged: Judged, metric: Metric) -> dict[tuple[str, str], Part]:
    """Of each item, by its task and id; none where the items' parts do not make the figure."""
    named = {each.task for each in judged.evaluation.metrics if each.name == metric.name and each.task}
    tasks = {metric.task} if metric.task else named
    items = [each for each in judged.items if each.task in tasks]
    own = [each for each in items if number(each.extra.get(metric.name)) is not None]
    for sized in (False, True):
        for candidates, value_of in ((own, metric.name), (items, "")):
            found = [_part(each, value_of, sized=sized) for each in candidates]
            whole = math.fsum(each.size for each in found)
            if whole > 0 and abs(math.fsum(each.value for each in found) / whole - metric.value) < _SAME:
                return {(each.scored.task, each.scored.id): each for each in found}
    return {}


def _part(scored: Scored, name: str, *, sized: bool) -> Part:
    value = number(scored.extra.get(name)) if name else None
    size = number(scored.extra.get("bytes")) if sized else 1.0
    return Part(scored, scored.score if value is None else value, 0.0 if size is None else size)


def number(value: object) -> float | None:
    """A finite number, or None; true and false are 1 and 0."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _same(one: Part, other: Part) -> bool:
    """The same question, as far as is known, and of the same size."""
    hashes = {one.scored.hash, other.scored.hash} - {""}
    return len(hashes) < 2 and one.size == other.size
