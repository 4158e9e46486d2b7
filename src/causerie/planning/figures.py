"""Numbers as people read them: with units, few digits, and their range.

Does: format.
Does not: know words; `telling.py` has them.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from causerie.planning.assumptions import CASES, Case

Thing = TypeVar("Thing")
_POWERS = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float, unit: str = "") -> str:
    """Three digits with a decimal prefix: `1.05 T`, `40.2 GB`."""
    for power, prefix in _POWERS:
        if abs(value) >= power * 0.9995:
            return f"{value / power:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}".rstrip()


def gib(amount: float) -> str:
    """Bytes of memory."""
    return f"{amount / 2**30:,.2f} GiB"


def plain(value: float) -> str:
    """Three digits, thousands apart: `2,340`, `0.4`."""
    if abs(value) >= 1000:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.3g}"


def span(seconds: float) -> str:
    """A time in the unit that suits it."""
    for size, unit in ((86_400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def share(value: float) -> str:
    """Per cent with a digit."""
    return f"{value:.1%}".replace("%", " %")


def ranged(
    outcomes: Mapping[Case, Thing], value: Callable[[Thing], float], form: Callable[[float], str] = plain
) -> str:
    """The expected value and, where they differ, both ends: `31 (26 .. 45)`."""
    good, expected, bad = (form(value(outcomes[case])) for case in CASES)
    return expected if good == expected == bad else f"{expected}  ({good} .. {bad})"
