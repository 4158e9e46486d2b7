"""What every room's tables are made of.

Does: the declarative base with its naming of constraints, the two column types that SQLite and PostgreSQL must agree
on (time and JSON), and identifiers.
Does not: hold a table; each room has its own `tables.py`.
"""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, in lower case (https://www.crockford.com/base32.html): nothing that eyes confuse."""
_TIME_DIGITS, _RANDOM_DIGITS = 10, 16
"""48 bits of milliseconds and 80 of chance, as ULID has them (https://github.com/ulid/spec)."""


class Time(TypeDecorator[datetime]):
    """A moment, always with its time zone, always UTC: SQLite would forget it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database: a moment without a time zone is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table of every room derives from; its metadata is the whole schema, once all rooms are imported."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Time, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 - SQLAlchemy's form


def now() -> datetime:
    """This moment, with its time zone."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """A new identifier, such as `conv_01k0...`: sorted by the time it was made, its rest beyond guessing.

    Args:
        prefix: What it names, a few letters.
    """
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    digits = (_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_TIME_DIGITS + _RANDOM_DIGITS)))
    return f"{prefix}_{''.join(digits)}"
