"""Words, lines and paragraphs, as the published quality rules count them."""

import re
from collections.abc import Sequence

TERMINAL = (".", "!", "?", '"', "\u201d", "\u00bb", "\u2026", "\u3002")
"""Ends of a sentence: C4's, with the French closing mark."""
BULLETS = ("-", "*", "\u2022", "\u2023", "\u25cf", "\u25e6", "\u00b7")
_SENTENCE = re.compile(r"[.!?\u2026]+(?=[\s\"\u00bb\u201d)]|$)")
STOP_WORDS = {
    "en": frozenset({"the", "be", "to", "of", "and", "that", "have", "with"}),
    "fr": frozenset({"le", "la", "les", "de", "des", "et", "que", "est", "un", "une", "dans", "pour"}),
}
"""English: Gopher's own. French: the commonest words, made for this."""


def lines(text: str) -> list[str]:
    """Lines that are not blank, without the spaces around them."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def paragraphs(text: str) -> list[str]:
    """Blocks between blank lines."""
    return [block.strip() for block in text.split("\n\n") if block.strip()]


def sentences(text: str) -> int:
    """How many sentences end in it."""
    return len(_SENTENCE.findall(text))


def repeated_share(pieces: Sequence[str]) -> tuple[float, float]:
    """Share of pieces that came before, and share of all characters that are in them."""
    seen: set[str] = set()
    number = characters = 0
    for piece in pieces:
        if piece in seen:
            number += 1
            characters += len(piece)
        seen.add(piece)
    return number / max(len(pieces), 1), characters / max(sum(map(len, pieces)), 1)
