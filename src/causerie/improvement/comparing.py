"""Candidate against release on what was held out: does the candidate lean more to what people preferred?

Does: from log-probabilities of answers under both, the share of pairs whose better answer the candidate prefers more
than the release does, with its interval; of single answers, how often a good one gained more than a bad one.
Does not: compute log-probabilities (`training/scoring.py`, in a process of its own) or judge (the gate does).

0.5 is what a candidate reaches that moved at random; a lower end above it is a move in the wanted direction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from causerie.evaluation.distributions import student_quantile
from causerie.evaluation.statistics import CONFIDENCE, Interval, estimate
from causerie.improvement.contract import Statement
from causerie.improvement.training_set import BY_PERSON_FROM

RELEASE, CANDIDATE = "release", "candidate"


@dataclass(frozen=True)
class Gain:
    """How much more probable the candidate finds what was held out than the release does, in nats."""

    id: str
    good: bool | None
    """Of a single answer (None = a pair)."""
    value: float
    """Of a pair: the gain of the better answer minus that of the worse."""
    before: float
    """Of a pair: how much the release prefers the better answer."""


def gains(rows: Sequence[Mapping[str, Any]]) -> list[Gain]:
    """From rows as `training/scoring.py` tells them."""
    made = []
    for row in rows:
        before, after = row["values"][RELEASE], row["values"][CANDIDATE]
        if row["good"] is None:
            now, then = after[0] - after[1], before[0] - before[1]
            made.append(Gain(row["id"], None, now - then, then))
        else:
            made.append(Gain(row["id"], row["good"], after[0] - before[0], 0.0))
    return made


def compared(found: Sequence[Gain], statements: Sequence[Statement]) -> dict[str, Any]:
    """The figure with its interval, and what stands beside it; an empty one where nothing was held out that fits.

    Args:
        found: Of what was held out.
        statements: Those that were held out: whose they are says what belongs together.
    """
    if not found:
        return {}
    pairs = [each for each in found if each.good is None]
    clusters = _clusters(statements)
    if not pairs:
        return {"interval": asdict(_of_single(found, clusters)), "pairs": 0, "judgements": len(found)}
    interval = estimate([float(each.value > 0) for each in pairs], [clusters.get(each.id, each.id) for each in pairs])
    return {
        "interval": asdict(interval),
        "pairs": len(pairs),
        "judgements": len(found) - len(pairs),
        "mean_gain_nats": sum(each.value for each in pairs) / len(pairs),
        "preferred_by_release": sum(each.before > 0 for each in pairs) / len(pairs),
        "preferred_by_candidate": sum(each.before + each.value > 0 for each in pairs) / len(pairs),
    }


def _clusters(statements: Sequence[Statement]) -> dict[str, str]:
    """What belongs together: what one person said, or where they are few, what was said in one conversation."""
    by_person = len({each.person_id for each in statements}) >= BY_PERSON_FROM
    return {each.id: each.person_id if by_person else each.conversation_id for each in statements}


def _of_single(found: Sequence[Gain], clusters: Mapping[str, str]) -> Interval:
    """How often a good answer gained more than a bad one: the area under the curve of Mann and Whitney.

    Its interval from the placements of each answer among those of the other kind, summed over what belongs together
    (Obuchowski, 1997, Biometrics 53; where each stands alone that is DeLong, DeLong and Clarke-Pearson, 1988,
    Biometrics 44); Student's, for few groups. Where all are in order, or what one kind has belongs together, Wilson's
    for as many items as the fewer kind has groups.
    """
    groups = [clusters.get(each.id, each.id) for each in found]
    good = [(group, each.value) for group, each in zip(groups, found, strict=True) if each.good]
    bad = [(group, each.value) for group, each in zip(groups, found, strict=True) if not each.good]
    if not good or not bad:  # every answer is of one kind: whether it moved the right way is all there is to know
        return estimate([float((each.value > 0) == each.good) for each in found], groups)
    of_good = [(group, _placed(value, [other for _, other in bad])) for group, value in good]
    of_bad = [(group, 1 - _placed(value, [other for _, other in good])) for group, value in bad]
    area = sum(place for _, place in of_good) / len(of_good)
    sides = _sums(of_good, area), _sums(of_bad, area)
    fewest, many = min(map(len, sides)), len(set(groups))
    variance = _variance(*sides) if fewest > 1 else 0.0
    if variance <= 0:
        whole = estimate([area] * fewest, bounds=(0.0, 1.0))
        return Interval(area, whole.low, whole.high, CONFIDENCE, len(found), many, "Wilson, of the fewer kind")
    width = student_quantile(CONFIDENCE, fewest - 1) * math.sqrt(variance)
    low, high = max(0.0, area - width), min(1.0, area + width)
    return Interval(area, low, high, CONFIDENCE, len(found), many, "DeLong" if many == len(found) else "Obuchowski")


def _placed(value: float, others: Sequence[float]) -> float:
    """Share of the others that are less; a tie is half."""
    return sum((value > other) + 0.5 * (value == other) for other in others) / len(others)


def _sums(placed: Sequence[tuple[str, float]], area: float) -> dict[str, float]:
    """How far the answers of each group lie from the area, all together, as a share of all answers of their kind."""
    sums: dict[str, float] = {}
    for group, place in placed:
        sums[group] = sums.get(group, 0.0) + (place - area) / len(placed)
    return sums


def _variance(good: Mapping[str, float], bad: Mapping[str, float]) -> float:
    """Of the area, from the sums of each group; at least two groups of each kind."""
    both = len(good.keys() | bad.keys())
    squares = [len(side) / (len(side) - 1) * sum(value**2 for value in side.values()) for side in (good, bad)]
    together = both / (both - 1) * sum(value * bad.get(group, 0.0) for group, value in good.items())
    return sum(squares) + 2 * together
