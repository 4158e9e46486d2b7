"""How sure a figure is: intervals, items needed, many comparisons at once.

Does: compute in plain Python from scores; every public function names the source of its formula.
Does not: know items or models; kinds of task call `estimate`, and `pairing.py` compares two models.
Try it: python -c "from causerie.evaluation.statistics import proportion; print(proportion(45, 60))"
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from causerie.evaluation.distributions import normal_quantile, student_quantile

CONFIDENCE = 0.95
"""Of an interval, unless said otherwise."""
ALL_THE_SAME = "Wilson, all scores the same"


@dataclass(frozen=True)
class Interval:
    """A figure with the interval that holds the true one, `confidence` of the times that this is done.

    `low` and `high` are infinite where one group alone was seen and the scores have no bounds: nothing is known.
    """

    value: float
    low: float
    high: float
    confidence: float
    items: int
    clusters: int
    """Independent groups of items; as many as items where each stands alone."""
    method: str
    """How the interval was made, as reports say it."""


def estimate(
    values: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Mean of scores with its interval: what kinds of task call.

    Args:
        values: Score of each item.
        clusters: Group of each item, where items share a text, a template or a subject (None = each alone).
        bounds: Least and greatest possible score, such as (0, 1); the interval never passes them.
        confidence: Of the interval, between 0 and 1.

    Scores that are all 0 or 1 get Wilson's interval, with as many items as the groups are worth (`design_effect`);
    others Student's. Bounded scores that are all the same get Wilson's too, as if they were 0 or 1: no other bounded
    scores spread more, so it is never too narrow where Student's would have no width at all.

    Raises:
        ValueError: There are no values, or not a cluster for each.
    """
    groups = _groups(values, clusters)
    if all(value in {0, 1} for value in values):
        if groups == len(values):
            return proportion(sum(value == 1 for value in values), len(values), confidence)
        return _grouped_proportion(values, clusters or (), groups, confidence)
    return _within(mean(values, clusters, confidence), bounds, same=min(values) == max(values))


def _within(made: Interval, bounds: tuple[float, float] | None, *, same: bool) -> Interval:
    """An interval that never passes its bounds, nor has no width where everything that was seen is the same."""
    if bounds is None:
        return made
    least, most = bounds
    if not same:
        return replace(made, low=max(least, made.low), high=min(most, made.high))
    low, high = _wilson((made.value - least) / (most - least), made.clusters, made.confidence)
    return replace(made, low=least + low * (most - least), high=least + high * (most - least), method=ALL_THE_SAME)


def proportion(successes: int, items: int, confidence: float = CONFIDENCE) -> Interval:
    """A share with Wilson's score interval, which holds for few items and near 0 and 1 (Wilson 1927, JASA 22).

    Raises:
        ValueError: There are no items, or more successes than items.
    """
    if not 0 <= successes <= items or items == 0:
        raise ValueError(f"{successes} successes among {items} items")
    low, high = _wilson(successes / items, items, confidence)
    return Interval(successes / items, low, high, confidence, items, items, "Wilson")


def _wilson(share: float, items: float, confidence: float) -> tuple[float, float]:
    z2 = normal_quantile(confidence) ** 2
    middle = (share + z2 / (2 * items)) / (1 + z2 / items)
    half = math.sqrt(z2 * (share * (1 - share) / items + z2 / (4 * items**2))) / (1 + z2 / items)
    # At 0 and 1 the bounds are exact; rounding must not put them a hair inside.
    return 0.0 if share == 0 else max(0.0, middle - half), 1.0 if share == 1 else min(1.0, middle + half)


def _grouped_proportion(
    values: Sequence[float], clusters: Sequence[Hashable], groups: int, confidence: float
) -> Interval:
    """Wilson's interval with the number of independent items that the groups are worth.

    As surveys do it (Korn and Graubard 1998, Survey Methodology 24; Franco et al. 2019, J. Survey Stat. Methodol. 7),
    with Student's quantile in place of the normal's for few groups, as there.
    """
    share = math.fsum(values) / len(values)
    worth = len(values) / design_effect(values, clusters)
    worth *= (normal_quantile(confidence) / student_quantile(confidence, max(groups - 1, 1))) ** 2
    low, high = _wilson(share, worth, confidence)
    return Interval(share, low, high, confidence, len(values), groups, "Wilson, clustered")


def mean(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, confidence: float = CONFIDENCE
) -> Interval:
    """A mean with Student's interval; with clusters, from the groups' sums (Miller 2024, arXiv 2411.00640).

    The clustered error is the sandwich of Liang and Zeger (1986, Biometrika 73) times G/(G - 1) for G groups, with
    G - 1 degrees of freedom.

    Raises:
        ValueError: There are no values, or not a cluster for each.
    """
    made = ratio(values, [1.0] * len(values), clusters, confidence)
    return replace(made, method=made.method.replace("ratio", "Student"))


def ratio(
    numerators: Sequence[float],
    denominators: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
    *,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """Sum over sum, such as bits over bytes of documents, linearised (Cochran 1977, Sampling Techniques, 6.3).

    Args:
        numerators: One for each item.
        denominators: One for each item, none negative.
        clusters: Group of each item (None = each alone).
        confidence: Of the interval.
        bounds: Least and greatest possible value, as for `estimate`.

    Raises:
        ValueError: There are no items, not a cluster for each, or the denominators sum to 0.
    """
    groups = _groups(numerators, clusters)
    whole = math.fsum(denominators)
    if whole <= 0 or len(denominators) != len(numerators):
        raise ValueError("a ratio needs a denominator for each numerator, and not all of them 0")
    value = math.fsum(numerators) / whole
    left = [top - value * bottom for top, bottom in zip(numerators, denominators, strict=True)]
    sums = _sums(left, clusters)
    name = "ratio" if groups == len(numerators) else "ratio, clustered"
    same = max(map(abs, left)) <= 1e-12 * whole  # rounding alone tells them apart
    if groups == 1:
        alone = Interval(value, -math.inf, math.inf, confidence, len(numerators), 1, name)
        return _within(alone, bounds, same=same)
    error = math.sqrt(math.fsum(each * each for each in sums) * groups / (groups - 1)) / whole
    half = student_quantile(confidence, groups - 1) * error
    made = Interval(value, value - half, value + half, confidence, len(numerators), groups, name)
    return _within(made, bounds, same=same)


def design_effect(values: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """How many grouped items are worth one that stands alone (Kish 1965, Survey Sampling, 8.2); at least 1.

    Scores that are all the same say nothing of how groups differ: then each group counts as one item.
    """
    groups = _groups(values, clusters)
    middle = math.fsum(values) / len(values)
    spread = math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1 or 1)
    if spread == 0 or groups == 1:
        return len(values) / groups
    sums = _sums([value - middle for value in values], clusters)
    clustered = math.fsum(each * each for each in sums) * groups / (groups - 1)
    return max(1.0, clustered / (len(values) * spread))


def _groups(values: Sequence[float], clusters: Sequence[Hashable] | None) -> int:
    if not values or (clusters is not None and len(clusters) != len(values)):
        raise ValueError("an interval needs values, and a cluster for each where there are clusters")
    return len(set(clusters)) if clusters is not None else len(values)


def _sums(values: Sequence[float], clusters: Sequence[Hashable] | None) -> list[float]:
    """Sum of the values of each group, in order of appearance."""
    if clusters is None:
        return list(values)
    sums: dict[Hashable, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value
    return list(sums.values())


def items_needed(
    difference: float,
    variance: float,
    *,
    power: float = 0.8,
    confidence: float = CONFIDENCE,
    design: float = 1.0,
    right_or_wrong: bool = False,
) -> int:
    """Items that a comparison needs to see a difference (Miller 2024, arXiv 2411.00640, section 5).

    Args:
        difference: Between the two models' means, not 0.
        variance: Of the difference of the two scores of one item; see `paired_variance`.
        power: How often a true difference of that size is seen.
        confidence: 1 minus how often a difference is seen where there is none.
        design: Design effect of the groups, at least 1.
        right_or_wrong: Scores are 0 or 1: a difference of d changes the score of a share d of the items at least, so
            the variance, about 0 as McNemar's test takes it, is not less.

    Raises:
        ValueError: The difference is 0.
    """
    if difference == 0:
        raise ValueError("no number of items shows a difference of 0")
    steps = _both(power, confidence)
    spread = max(variance, abs(difference)) if right_or_wrong else variance
    return max(2, math.ceil(steps**2 * spread * design / difference**2))


def smallest_difference(
    items: int,
    variance: float,
    *,
    power: float = 0.8,
    confidence: float = CONFIDENCE,
    design: float = 1.0,
    right_or_wrong: bool = False,
) -> float:
    """The least difference that so many items show; `items_needed` the other way round."""
    one = _both(power, confidence) ** 2 * design / items
    least = math.sqrt(one * variance)
    return max(least, one) if right_or_wrong else least


def _both(power: float, confidence: float) -> float:
    """Standard errors that the difference must measure."""
    return normal_quantile(confidence) + normal_quantile(2 * power - 1)


def paired_variance(first: float, second: float, correlation: float = 0.5) -> float:
    """Variance of the difference of two right-or-wrong scores of one item, from both accuracies.

    Args:
        first: Accuracy of one model, between 0 and 1.
        second: That of the other.
        correlation: Of the two models' scores over items; models of one family reach 0.5 and more.
    """
    spread = [share * (1 - share) for share in (first, second)]
    return sum(spread) - 2 * correlation * math.sqrt(spread[0] * spread[1])


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number, so that any false finding is rare (Holm 1979, Scand. J. Stat. 6)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected = [0.0] * len(p_values)
    worst = 0.0
    for place, index in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - place) * p_values[index]))
        corrected[index] = worst
    return corrected
