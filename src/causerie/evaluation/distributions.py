"""Three distributions that the intervals and tests stand on, in plain Python: numpy is only in the extra `train`.

Does: quantiles of the normal and of Student's t, tails of Student's t and of a fair coin.
Does not: know what is measured; see `statistics.py`.
"""

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
LARGE = 1e7
"""Degrees of freedom from which Student's t is the normal to more digits than anybody prints."""


def normal_quantile(confidence: float) -> float:
    """Half width, in standard deviations, of the interval around 0 that holds `confidence` of a normal."""
    return _NORMAL.inv_cdf((1 + confidence) / 2)


def student_tails(t: float, freedom: float) -> float:
    """Share of Student's t with `freedom` degrees of freedom that lies beyond `t` on either side."""
    if math.isinf(t):
        return 0.0
    if freedom >= LARGE:
        return 2 * (1 - _NORMAL.cdf(abs(t)))
    return beta_share(freedom / (freedom + t * t), freedom / 2, 0.5)


@lru_cache(maxsize=4096)
def student_quantile(confidence: float, freedom: float) -> float:
    """Half width of the interval around 0 that holds `confidence` of Student's t (infinite without freedom)."""
    if freedom <= 0:
        return math.inf
    low, high = 0.0, 1.0
    while student_tails(high, freedom) > 1 - confidence:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        if student_tails(middle, freedom) > 1 - confidence:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b).

    By its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22), evaluated by Lentz's method.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # there it converges slowly; the mirror image does not
        return 1 - beta_share(1 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / a / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) with the d of 8.17.22."""
    tiny = 1e-300
    value = upper = 1.0
    lower = 0.0
    for step in range(1, 10_000):
        m = step // 2
        if step % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1 / (1 + d * lower or tiny)
        upper = 1 + d / upper or tiny
        value *= upper * lower
        if abs(upper * lower - 1) < 1e-15:
            break
    return value


def coin_tails(fewer: int, throws: int) -> float:
    """How likely a fair coin shows one side `fewer` times or less in `throws`, whichever side: two-sided, exact."""
    below = 0
    ways = 1
    for number in range(min(fewer, throws - fewer) + 1):
        below += ways
        ways = ways * (throws - number) // (number + 1)
    return float(min(1.0, 2 * below / 2**throws))
