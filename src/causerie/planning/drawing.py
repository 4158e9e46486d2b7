"""Small pictures for the page: curves with marks on two axes, as SVG that stands alone.

Does: linear and logarithmic axes, a curve, a band between two others, marks with a name.
Does not: follow a pointer or run a script.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from causerie.planning.figures import short

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 260, 72, 20, 16, 44
"""In the picture's units; the margins are inside."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point with a name, or a line across at its height."""

    x: float | None
    """None = a line across."""
    y: float
    name: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A curve and what stands around it."""

    curve: Points
    x_name: str
    y_name: str
    band: tuple[Points, Points] | None = None
    """Lower and upper edge of what is possible."""
    marks: Sequence[Mark] = field(default_factory=tuple)
    log_x: bool = False
    log_y: bool = False


def svg(picture: Picture, title: str) -> str:
    """The picture; `title` is what a screen reader says."""
    edges = [*picture.curve, *(picture.band[0] if picture.band else ()), *(picture.band[1] if picture.band else ())]
    marks = picture.marks
    across = Axis.over([x for x, _ in edges] + [each.x for each in marks if each.x is not None], log=picture.log_x)
    up = Axis.over([y for _, y in edges] + [each.y for each in marks], log=picture.log_y)

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (WIDTH - LEFT - RIGHT) * across.place(x),
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * up.place(y),
        )

    def joined(points: Points) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))

    drawn = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>']
    for tick in up.ticks():
        _, y = at(across.low, tick)
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_told(tick)}</text>')
    for tick in across.ticks():
        x, _ = at(tick, up.low)
        drawn.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_told(tick)}</text>')
    drawn.append(f'<text class="name" x="{LEFT}" y="12">{escape(picture.y_name)}</text>')
    drawn.append(
        f'<text class="name" x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(picture.x_name)}</text>'
    )
    if picture.band:
        drawn.append(f'<polygon class="band" points="{joined([*picture.band[0], *reversed(picture.band[1])])}"/>')
    drawn.append(f'<polyline class="curve" points="{joined(picture.curve)}"/>')
    drawn += [_mark(each, at(each.x if each.x is not None else across.low, each.y)) for each in marks]
    return "".join([*drawn, "</svg>"])


def _told(tick: float) -> str:
    """A value of an axis: with a prefix where there is a common one."""
    return short(tick) if 1e4 <= tick < 1e15 else f"{tick:.4g}"


def _mark(mark: Mark, place: tuple[float, float]) -> str:
    x, y = place
    if mark.x is None:
        line = f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        return f'{line}<text class="mark" x="{LEFT + 6}" y="{y - 5:.1f}">{escape(mark.name)}</text>'
    anchor, shift = ("end", -8) if x > WIDTH * 0.6 else ("start", 8)
    text = f'<text class="mark" x="{x + shift:.1f}" y="{max(y - 8, TOP + 10):.1f}" text-anchor="{anchor}">'
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>{text}{escape(mark.name)}</text>'


@dataclass(frozen=True)
class Axis:
    """From the least to the greatest value, linear or logarithmic."""

    low: float
    high: float
    log: bool

    @classmethod
    def over(cls, values: Sequence[float], *, log: bool) -> "Axis":
        """The axis that shows all of some values; a linear one with some air."""
        low, high = min(values), max(values)
        if log:
            return cls(low, high * 1.0001 if high > low else low * 10, log=True)
        air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
        return cls(low if low == 0 else low - air, high + air, log=False)

    def place(self, value: float) -> float:
        """Where a value is, from 0 to 1."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values on it: powers of ten, or 1, 2 or 5 of one; fewer than a dozen."""
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            made = [10.0**power * each for power in powers for each in ((1, 2, 5) if len(powers) < 3 else (1,))]
            return [each for each in made if self.low <= each <= self.high][:: max(1, len(made) // 8)]
        power = 10.0 ** math.floor(math.log10((self.high - self.low) / 4))
        step = next(each * power for each in (1, 2, 5, 10) if (self.high - self.low) / (each * power) <= 6)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [round(number * step, 12) for number in range(first, last + 1)]
