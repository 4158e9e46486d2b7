"""Unicode normalisation: one way to write each character, and none that nobody sees.

Does: repair UTF-8 that was once read as Windows-1252 ("Ã©" for "é": the commonest of the faults that ftfy mends,
https://ftfy.readthedocs.io), compose accents (NFC), take out control and invisible characters, make every space and
line end the same, and no more than one blank line.
Does not: fold what differs to a reader: quotation marks, dashes and ligatures stay (NFKC would lose "x²").
"""

import re
import unicodedata
from typing import Literal

from pydantic import Field

from causerie.data.contract import Document, Edited, Outcome, Removed, Step

_MOJIBAKE = re.compile(
    "[\u00c3\u00c2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
    "|\u00e2\u20ac"
)
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029\f\v]")
# The joiners U+200C and U+200D stay: emoji and Persian need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


class Normalise(Step):
    """NFC, plain spaces and line ends, no invisible characters."""

    conversations = True

    use: Literal["normalise"] = "normalise"
    max_broken: float = Field(0.05, ge=0, le=1)
    """Largest share of replacement characters (U+FFFD) before the text counts as binary, 0 to 1."""

    def apply(self, document: Document) -> Outcome:
        """The text, normalised; removed when it is mostly not text."""
        counts: dict[str, int] = {}
        text = document.text
        if _MOJIBAKE.search(text):
            text = _counted(counts, "wrong encoding", text, _repaired(text))
        text = _counted(counts, "line ends", text, _LINE_ENDS.sub("\n", text))
        text = _counted(counts, "invisible characters", text, _INVISIBLE.sub("", text))
        text = _counted(counts, "spaces", text, _SPACES.sub(" ", text))
        if not text.isascii():
            text = _counted(counts, "accents", text, unicodedata.normalize("NFC", text))
        text = _counted(
            counts, "blank lines and ends", text, _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip()
        )
        if not text:
            return Removed("empty")
        broken = text.count("\ufffd") / len(text)
        if broken > self.max_broken:
            return Removed("not text", f"{broken:.0%} of the characters cannot be read")
        if not counts:
            return document
        return Edited(Document(**(vars(document) | {"text": text})), counts)


def _counted(counts: dict[str, int], reason: str, before: str, after: str) -> str:
    if before != after:
        counts[reason] = 1
    return after


def _repaired(text: str) -> str:
    """Each line as UTF-8 again, where that is what it was; a line that mixes both stays."""
    return "\n".join(_repaired_line(line) if _MOJIBAKE.search(line) else line for line in text.split("\n"))


def _repaired_line(line: str) -> str:
    try:
        return line.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return line
