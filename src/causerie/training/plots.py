"""A run's curves as a picture: `curves.svg` in its folder.

Does: read what the run said so far, and draw loss, bits per byte, and the learning rate over the steps; held-out
figures as dots. One file that stands alone, in French or English and light or dark as the reader's browser is.
Does not: need a drawing package, or follow a live run: the page does.
Try it: python -m causerie.training.plots runs/starter
"""

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from causerie.training.run_folder import METRICS, rows, write_whole

PLOT = "curves.svg"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 190, 64, 16, 30, 28
"""Of one panel, in the picture's units; the four margins are inside it."""
MOST_POINTS = 300
"""Of a curve: more steps are drawn as means of as many groups."""
STYLE = """
svg { --ink: #1c1d21; --soft: #5d6068; --line: #d9dade; --train: #7d96b8; --held: #b9472f; --paper: #fff }
@media (prefers-color-scheme: dark) {
  svg { --ink: #ececee; --soft: #a3a6ae; --line: #3a3c42; --train: #6d8fbd; --held: #e5836d; --paper: #18191c }
}
text { font: 12px system-ui, sans-serif; fill: var(--soft) } .title { fill: var(--ink); font-weight: 600 }
.grid { stroke: var(--line) } polyline { fill: none; stroke-width: 1.5 } .train { stroke: var(--train) }
.held { stroke: var(--held) } circle { fill: var(--held) } .paper { fill: var(--paper) }
"""

Points = list[tuple[float, float]]


class Panel(NamedTuple):
    """One pair of axes."""

    key: str
    """Of the events."""
    english: str
    french: str


PANELS = (
    Panel("loss", "loss", "perte"),
    Panel("bits_per_byte", "bits per byte", "bits par octet"),
    Panel("accuracy", "share of pairs told apart", "part des paires distinguées"),
    Panel("rate_share", "learning rate, as a share of its highest", "taux d'apprentissage, part de son maximum"),
)


def draw(run: Path) -> Path:
    """Draw the curves of a run's folder anew; gives the picture's path."""
    trained: dict[str, Points] = {panel.key: [] for panel in PANELS}
    held: dict[str, Points] = {panel.key: [] for panel in PANELS}
    kinds = {"step": trained, "evaluation": held}
    for row in rows(run / METRICS):
        for key, points in kinds.get(row["kind"], {}).items():
            if key in row and math.isfinite(row[key]):
                points.append((row["step"], row[key]))
    write_whole(run / PLOT, picture(run.name, trained, held))
    return run / PLOT


def picture(name: str, trained: dict[str, Points], held: dict[str, Points]) -> str:
    """The SVG of some curves.

    Args:
        name: Of the run.
        trained: By each panel's key, steps and values of training.
        held: The same of what was held out.
    """
    panels = [panel for panel in PANELS if trained.get(panel.key) or held.get(panel.key)]
    last = max([1, *(step for points in (*trained.values(), *held.values()) for step, _ in points)])
    height = HEIGHT * len(panels) + 24
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(name)}</title><style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
    ]
    for number, panel in enumerate(panels):
        body.append(f'<g transform="translate(0 {number * HEIGHT})">')
        body += _panel(panel, trained.get(panel.key, []), held.get(panel.key, []), last)
        body.append("</g>")
    body += _legend(height - 8, dots=any(held.values()))
    return "\n".join([*body, "</svg>"]) + "\n"


def _panel(panel: Panel, trained: Points, held: Points, last: float) -> list[str]:
    values = [value for _, value in (*trained, *held)]
    ticks = nice(min(values), max(values))
    low, high = min(ticks[0], *values), max(ticks[-1], *values)
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(step: float, value: float) -> tuple[float, float]:
        return LEFT + across * step / last, TOP + down * (high - value) / (high - low)

    drawn = [_words(LEFT, 18, panel.english, panel.french, "title")]
    for tick in ticks:
        _, y = at(0, tick)
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for tick in (tick for tick in nice(0, last) if tick <= last):
        x, y = at(tick, low)
        anchor = "middle" if x < WIDTH - RIGHT - 20 else "end"
        drawn.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="{anchor}">{tick:g}</text>')
    for points, kind in ((grouped(trained), "train"), (held, "held")):
        places = [at(*point) for point in points]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawn.append(f'<polyline class="{kind}" points="{joined}"/>')
        if kind == "held":
            drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places]
    return drawn


def _legend(y: float, *, dots: bool) -> Iterable[str]:
    yield f'<polyline class="train" points="{LEFT},{y - 4} {LEFT + 24},{y - 4}"/>'
    yield _words(LEFT + 30, y, "training, by step", "apprentissage, par étape")
    if dots:
        yield f'<circle cx="{LEFT + 210}" cy="{y - 4}" r="2.5"/>'
        yield _words(LEFT + 220, y, "held out", "mis de côté")


def _words(x: float, y: float, english: str, french: str, kind: str = "") -> str:
    """A text in the reader's language: the first that the browser's languages allow is shown."""
    place = f'x="{x}" y="{y}"' + (f' class="{kind}"' if kind else "")
    own = f'<text {place} systemLanguage="fr">{escape(french)}</text>'
    return f"<switch>{own}<text {place}>{escape(english)}</text></switch>"


def grouped(points: Points, most: int = MOST_POINTS) -> Points:
    """The same curve in at most so many points: each the mean of a group of neighbours."""
    size = math.ceil(len(points) / most) or 1
    return [_mean(points[start : start + size]) for start in range(0, len(points), size)]


def _mean(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    steps, values = zip(*points, strict=True)
    return math.fsum(steps) / len(steps), math.fsum(values) / len(values)


def nice(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers that cover a range: 1, 2 or 5 times a power of ten apart, at least two of them."""
    if not high > low:
        low, high = low - abs(low) / 2 - (low == 0), high + abs(high) / 2 + (high == 0)
    power = 10.0 ** math.floor(math.log10((high - low) / about))
    step = next(each * power for each in (1, 2, 5, 10) if (high - low) / (each * power) <= about)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


if __name__ == "__main__":
    sys.stdout.write(f"{draw(Path(sys.argv[1]))}\n")
