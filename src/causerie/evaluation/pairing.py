"""Two models on the same items: how far apart they are, how sure that is, and whether chance explains it.

Does: compare scores pair by pair, which sees far smaller differences than two intervals side by side.
Does not: read evaluations; `comparing.py` does and corrects for many comparisons.
Try it: python -c "from causerie.evaluation.pairing import paired; print(paired([1, 0, 0, 0] * 9, [1, 1, 0, 0] * 9))"
"""

import math
import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from causerie.evaluation.distributions import coin_tails, normal_quantile, student_quantile
from causerie.evaluation.statistics import CONFIDENCE, Interval, mean, ratio

DRAWS = 9_999
"""Random sign changes where there are too many to try all; with the one seen, p has steps of 1 in 10,000."""
EXACT = 14
"""Up to so many groups every change of signs is tried: 16,384."""


@dataclass(frozen=True)
class Comparison:
    """The second model's mean minus the first's, with its interval and a p-value."""

    items: int
    clusters: int
    difference: float
    low: float
    high: float
    confidence: float
    p_value: float
    """How often chance alone makes a difference as large, if the models were the same."""
    effect: float
    """The difference in standard deviations of one item's difference (Cohen's d for pairs); 0 = none."""
    variance: float
    """Of one item's difference as the test takes it, groups counted in: what `items_needed` asks for.

    0 = all differences are the same, infinite = a single group: then nothing is known.
    """
    right_or_wrong: bool
    """Whether all scores are 0 or 1."""
    method: str


def paired(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    sizes: Sequence[float] | None = None,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Compare the scores of two models on the same items, in the same order.

    Right or wrong on items that stand alone: the exact test of McNemar (1947, Psychometrika 12), which asks whether a
    fair coin decides who is right where one alone is, and the interval of Agresti and Min (2005, Stat. Med. 24).
    Otherwise: signs of the groups' differences changed at random (Fisher 1935, The Design of Experiments, 21), all
    of them where there are few, and Student's interval of the differences, clustered.

    Args:
        first: Score of each item by the first model.
        second: The same by the second.
        clusters: Group of each item (None = each alone).
        sizes: Of each item, where the figure is a sum over a sum, such as bits over bytes (None = a mean).
        confidence: Of the interval.

    Raises:
        ValueError: No items, or not as many scores of one as of the other.
    """
    if len(first) != len(second):
        raise ValueError("a paired comparison needs both models' score of each item")
    differences = [new - old for old, new in zip(first, second, strict=True)]
    made = ratio(differences, sizes, clusters, confidence) if sizes else mean(differences, clusters, confidence)
    size = _effect(differences)
    right_or_wrong = not sizes and all(score in {0, 1} for score in (*first, *second))
    if right_or_wrong and made.clusters == made.items:
        won, lost = differences.count(1), differences.count(-1)
        low, high = _agresti_min(won, lost, len(first), confidence)
        # That none was seen of few is not that there is none: one more in each of two cells, as the interval has it.
        variance = (won + lost + 1) / (len(first) + 2)
        return Comparison(made.items, made.clusters, made.value, low, high, confidence,
                          coin_tails(min(won, lost), won + lost), size, variance, True, "McNemar, exact")  # fmt: skip
    sums: dict[Hashable, float] = {}
    for place, each in enumerate(differences):
        group = clusters[place] if clusters is not None else place
        sums[group] = sums.get(group, 0.0) + each
    p_value, how = sign_changes(list(sums.values()))
    return Comparison(made.items, made.clusters, made.value, made.low, made.high, confidence, p_value, size,
                      _variance(made), right_or_wrong, f"{how}, {made.method}")  # fmt: skip


def _variance(made: Interval) -> float:
    """Of one item, from Student's interval of all of them."""
    if made.clusters == 1:
        return math.inf
    error = (made.high - made.value) / student_quantile(made.confidence, made.clusters - 1)
    return made.items * error**2


def _effect(differences: Sequence[float]) -> float:
    middle = math.fsum(differences) / len(differences)
    spread = math.sqrt(math.fsum((each - middle) ** 2 for each in differences) / max(len(differences) - 1, 1))
    if spread == 0:
        return math.copysign(math.inf, middle) if middle else 0.0
    return middle / spread


def _agresti_min(won: int, lost: int, items: int, confidence: float) -> tuple[float, float]:
    """Wald's interval after half an item is added to each of the four cells."""
    up, down, whole = won + 0.5, lost + 0.5, items + 2.0
    middle = (up - down) / whole
    half = normal_quantile(confidence) * math.sqrt(up + down - (up - down) ** 2 / whole) / whole
    return max(-1.0, middle - half), min(1.0, middle + half)


def sign_changes(differences: Sequence[float], seed: int = 0) -> tuple[float, str]:
    """How often the sum is as far from 0 as seen when each difference has its sign by chance; and how it was found.

    The chance is drawn from `seed`, so that the same scores give the same p-value.
    """
    moved = [each for each in differences if each]  # a zero keeps its place with either sign
    seen = abs(math.fsum(moved)) * (1 - 1e-12)  # what differs by rounding alone is as far
    whole = math.fsum(moved)
    tables = [_subset_sums(moved[start : start + 8]) for start in range(0, len(moved), 8)]
    if len(moved) <= EXACT:
        sums = [0.0]
        for table in tables:
            sums = [one + other for one in sums for other in table]
        return sum(abs(2 * part - whole) >= seen for part in sums) / len(sums), "all sign changes"
    chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
    beyond = 0
    for _ in range(DRAWS):
        drawn = zip(tables, chance.randbytes(len(tables)), strict=True)
        part = sum(table[byte % len(table)] for table, byte in drawn)
        beyond += abs(2 * part - whole) >= seen
    return (beyond + 1) / (DRAWS + 1), f"{DRAWS:,} sign changes"


def _subset_sums(values: Sequence[float]) -> list[float]:
    """Sum of each subset of up to 8 values: as many as a byte has values, or a power of two less."""
    sums = [0.0]
    for value in values:
        sums += [each + value for each in sums]
    return sums
