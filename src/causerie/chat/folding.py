"""Letters without their case and accents, the same in Python as in both databases' indexes.

Does: fold a text, split it into words, and find words in a text so that they can be shown.
Does not: ask a database; `search.py` does.
Try it: python -c 'from causerie.chat.folding import fold; print(fold("Œuvre d'ÉTÉ"))'
"""

import re
import unicodedata
from functools import cache

LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"}
"""Letters that stand for two: no Unicode decomposition takes them apart."""
WORD = re.compile(r"[^\W_]+")


@cache
def _folded(letter: str) -> str:
    if letter in LIGATURES:
        return LIGATURES[letter]
    parts = unicodedata.normalize("NFD", letter)
    return "".join(part for part in parts if not unicodedata.combining(part)).lower()


def fold(text: str) -> str:
    """The text in small letters without accents: `Été` becomes `ete`, `Œuvre` becomes `oeuvre`."""
    if text.isascii():
        return text.lower()
    return "".join(_folded(letter) for letter in text)


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return WORD.findall(fold(text))


def folded_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in `text` that it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    pieces, places = [], []
    for place, letter in enumerate(text):
        piece = _folded(letter)
        pieces.append(piece)
        places.extend([place] * len(piece))
    return "".join(pieces), places
