"""Sentences that were said in English and kept, put into French when they are shown.

Does: find the template whose own words take up most of a sentence, and fill its French with the same values.
Does not: guess: a sentence that no template makes stays as it is. Who shows it has the catalogue of templates.

What is kept of a job, a card or a judgement, or signed, stays as it was said; so the sentence is all that there is to
go by. The page does the same (`web/src/i18n/sentences.ts`), and both pass the same tests.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_FIELD = re.compile(r"\{(\w+)(?:![a-z])?(?::[^{}]*)?\}")
_LEAST_LETTERS = 6
"""A template with fewer letters of its own would fit too much."""
_DEPTH = 3
"""A sentence within a sentence within a sentence is the most that is looked into."""
_LONGEST = 4000
_LISTS = frozenset({"missing"})
"""Fields that hold several sentences with commas between them."""
_COMMAS = 3
"""So many commas may be within one of them."""


class Shape(NamedTuple):
    """A template taken apart: words, a field, words, a field, ..., words."""

    words: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def letters(self) -> int:
        """Letters and digits of its own."""
        return sum(map(str.isalnum, "".join(self.words)))


def shape_of(template: str) -> Shape:
    """Take a template apart."""
    parts = _FIELD.split(template.replace("{{", "\1").replace("}}", "\2"))
    words = tuple(part.replace("\1", "{").replace("\2", "}") for part in parts[::2])
    return Shape(words, tuple(parts[1::2]))


def values_in(shape: Shape, sentence: str) -> dict[str, str] | None:
    """What a sentence has in the places of the fields (None = the template did not make it)."""
    first, last = shape.words[0], shape.words[-1]
    start, end = len(first), len(sentence) - len(last)
    if end < start or not sentence.startswith(first) or not sentence.endswith(last):
        return None
    values: dict[str, str] = {}
    for number, name in enumerate(shape.fields):
        word = shape.words[number + 1]
        to = end if number == len(shape.fields) - 1 else sentence.find(word, start)
        if not start <= to <= end:
            return None
        if values.setdefault(name, sentence[start:to]) != sentence[start:to]:
            return None
        start = to + len(word)
    return values


class Sentences:
    """The French of filled sentences.

    Args:
        catalogue: French templates by their English form.
    """

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self._whole: dict[str, str] = {}
        self._templates: list[tuple[Shape, Shape]] = []
        for english, french in catalogue.items():
            shape, other = shape_of(english), shape_of(french)
            if not shape.fields:
                self._whole["".join(shape.words)] = "".join(other.words)
            elif shape.letters >= _LEAST_LETTERS:
                self._templates.append((shape, other))
        self._templates.sort(key=lambda pair: -pair[0].letters)

    def french(self, sentence: str) -> str | None:
        """A sentence in French (None = no template makes it)."""
        return self._said(sentence, _DEPTH)

    def french_list(self, text: str) -> str | None:
        """Several sentences with commas between them (None = none of them is known)."""
        return self._listed(text, _DEPTH)

    def _said(self, sentence: str, depth: int) -> str | None:
        if sentence in self._whole:
            return self._whole[sentence]
        if len(sentence) > _LONGEST:
            return None
        for english, french in self._templates:
            values = values_in(english, sentence)
            if values is not None:
                filled = [self._inner(name, values.get(name, ""), depth - 1) for name in french.fields]
                pairs = zip(french.words, (*filled, ""), strict=True)
                return "".join(words + value for words, value in pairs)
        about, colon, rest = sentence.partition(": ")
        # What a sentence is about may stand before it: a step, a requirement, a key.
        said = self._said(rest, depth - 1) if colon and depth and " " not in about else None
        return f"{about} : {said}" if said is not None else None

    def _inner(self, name: str, value: str, depth: int) -> str:
        if depth <= 0 or " " not in value:  # a word alone is a name more often than it is a sentence
            return value
        return (self._listed(value, depth) if name in _LISTS else self._said(value, depth)) or value

    def _listed(self, text: str, depth: int) -> str | None:
        pieces, made, known = text.split(", "), [], False
        while pieces:
            taken, said = 1, None
            for length in range(1, min(_COMMAS + 1, len(pieces)) + 1):
                said = self._said(", ".join(pieces[:length]), depth)
                if said is not None:
                    taken, known = length, True
                    break
            made.append(pieces[0] if said is None else said)
            pieces = pieces[taken:]
        return ", ".join(made) if known else None
