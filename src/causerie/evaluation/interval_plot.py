"""A picture of figures and their intervals, one below the other, as SVG that stands alone.

Does: a line for each figure's interval, a dot for the figure, and lighter marks for those that it is compared with.
Does not: follow a pointer or run a script. Axes are those of `planning/drawing.py`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from causerie.planning.drawing import RIGHT, WIDTH, Axis

LEFT = 250
"""Room for the names, in the picture's units."""
TOP, BOTTOM, LINE, APART = 14, 30, 24, 9
"""Above the first figure, below the last, for each, and for each that it is compared with."""
LONGEST_NAME = 38


@dataclass(frozen=True)
class Point:
    """A figure with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bar:
    """One line of the picture."""

    name: str
    told: str
    """The figure in words, for a reader who does not see the picture."""
    points: Sequence[Point | None]
    """Of the model first, then of those it is compared with, in the same order on every line."""


def svg(
    bars: Sequence[Bar],
    title: str,
    bounds: tuple[float, float] | None = None,
    number: Callable[[float], str] = "{:.4g}".format,
) -> str:
    """The picture; `title` and what each bar tells is what a screen reader says.

    Args:
        bars: At least one, with at least one point.
        title: Of the picture.
        bounds: Of the axis (None = what the intervals need).
        number: Writes a value of the axis.
    """
    points = [point for bar in bars for point in bar.points if point]
    ends = [end for each in points for end in (each.low, each.value, each.high) if math.isfinite(end)]
    axis = Axis(*bounds, log=False) if bounds else Axis.over(ends or [0.0], log=False)
    line = LINE + APART * (max((len(bar.points) for bar in bars), default=1) - 1)
    height = TOP + BOTTOM + line * len(bars)
    drawn = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img"><title>{escape(title)}</title>']
    for tick in axis.ticks():
        x = _across(axis, tick)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>')
        drawn.append(
            f'<text x="{x:.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">{escape(number(tick))}</text>'
        )
    for row, bar in enumerate(bars):
        middle = TOP + line * (row + 0.5)
        name = bar.name if len(bar.name) <= LONGEST_NAME else bar.name[: LONGEST_NAME - 1] + "…"
        drawn.append(f"<g><title>{escape(bar.told)}</title>")
        drawn.append(
            f'<text class="mark" x="{LEFT - 12}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        )
        there = [(place, point) for place, point in enumerate(bar.points) if point]
        # The others first, so that the model's own mark lies over them.
        for place, point in reversed(there):
            drawn.append(_mark(axis, point, place, middle + APART * (place - (len(bar.points) - 1) / 2)))
        drawn.append("</g>")
    return "".join([*drawn, "</svg>"])


def _across(axis: Axis, value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, axis.place(value)))


def _mark(axis: Axis, point: Point, place: int, y: float) -> str:
    low, value, high = (_across(axis, each) for each in (point.low, point.value, point.high))
    line = f'<line class="interval m{place}" x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<circle class="point m{place}" cx="{value:.1f}" cy="{y:.1f}" r="4"/>'
