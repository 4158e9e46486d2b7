"""What a reader takes out of a row: under one of the names by which the set has been published, or refused."""

from collections.abc import Mapping
from typing import Any

from causerie.errors import DataError


def text(row: Mapping[str, Any], where: str, *names: str) -> str:
    """The text under the first of these names that the row has.

    Raises:
        DataError: It has none of them, or something else there.
    """
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
    raise DataError(
        "{where} has no text under {names}", where=where, names=" or ".join(names),
        there=", ".join(map(str, row))[:300],
        hint="it has: {there}",
    )  # fmt: skip


def texts(row: Mapping[str, Any], where: str, *names: str) -> tuple[str, ...]:
    """The same of a list of texts, or of a text with semicolons between them (as TruthfulQA's CSV has it).

    Raises:
        DataError: It has none of them.
    """
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            value = value.split(";")
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            kept = tuple(dict.fromkeys(one.strip() for one in value if one.strip()))
            if kept:
                return kept
    raise DataError("{where} has no texts under {names}", where=where, names=" or ".join(names))
