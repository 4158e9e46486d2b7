"""Rows of every kind of column, for the tests of migrations and backups: made from the tables themselves.

A table that a room adds is filled too, without a line here: each column gets a value of its type, each foreign key
one that exists.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, insert, select, types

from causerie.database.cells import to_json
from causerie.database.inventory import Kept, inventory

ROWS = 3
MOMENT = datetime(2026, 11, 24, 18, 30, 12, 345678, tzinfo=UTC)
TEXT = 'Été à l\'hôtel: « 日本語 » 🦊\n"quoted\\" \t end'


def fill(connection: Connection) -> None:
    """Put `ROWS` rows into every table."""
    kept = inventory(connection)
    done: set[str] = set()
    while waiting := [each for name, each in kept.items() if name not in done]:
        for each in waiting:
            pointed_at = {key.target_fullname.split(".")[0] for key in each.table.foreign_keys}
            if pointed_at - {each.table.name} <= done:
                connection.execute(insert(each.table), [row(each, number) for number in range(1, ROWS + 1)])
                done.add(each.table.name)


def rows_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as an archive holds it, in an order that is the same on both databases."""
    found = {}
    for name, each in inventory(connection).items():
        columns = dict(each.columns)
        query = select(*(each.table.c[column] for column in columns))
        rows = [
            {column: to_json(columns[column], cell) for column, cell in row.items()}
            for row in connection.execute(query).mappings()
        ]
        found[name] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def row(kept: Kept, number: int) -> dict[str, Any]:
    """A row that differs from the others wherever columns are unique."""
    one_of_two = {"group_id"} if kept.table.name == "model_permissions" else set()  # a check wants it empty
    return {name: value(kept.table.c[name], number) for name, _ in kept.columns if name not in one_of_two}


def value(column: Column[Any], number: int) -> Any:
    """A value of the column's type; that of a foreign key is the value of the column that it points at."""
    of_type = {
        types.Boolean: number % 2 == 0,
        types.BigInteger: 2**40 + number,
        types.Integer: number,
        types.Float: 0.1 * number,
        types.JSON: {"text": TEXT, "number": number, "nothing": None, "list": [1.5, True]},
        types.DateTime: MOMENT,
        types.Date: date(2026, 11, number),
        types.LargeBinary: bytes([0, 255, number]),
    }
    for kind, example in of_type.items():
        if isinstance(column.type, kind):
            return example
    key = next(iter(column.foreign_keys), None)
    table, name = key.target_fullname.split(".") if key else (column.table.name, column.name)
    length = getattr(column.type, "length", None) or 200
    start = f"{number}.{table}.{name}"[:length]
    return start if name == "id" or len(start + TEXT) > length else start + TEXT
