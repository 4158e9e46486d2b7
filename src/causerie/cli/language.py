"""Messages of the terminal in the language of the locale, French or English.

Does: look an English sentence up in `fr.toml`. The sentence is the key, as with gettext, so that code reads well.
Does not: translate what models say, logs, or JSON.
Try it: LANG=fr_FR.UTF-8 causerie models
"""

import os
import tomllib
from functools import cache
from pathlib import Path

from causerie.data.sentences import Sentences
from causerie.errors import CauserieError


@cache
def _french() -> dict[str, str]:
    table = tomllib.loads(Path(__file__).with_name("fr.toml").read_text(encoding="utf-8"))
    return {english: french for section in table.values() for english, french in section.items()}


@cache
def _sentences() -> Sentences:
    return Sentences(_french())


def language() -> str:
    """`fr` or `en`: the language of the terminal's messages, from LC_ALL, LC_MESSAGES or LANG (POSIX order)."""
    # Read here and not in `settings.py`: help is in this language too, and the settings take 0.1 s to import.
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")  # noqa: TID251
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def t(text: str, **values: object) -> str:
    """The sentence in the reader's language, its `{fields}` filled with `values`.

    A sentence without a translation stays English rather than fail; a test sees to it that there is none.
    """
    if language() == "fr":
        text = _french().get(text, text)
    return text.format_map(values) if values else text


def retold(sentence: str) -> str:
    """A sentence that was filled and kept in English, in the reader's language; English where no template made it."""
    return (_sentences().french(sentence) if language() == "fr" else None) or sentence


def explain(error: CauserieError) -> tuple[str, str]:
    """An error's sentence and its hint in the reader's language (the hint empty when there is none)."""
    hint = t(error.hint_template, **error.values) if error.hint_template else ""
    return t(error.template, **error.values), hint
