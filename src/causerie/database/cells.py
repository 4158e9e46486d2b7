"""One value of one column, as JSON: the same for SQLite and PostgreSQL, so that a backup of one fills the other.

Does: name the kinds of columns, and turn values of each into JSON and back.
Does not: read tables (`inventory.py`) or files (`archive.py`).
"""

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import types
from sqlalchemy.types import TypeEngine


class Kind(NamedTuple):
    """How values of a kind of column are written, and read again."""

    column: type[TypeEngine[Any]]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]


def _same(value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    return value


def _time_to_json(value: datetime) -> str:
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()


def _bytes_to_json(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _text_from_json(value: str) -> str:
    # PostgreSQL's text holds every character but this one, SQLite's every one; nothing that people read has it.
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")


KINDS = {
    "boolean": Kind(types.Boolean, bool, bool),
    "integer": Kind(types.Integer, int, int),
    "float": Kind(types.Float, float, float),
    "number": Kind(types.Numeric, str, Decimal),
    "json": Kind(types.JSON, _same, _same),
    "time": Kind(types.DateTime, _time_to_json, datetime.fromisoformat),
    "date": Kind(types.Date, date.isoformat, date.fromisoformat),
    "bytes": Kind(types.LargeBinary, _bytes_to_json, base64.b64decode),
    "text": Kind(types.String, _same, _text_from_json),
}
"""Kinds by name; the first whose class fits is taken (a float is a number to SQLAlchemy, so it comes before)."""


def kind_of(column: TypeEngine[Any]) -> str | None:
    """The name of a column's kind (None = what an archive cannot hold)."""
    return next((name for name, kind in KINDS.items() if isinstance(column, kind.column)), None)


def to_json(kind: str, value: object) -> object:
    """A value as `json.dumps` takes it."""
    return None if value is None else KINDS[kind].to_json(value)


def from_json(kind: str, value: object) -> object:
    """A value as the database's driver takes it.

    Raises:
        ValueError, TypeError, ArithmeticError: It is not of this kind.
    """
    return None if value is None else KINDS[kind].from_json(value)
