"""Databases as earlier versions of causerie left them, with rows, one of each kind for each revision.

Does: read them for the tests; and when a version is released, write those of its revision into `released/`.
Does not: write those of an earlier revision: what people have cannot be changed either.
Try it: python -m tests.database.released        (at a release; commit what it writes)
"""

import asyncio
import gzip
import subprocess
import tempfile
from pathlib import Path

from pydantic import SecretStr

from causerie.database import schema
from causerie.database.engine import FILE_NAME, Database, open_database
from causerie.database.reshaping import reshaping
from causerie.settings import Settings
from tests import databases
from tests.database.filling import fill

FOLDER = Path(__file__).parent / "released"
REVISIONS = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.gz")})


def put(database: Database, revision: str) -> None:
    """Make the database, which must be empty, what that revision left."""
    if database.dialect == "sqlite":
        Path(str(database.url.database)).write_bytes(gzip.decompress((FOLDER / f"{revision}.sqlite.gz").read_bytes()))
        return
    statements = gzip.decompress((FOLDER / f"{revision}.postgresql.gz").read_bytes())
    _postgresql_program(database, "psql", "--quiet", "--set=ON_ERROR_STOP=1", given=statements)


def _postgresql_program(database: Database, name: str, *options: str, given: bytes = b"") -> bytes:
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [str(databases.programs() / name), *options, url]
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


async def _write(settings: Settings) -> None:
    database = open_database(settings)
    async with reshaping(database) as connection:
        await connection.run_sync(schema.upgrade, schema.head())
        await connection.run_sync(fill)
    path = FOLDER / f"{schema.head()}.{database.dialect}.gz"
    if database.dialect == "postgresql":
        options = ("--inserts", "--no-owner", "--no-privileges")
        path.write_bytes(_zipped(_postgresql_program(database, "pg_dump", *options)))
        await database.close()
    else:
        await database.close()  # the last one to close writes the log back into the file
        path.write_bytes(_zipped((settings.home / FILE_NAME).read_bytes()))
    print("wrote", path.name)


async def main() -> None:
    """Write those of the newest revision."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, databases.postgresql() as server, server.database() as url:
        await _write(Settings(home=Path(folder)))
        await _write(Settings(home=Path(folder), database_url=SecretStr(url)))


if __name__ == "__main__":
    asyncio.run(main())
