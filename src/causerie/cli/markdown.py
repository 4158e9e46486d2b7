"""Markdown that arrives piece by piece, shown in a terminal while it arrives.

Does: print each finished block once, for good, and redraw only the one that is being written: an answer longer than
the screen neither flickers nor repeats itself, and scrolling back shows it whole.
Does not: wrap or colour by itself; rich does.
"""

import re
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def finished_length(text: str) -> int:
    """Characters at the start of `text` that no later text can change: whole blocks, never half a code fence."""
    end = text.rfind("\n\n")
    while end >= 0:
        if len(_FENCE.findall(text[:end])) % 2 == 0:
            return end + 2
        end = text.rfind("\n\n", 0, end)
    return 0


class MarkdownStream:
    """Shows one answer; use it as a context manager and `write` each piece."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pending = ""
        self._live = Live(console=console, refresh_per_second=12, transient=True, vertical_overflow="visible")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def write(self, piece: str) -> None:
        """Show a further piece of the answer."""
        self._pending += piece
        length = finished_length(self._pending)
        if length:
            self._console.print(Markdown(self._pending[:length]))
            self._pending = self._pending[length:]
        self._live.update(Markdown(self._pending))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.update("")
        self._live.stop()
        if self._pending.strip():
            self._console.print(Markdown(self._pending))
