"""Intervals, tests and powers are those of scipy and statsmodels, and hold as often as they say.

The figures below were recorded once with scipy 1.17.1 and statsmodels 0.15.0; neither is installed for the
tests. Each says the call that made it.
"""

import math
import random
from collections.abc import Callable, Iterable
from itertools import product
from statistics import NormalDist, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.evaluation.distributions import beta_share, coin_tails, normal_quantile, student_quantile, student_tails
from causerie.evaluation.pairing import paired, sign_changes
from causerie.evaluation.statistics import (
    Interval,
    design_effect,
    estimate,
    holm,
    items_needed,
    mean,
    paired_variance,
    proportion,
    ratio,
    smallest_difference,
)

SCORES = [0.9, 0.4, 0.7, 0.65, 0.1, 0.85, 0.55, 0.3, 0.95, 0.5]
OTHERS = [0.7, 0.5, 0.4, 0.6, 0.2, 0.6, 0.5, 0.1, 0.9, 0.3]
PASSAGES = ["a", "a", "a", "b", "b", "c", "c", "c", "d", "e"]
RIGHT = [1, 0, 1, 1, 0, 1, 1, 0, 1, 0]


# scipy.stats.t.ppf(0.975, df), t.ppf(0.95, 3), norm.ppf(0.975)
@pytest.mark.parametrize(
    ("confidence", "freedom", "expected"),
    [(0.95, 1, 12.706204736174694), (0.95, 4, 2.7764451051977934), (0.95, 30, 2.0422724563012378),
     (0.95, 499, 1.9647293909876886), (0.9, 3, 2.3533634348018233), (0.95, 1e8, 1.9599640082627663)],
)  # fmt: skip
def test_students_quantile(confidence: float, freedom: float, expected: float) -> None:
    assert student_quantile(confidence, freedom) == pytest.approx(expected, rel=1e-7)
    assert student_tails(student_quantile(confidence, freedom), freedom) == pytest.approx(1 - confidence, rel=1e-6)


def test_without_freedom_nothing_is_known() -> None:
    assert student_quantile(0.95, 0) == math.inf
    assert student_tails(math.inf, 3) == 0


def test_the_normal_and_the_beta() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054)
    # scipy.special.betainc(2.5, 0.5, 0.3), betainc(0.5, 250, 0.001), betainc(30, 40, 0.5)
    assert beta_share(0.3, 2.5, 0.5) == pytest.approx(0.018927124071945658, rel=1e-9)
    assert beta_share(0.001, 0.5, 250) == pytest.approx(0.5203901011282841, rel=1e-9)
    assert beta_share(0.5, 30, 40) == pytest.approx(0.8857998873233515, rel=1e-9)
    assert (beta_share(0, 2, 3), beta_share(1, 2, 3)) == (0, 1)


@given(st.floats(0.01, 0.99), st.floats(0.5, 60), st.floats(0.5, 60))
def test_the_beta_mirrors(x: float, a: float, b: float) -> None:
    assert beta_share(x, a, b) + beta_share(1 - x, b, a) == pytest.approx(1, abs=1e-9)


# scipy.stats.binomtest(k, n).pvalue
@pytest.mark.parametrize(
    ("fewer", "throws", "expected"),
    [(3, 12, 0.14599609375), (0, 5, 0.0625), (6, 12, 1.0), (40, 110, 0.005447429511444476)],
)
def test_a_fair_coin(fewer: int, throws: int, expected: float) -> None:
    assert coin_tails(fewer, throws) == pytest.approx(expected, rel=1e-9)
    assert coin_tails(throws - fewer, throws) == coin_tails(fewer, throws)


def test_no_throw_says_nothing() -> None:
    assert coin_tails(0, 0) == 1


# scipy.stats.binomtest(k, n).proportion_ci(method="wilson"); statsmodels' proportion_confint gives the same.
@pytest.mark.parametrize(
    ("successes", "items", "low", "high"),
    [(45, 60, 0.6276792992295218, 0.8422347746994333), (0, 10, 0.0, 0.27753279986288926),
     (10, 10, 0.7224672001371107, 1.0), (1, 3, 0.06149194472039626, 0.7923403991979523)],
)  # fmt: skip
def test_wilsons_interval(successes: int, items: int, low: float, high: float) -> None:
    made = proportion(successes, items)
    assert (made.low, made.high) == pytest.approx((low, high), abs=1e-9)
    assert made.value == successes / items
    assert (made.items, made.clusters, made.method) == (items, items, "Wilson")


def test_students_interval() -> None:
    made = mean(SCORES)
    # scipy.stats.t.interval(0.95, 9, numpy.mean(SCORES), scipy.stats.sem(SCORES))
    assert (made.low, made.value, made.high) == pytest.approx((0.3935118305844042, 0.59, 0.786488169415596), abs=1e-9)
    assert made.method == "Student"


def test_groups_widen_the_interval() -> None:
    alone, grouped = mean(SCORES), mean(SCORES, PASSAGES)
    assert grouped.value == alone.value
    assert (grouped.items, grouped.clusters, grouped.method) == (10, 5, "Student, clustered")
    # statsmodels: OLS(SCORES, ones).fit(cov_type="cluster", cov_kwds={"groups": PASSAGES}, use_t=True)
    assert (grouped.low, grouped.high) == pytest.approx((0.39854604, 0.78145396), abs=1e-8)


def test_one_group_alone_says_nothing_unless_scores_have_bounds() -> None:
    made = mean([0.2, 0.4], ["a", "a"])
    assert (made.low, made.high) == (-math.inf, math.inf)
    kept = estimate([0.2, 0.4], ["a", "a"], bounds=(0, 1))
    assert (kept.low, kept.high) == (0, 1)
    assert proportion(1, 1).high == 1


def test_an_estimate_chooses_its_interval() -> None:
    assert estimate(RIGHT) == proportion(6, 10)
    assert estimate(SCORES) == mean(SCORES)
    assert estimate(RIGHT, PASSAGES).method == "Wilson, clustered"
    half = estimate([0.5] * 8, bounds=(0, 1))
    assert (half.low, half.high) == pytest.approx((proportion(4, 8).low, proportion(4, 8).high))
    scaled = estimate([3.0] * 8, bounds=(1, 5))
    assert (scaled.low, scaled.high) == pytest.approx((1 + 4 * half.low, 1 + 4 * half.high))
    tight = estimate([0.99, 1.0, 0.4], bounds=(0, 1))
    assert tight.high == 1
    assert mean([0.99, 1.0, 0.4]).high > 1


def test_groups_that_agree_with_themselves_are_worth_one_item_each() -> None:
    values, groups = [1, 1, 1, 0, 0, 0, 1, 1, 1], [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert design_effect(values, groups) == pytest.approx(3, rel=0.4)
    assert estimate(values, groups).low < estimate(values).low
    assert design_effect([1] * 6, [1, 1, 2, 2, 3, 3]) == 2
    assert design_effect([1, 0, 1], [1, 1, 1]) == 3
    assert design_effect([1, 0] * 4, [1, 1, 2, 2, 3, 3, 4, 4]) == 1, "never less than 1"


def test_a_ratio_of_sums() -> None:
    bits, size = [8.0, 30.0, 12.0, 20.0], [10.0, 20.0, 10.0, 16.0]
    made = ratio(bits, size)
    assert made.value == 70 / 56
    # By hand: residuals bits - 1.25 size = -4.5, 5, -0.5, 0; variance 4/3 * 45.5 / 56^2; t(3) = 3.18244630528
    half = 3.182446305284263 * math.sqrt(4 / 3 * 45.5) / 56
    assert (made.low, made.high) == pytest.approx((1.25 - half, 1.25 + half))
    assert ratio(bits, size, ["a", "a", "b", "c"]).method == "ratio, clustered"


def test_a_ratio_with_bounds_is_never_certain() -> None:
    none_passed = ratio([0.0] * 3, [2.0, 1.0, 4.0], bounds=(0, 1))
    assert (none_passed.low, none_passed.high) == pytest.approx((0, proportion(0, 3).high))
    assert ratio([3.0], [4.0], bounds=(0, 1)).low >= 0
    wide = ratio([1.0, 4.0], [4.0, 4.0], bounds=(0, 1))
    assert (wide.low, wide.high) == (0, 1)
    assert ratio([0.0] * 3, [2.0, 1.0, 4.0]).high == 0, "without bounds nothing more is known"


@pytest.mark.parametrize(
    "wrong",
    [lambda: proportion(0, 0), lambda: proportion(4, 3), lambda: mean([]), lambda: estimate([]),
     lambda: mean([1.0, 2.0], ["a"]), lambda: ratio([1.0], [0.0]), lambda: ratio([1.0, 2.0], [1.0]),
     lambda: items_needed(0, 0.2), lambda: paired([1], [1, 0])],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wrong()


def held(truth: float, made: Iterable[Interval]) -> float:
    """How often the intervals hold the truth."""
    found = [each.low <= truth <= each.high for each in made]
    return sum(found) / len(found)


@pytest.mark.parametrize(("truth", "items"), [(0.5, 30), (0.9, 40), (0.97, 60), (0.2, 15)])
def test_wilson_holds_the_truth_as_often_as_it_says(truth: float, items: int) -> None:
    chance = random.Random(7)
    share = held(truth, (proportion(sum(chance.random() < truth for _ in range(items)), items) for _ in range(2000)))
    assert share == pytest.approx(0.95, abs=0.04)


def grouped(chance: random.Random, groups: int, size: int) -> tuple[list[float], list[int]]:
    """Right or wrong on questions about texts, of which some are hard and some easy; right in half on the whole."""
    values, clusters = [], []
    for group in range(groups):
        easy = chance.betavariate(1, 1)
        values += [float(chance.random() < easy) for _ in range(size)]
        clusters += [group] * size
    return values, clusters


@pytest.mark.parametrize("groups", [8, 30])
def test_clustered_intervals_hold_where_plain_ones_do_not(groups: int) -> None:
    chance = random.Random(3)
    drawn = [grouped(chance, groups, 6) for _ in range(600)]
    assert held(0.5, (estimate(values, clusters) for values, clusters in drawn)) >= 0.92
    assert held(0.5, (mean(values, clusters) for values, clusters in drawn)) >= 0.92
    assert held(0.5, (estimate(values) for values, _ in drawn)) < 0.85


def test_a_ratio_holds_too() -> None:
    chance = random.Random(5)

    def made() -> Interval:
        size = [chance.uniform(100, 300) for _ in range(40)]
        return ratio([each * chance.gauss(1.2, 0.2) for each in size], size)

    assert held(1.2, (made() for _ in range(800))) == pytest.approx(0.95, abs=0.03)


def test_two_models_right_or_wrong() -> None:
    first, second = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1]
    made = paired(first, second)
    # statsmodels: mcnemar([[3, 1], [6, 2]], exact=True).pvalue
    assert made.p_value == pytest.approx(0.125)
    assert made.difference == pytest.approx(5 / 12)
    assert made.method == "McNemar, exact"
    # Agresti and Min by hand: (6.5 - 1.5) / 14 and 1.96 * sqrt(8 - 25 / 14) / 14
    half = 1.959963984540054 * math.sqrt(8 - 25 / 14) / 14
    assert (made.low, made.high) == pytest.approx((5 / 14 - half, 5 / 14 + half))


def test_two_models_with_scores_between() -> None:
    made = paired(SCORES, OTHERS)
    # scipy.stats.permutation_test((OTHERS - SCORES,), sum, permutation_type="samples", n_resamples=inf).pvalue
    assert made.p_value == pytest.approx(0.05078125)
    # scipy.stats.ttest_rel(OTHERS, SCORES).confidence_interval()
    assert (made.low, made.high) == pytest.approx((-0.21088533371146678, -0.009114666288533246))
    assert made.effect == pytest.approx(-2.4665358060813887 / math.sqrt(10)), "t over the root of the number"
    assert made.method == "all sign changes, Student"
    assert paired(OTHERS, SCORES).difference == pytest.approx(-made.difference)


def test_the_variance_of_a_comparison() -> None:
    # 6 won and 1 lost of 12, and half an item in each of the four cells.
    first, second = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1]
    assert paired(first, second).variance == pytest.approx(8 / 14)
    assert paired(RIGHT, RIGHT).variance == pytest.approx(1 / 12), "that none was seen is not that there is none"
    assert paired(RIGHT, RIGHT, PASSAGES).right_or_wrong
    assert not paired(SCORES, SCORES).right_or_wrong
    differences = [new - old for old, new in zip(SCORES, OTHERS, strict=True)]
    assert paired(SCORES, OTHERS).variance == pytest.approx(variance(differences))
    grouped = paired(SCORES * 3, OTHERS * 3, [place % 10 for place in range(30)])
    assert grouped.variance == pytest.approx(3 * variance(differences)), "three alike are worth one"
    assert paired(SCORES, OTHERS, ["a"] * 10).variance == math.inf
    assert paired([0.2] * 4, [0.2] * 4).variance == 0


def test_groups_change_signs_together() -> None:
    made = paired(RIGHT, [1] * 10, PASSAGES)
    sums = [1, 1, 1, 0, 1]
    tried = [
        abs(sum(sign * each for sign, each in zip(signs, sums, strict=True))) for signs in product((1, -1), repeat=5)
    ]
    assert made.p_value == sum(each >= 4 for each in tried) / 32
    assert (made.clusters, made.items) == (5, 10)


def test_many_groups_are_drawn_and_give_the_same_each_time() -> None:
    chance = random.Random(11)
    moved = [chance.gauss(0.2, 1) for _ in range(101)]
    p_value, how = sign_changes(moved)
    assert sign_changes(moved) == (p_value, how)
    assert how == "9,999 sign changes"
    z = abs(sum(moved)) / math.sqrt(sum(each * each for each in moved))
    assert p_value == pytest.approx(2 * (1 - NormalDist().cdf(z)), abs=0.015)


def test_the_same_model_twice_differs_in_nothing() -> None:
    made = paired(SCORES, SCORES)
    assert (made.difference, made.p_value, made.effect) == (0, 1, 0)
    assert paired([0.0] * 5, [0.5] * 5).effect == math.inf


def test_p_values_are_uniform_where_there_is_no_difference() -> None:
    chance = random.Random(2)
    found = [sign_changes([chance.gauss(0, 1) for _ in range(10)])[0] for _ in range(400)]
    assert sum(each <= 0.05 for each in found) / 400 == pytest.approx(0.05, abs=0.03)


def test_the_items_that_a_difference_needs() -> None:
    variance = paired_variance(0.7, 0.75, 0.5)
    assert variance == pytest.approx(0.21 + 0.1875 - math.sqrt(0.21 * 0.1875))
    # By hand: (1.959964 + 0.841621)^2 = 7.848880 standard errors squared
    assert items_needed(0.05, variance) == math.ceil(7.848879734 * variance / 0.0025)
    assert items_needed(0.05, variance, design=2) == pytest.approx(2 * items_needed(0.05, variance), abs=1)
    assert smallest_difference(items_needed(0.05, variance), variance) == pytest.approx(0.05, rel=1e-3)
    assert items_needed(5, 0.1) == 2
    assert items_needed(0.05, 0.01, right_or_wrong=True) == math.ceil(7.848879734 / 0.05)
    assert smallest_difference(157, 0.01, right_or_wrong=True) == pytest.approx(0.05, rel=1e-3)
    assert smallest_difference(157, 0.5, right_or_wrong=True) == smallest_difference(157, 0.5)


def test_the_power_is_what_was_asked_for() -> None:
    items = items_needed(0.3, 1.0)
    chance = random.Random(4)
    seen = 0
    for _ in range(300):
        made = mean([chance.gauss(0.3, 1) for _ in range(items)])
        seen += made.low > 0
    assert seen / 300 == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(("items", "back"), [(20, 0.0), (100, 0.0), (100, 0.1), (300, 0.02)])
def test_models_that_far_apart_are_told_apart_as_often_as_is_said(items: int, back: float) -> None:
    """`back` = share of the items that the worse of the two models alone has right."""
    far = next(each / 1000 for each in range(1000)
               if each / 1000 >= smallest_difference(items, 2 * back + each / 1000, right_or_wrong=True))  # fmt: skip
    chance = random.Random(6)
    seen = 0
    for _ in range(400):
        drawn = [chance.random() for _ in range(items)]
        first = [0.0 if each < back + far else 1.0 for each in drawn]
        second = [0.0 if back + far <= each < 2 * back + far else 1.0 for each in drawn]
        seen += paired(first, second).p_value < 0.05
    assert 0.7 < seen / 400 < 0.95


def test_many_comparisons() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005, 0.2, 0.2]
    # statsmodels: multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx([0.05, 0.12, 0.12, 0.03, 0.4, 0.4])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_a_correction_keeps_the_order_and_only_raises(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(0 <= old <= new + 1e-12 <= 1 + 1e-12 for old, new in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [corrected[each] for each in order] == sorted(corrected)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.integers(1, 5))
def test_an_interval_holds_its_value(values: list[float], groups: int) -> None:
    made = estimate(values, [place % groups for place in range(len(values))], bounds=(0, 1))
    assert 0 <= made.low <= made.value + 1e-9 <= made.high + 2e-9 <= 1 + 2e-9
