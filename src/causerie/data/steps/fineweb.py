"""The three rules that FineWeb adds to C4's and Gopher's.

Penedo et al., "The FineWeb datasets: decanting the web for the finest text data at scale", 2024, section 3.6. They
came out of fifty measures of pages, tried one by one; the numbers are the paper's.
"""

from typing import Literal

from causerie.data.contract import Document, Outcome, Removed, Step
from causerie.data.steps.words import TERMINAL, lines, repeated_share


class FineWeb(Step):
    """FineWeb's rules: lists, lines that repeat, and pages without full stops."""

    use: Literal["fineweb"] = "fineweb"
    min_terminal_lines: float = 0.12
    """Share of lines that must end a sentence."""
    max_repeated_characters: float = 0.1
    """Share of characters in lines that came before."""
    max_short_lines: float = 0.67
    """Share of lines shorter than `short_line`."""
    short_line: int = 30
    """In characters."""

    def apply(self, document: Document) -> Outcome:
        """The document, or the first rule that it breaks."""
        rows = lines(document.text)
        if not rows:
            return Removed("empty")
        ending = sum(row.endswith(TERMINAL) for row in rows) / len(rows)
        if ending <= self.min_terminal_lines:
            return Removed("lines without a full stop", f"{1 - ending:.0%} of the lines")
        repeated = repeated_share(rows)[1]
        if repeated >= self.max_repeated_characters:
            return Removed("repeated lines", f"{repeated:.0%} of the characters")
        short = sum(len(row) < self.short_line for row in rows) / len(rows)
        if short >= self.max_short_lines:
            return Removed("short lines", f"{short:.0%} of the lines")
        return document
