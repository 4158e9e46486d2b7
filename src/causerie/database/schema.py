"""Which shape the database has, which it should have, and the steps between.

Does: name revisions, and run alembic's upgrades and downgrades in the caller's transaction.
Does not: lock, back up or commit; `migrate.py` does, around it.
Try it: .venv/bin/python -c 'from causerie.database.schema import head; print(head())'

Migrations are `migrations/versions/NNNN_what.py`, one after the other, never two after the same: so their names are
enough to know the newest, and a start that has nothing to migrate does not load alembic.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
"""Alembic's table of one row, the revision."""
EMPTY = ""
"""The revision of a database without any table of ours."""


@cache
def revisions() -> tuple[str, ...]:
    """Every revision known, oldest first."""
    return tuple(sorted(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")))


def head() -> str:
    """The newest revision that this program knows."""
    return revisions()[-1]


def current(connection: Connection) -> str:
    """The revision of this database, `EMPTY` before the first migration."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return EMPTY
    return connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) or EMPTY  # noqa: S608 - a constant


def following(revision: str) -> list[tuple[str, str]]:
    """The migrations that come after this revision, in order: each one's own revision, and what it does."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    after = [known for known in revisions() if known > revision]
    return [(each, str(scripts.get_revision(each).doc)) for each in after]


def upgrade(connection: Connection, revision: str) -> None:
    """Bring the database forward to this revision, in the transaction that is open."""
    from alembic import command

    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Bring the database back to this revision (`EMPTY` = no tables), in the transaction that is open."""
    from alembic import command

    command.downgrade(_config(connection), revision or "base")


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
