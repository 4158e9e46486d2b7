"""What a database holds, asked of the database itself: it may be of an earlier version than this program's tables.

Does: list the tables with their columns, in the form of an archive; leave out what the database makes by itself from
other rows (indexes for full-text search, generated columns).
Does not: read rows.
"""

from dataclasses import dataclass

from sqlalchemy import JSON, Connection, MetaData, Table, inspect, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from causerie.database.cells import kind_of
from causerie.database.schema import VERSION_TABLE


@dataclass(frozen=True)
class Kept:
    """A table whose rows are kept in an archive."""

    table: Table
    columns: tuple[tuple[str, str], ...]
    """Names and kinds."""


def inventory(connection: Connection) -> dict[str, Kept]:
    """Every table whose rows are kept, by name.

    Raises:
        TypeError: A column is of a type that an archive cannot hold: a mistake of ours, found by a test.
    """
    names = table_names(connection)
    metadata = MetaData()
    metadata.reflect(connection, only=names, resolve_fks=False)
    return {name: _kept(metadata.tables[name]) for name in names if not _is_index(metadata.tables[name])}


def table_names(connection: Connection) -> list[str]:
    """Names of the tables with rows of their own, without the one that holds the revision."""
    if connection.dialect.name == "sqlite":
        # "virtual" and "shadow" are those of full-text search: https://www.sqlite.org/pragma.html#pragma_table_list
        listed = connection.execute(text("PRAGMA main.table_list")).mappings()
        names = {row["name"] for row in listed if row["type"] == "table" and not row["name"].startswith("sqlite_")}
    else:
        names = set(inspect(connection).get_table_names())
    return sorted(names - {VERSION_TABLE})


def _is_index(table: Table) -> bool:
    # What SQLite keeps in virtual tables is an ordinary one on PostgreSQL; triggers fill it from other rows.
    return any(isinstance(column.type, TSVECTOR) and column.computed is None for column in table.columns)


def _kept(table: Table) -> Kept:
    columns = []
    for column in table.columns:
        if column.computed is not None:
            continue
        kind = kind_of(column.type)
        if kind is None:
            raise TypeError(f"column {column.name} of {table.name} has the type {column.type!r}")
        if isinstance(column.type, JSON):
            column.type.none_as_null = True  # what was empty is to be empty again, not JSON's own null
        columns.append((column.name, kind))
    return Kept(table, tuple(columns))
