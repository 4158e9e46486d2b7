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

from causerie.evaluation.statistics import CONFIDENCE, Interval, estimate
from causerie.improvement.contract import Statement
from causerie.improvement.training_set import BY_PERSON_FROM

RELEASE, CANDIDATE = "release", "candidate"
NORMAL_97_5 = 1.959963984540054
"""Of the standard normal distribution, 97.5 % lie below."""


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
    if not pairs:
        return {"interval": asdict(_of_single(found)), "pairs": 0, "judgements": len(found)}
    clusters = _clusters(statements)
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


def _of_single(found: Sequence[Gain]) -> Interval:
    """How often a good answer gained more than a bad one: the area under the curve of Mann and Whitney.

    Its interval from the placements of each answer among those of the other kind (DeLong, DeLong and Clarke-Pearson,
    1988, Biometrics 44); where all are in order, Wilson's for as many items as the fewer kind has.
    """
    good = [each.value for each in found if each.good]
    bad = [each.value for each in found if not each.good]
    if not good or not bad:  # every answer is of one kind: whether it moved the right way is all there is to know
        return estimate([float((each.value > 0) == each.good) for each in found])
    of_good = [_placed(value, bad) for value in good]
    of_bad = [1 - _placed(value, good) for value in bad]
    area = sum(of_good) / len(good)
    variance = _variance(of_good) / len(good) + _variance(of_bad) / len(bad)
    fewest = min(len(good), len(bad))
    if not variance:
        whole = estimate([area] * fewest, bounds=(0.0, 1.0))
        return Interval(area, whole.low, whole.high, CONFIDENCE, len(found), len(found), "Wilson, of the fewer kind")
    width = NORMAL_97_5 * math.sqrt(variance)
    low, high = max(0.0, area - width), min(1.0, area + width)
    return Interval(area, low, high, CONFIDENCE, len(found), len(found), "DeLong")


def _placed(value: float, others: Sequence[float]) -> float:
    """Share of the others that are less; a tie is half."""
    return sum((value > other) + 0.5 * (value == other) for other in others) / len(others)


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
