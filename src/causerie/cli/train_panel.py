"""The live panel of `causerie train`: loss, bits per byte, speed, time left, and what the model wrote last.

Does: draw what it is told, in place, in a terminal; leave the last picture standing at the end.
Does not: compute anything.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from causerie.cli.language import t
from causerie.cli.terminal import errors

if TYPE_CHECKING:
    from causerie.training.events import Event

BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 48
"""Steps, or groups of steps, that the curve of the loss shows."""
_NOTES = 4


class Picture:
    """What is shown, from the events so far."""

    def __init__(self) -> None:
        self.steps = 0
        self.step: dict[str, Any] = {}
        self.evaluation: dict[str, Any] = {}
        self.samples: dict[str, str] = {}
        self.notes: list[str] = []
        self.done = 0
        self.losses: list[float] = []

    def tell(self, event: "Event") -> None:
        """Take an event in."""
        self.done = event.step
        match event.kind:
            case "start":
                self.steps = int(event.facts["steps"])
            case "step":
                self.step = dict(event.facts)
                self.losses.append(float(event.facts["loss"]))
            case "evaluation":
                self.evaluation = dict(event.facts)
            case "sample":
                self.samples[str(event.facts["prompt"])] = str(event.facts["text"])
            case "rewind":
                self._note(
                    t(
                        "step {step}: {reason}; back to step {kept}, without that batch",
                        step=event.facts["from_step"], reason=event.facts["reason"], kept=event.step,
                    )
                )  # fmt: skip
            case "damaged":
                self._note(t("{path} is damaged and is not used: {reason}", **event.facts))
            case "resumed":
                self._note(t("going on from {path}", path=event.facts["path"]))
            case "left out":
                self._note(t("{count} examples are left out: {reason}", **event.facts))
            case "writer lost":
                self._note(t("{writer} is written no more: {reason}", **event.facts))
            case _:
                pass

    def _note(self, text: str) -> None:
        self.notes = [*self.notes, text][-_NOTES:]

    def __rich__(self) -> Panel:
        """The panel."""
        # The bar alone ends without a new line: the figures would stand behind it, and be cut.
        bar = Padding(ProgressBar(total=max(1, self.steps), completed=self.done), 0)
        parts: list[Any] = [bar, self._figures()]
        if self.losses:
            parts.append(Text(curve(self.losses), style="cyan"))
        for prompt, text in self.samples.items():
            line = Text.assemble((in_a_line(prompt), "bold"), in_a_line(text), overflow="ellipsis", no_wrap=True)
            parts.append(line)
        parts += [Text(note, style="yellow") for note in self.notes]
        return Panel(Group(*parts), title=t("step {step} of {steps}", step=self.done, steps=self.steps))

    def _figures(self) -> Table:
        table = Table.grid(padding=(0, 3))
        step, held = self.step, self.evaluation
        cells = [
            (t("loss"), _figure(step.get("loss"), "{:.4f}")),
            (t("bits per byte"), _figure(step.get("bits_per_byte"), "{:.3f}")),
            (t("held out"), _figure(held.get("bits_per_byte", held.get("loss")), "{:.3f}")),
            (t("gradient"), _figure(step.get("gradient_norm"), "{:.2f}")),
            (t("tokens/s"), _figure(step.get("tokens_per_s"), "{:,.0f}")),
            (t("of the peak"), _figure(step.get("peak_share"), "{:.0%}")),
            (t("tokens"), _figure(step.get("tokens"), "{:,}")),
            (t("left"), clock(float(step["seconds_left"])) if step else "-"),
        ]
        for row in (cells[:4], cells[4:]):
            table.add_row(*(Text.assemble((f"{name} ", "dim"), (value, "bold")) for name, value in row))
        return table


def _figure(value: object, form: str) -> str:
    return "-" if value is None else form.format(value)


def in_a_line(text: str) -> str:
    """What a model wrote, for a terminal: in one line, and without the signs that would steer it."""
    return re.sub(r"\s+", " ", "".join(sign if sign.isprintable() else " " for sign in text))


def clock(seconds: float) -> str:
    """Hours, minutes and seconds: 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def curve(values: list[float]) -> str:
    """The whole curve in a row of bars, the highest at the top of its letter."""
    width = min(CURVE_WIDTH, len(values))
    edges = [round(number * len(values) / width) for number in range(width + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((mean - low) * scale)] for mean in means)


@contextmanager
def panel() -> Iterator[Callable[["Event"], None]]:
    """The panel on standard error, for as long as the run lasts."""
    picture = Picture()
    with Live(picture, console=errors(), refresh_per_second=4):
        yield picture.tell
