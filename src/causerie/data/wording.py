"""Sentences and numbers of a report in its reader's language; the French stands in a TOML file beside the report.

Does: look a sentence up by its English form, fill its fields, write numbers as the language does.
Does not: know any report; `report.py` here and evaluation's have their own sentences.
"""

import tomllib
from functools import cache
from pathlib import Path

from causerie.data.sentences import Sentences


@cache
def _french(path: Path) -> dict[str, str]:
    """Every sentence of a report, over all sections of its file."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {english: french for section in table.values() for english, french in section.items()}


@cache
def _filled(path: Path) -> Sentences:
    return Sentences(_french(path))


class Wording:
    """Sentences of one report.

    Args:
        language: `fr`, or anything else for English.
        french: The file with the French sentences by their English form, in sections.
    """

    def __init__(self, language: str, french: Path) -> None:
        self.language = "fr" if language == "fr" else "en"
        self._sentences = french

    def __call__(self, text: str, **values: object) -> str:
        """A sentence, its fields filled."""
        said = _french(self._sentences).get(text, text) if self.language == "fr" else text
        return said.format_map(values) if values else said

    def retold(self, sentence: str) -> str:
        """A sentence that was filled and kept in English; it stays so where no template of the report made it."""
        return (_filled(self._sentences).french(sentence) if self.language == "fr" else None) or sentence

    def number(self, value: int) -> str:
        """With its thousands apart, as the language does it."""
        return f"{value:,}".replace(",", "\u202f") if self.language == "fr" else f"{value:,}"

    def share(self, part: float, whole: float = 1) -> str:
        """In per cent."""
        share = f"{part / (whole or 1):.1%}"
        return share.replace(".", ",").replace("%", "\u202f%") if self.language == "fr" else share

    def figure(self, value: float, digits: int = 3) -> str:
        """With so many digits that say something."""
        told = f"{value:.{digits}g}".replace("-", "\u2212")
        return told.replace(".", ",") if self.language == "fr" else told
