"""The two databases of the tests: SQLite, and a PostgreSQL server that the tests start and stop themselves.

Does: migrate one database of each kind, once for each process of the tests, and copy it for each test.
Does not: install PostgreSQL; `make test` does. Fixtures are in `conftest.py`.
Try it: python -m tests.databases        (starts a server, prints its address, and stops it at Ctrl-C)
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from causerie.database.engine import FILE_NAME, open_database
from causerie.database.migrate import migrate
from causerie.settings import Settings

KINDS = ("sqlite", "postgresql")
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB",
        "max_connections": "200", "autovacuum": "off"}  # fmt: skip
"""A test's rows need not outlive a power cut."""
START_TRIES = 2400
TEMPLATE = "causerie_template"

# Runs in the place of the server's first process: becomes its user, dies with the tests, and then is the server.
_AS_SERVER = """
import ctypes, os, signal, sys
uid, gid = int(sys.argv[1]), int(sys.argv[2])
if os.getuid() != uid:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGINT)
os.execv(sys.argv[3], sys.argv[3:])
"""


def programs() -> Path:
    """The folder of PostgreSQL's programs; Debian has it outside the search path."""
    beside = shutil.which("initdb")
    folders = [Path(beside).resolve().parent] if beside else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((folder for folder in folders if (folder / "postgres").is_file()), None)
    if found is None:
        pytest.fail("the tests need PostgreSQL's server: `make test` says how to get it")
    return found


class PostgreSQL:
    """A running server that listens on a socket in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """What `CAUSERIE_DATABASE_URL` says of a database."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def do(self, statement: str) -> None:
        """Run a statement that no transaction may enclose."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database, a copy of `template`; gone when the context ends."""
        name = f"test_{next(self._numbers)}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.do(f"DROP DATABASE {name} WITH (FORCE)")

    def make_template(self) -> None:
        """Migrate the database that tests copy."""
        self.do(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        migrated(self.folder / "template", self.url(TEMPLATE))


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server for as long as the context lasts."""
    account = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="causerie-pg-"))  # short: the name of a socket has at most 107 characters
    data = folder / "data"
    os.chown(folder, account.pw_uid, account.pw_gid)
    as_server = [sys.executable, "-I", "-c", _AS_SERVER, str(account.pw_uid), str(account.pw_gid)]
    settings = [part for name, value in FAST.items() for part in ("-c", f"{name}={value}")]
    process: subprocess.Popen[bytes] | None = None
    try:
        initdb = [programs() / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C", "--no-instructions"]  # fmt: skip
        subprocess.run([*as_server, *map(str, initdb)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        server = [programs() / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *settings]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([*as_server, *map(str, server)], cwd=folder, stdout=log, stderr=log)
        running = PostgreSQL(folder)
        _wait_until_it_answers(running, process)
        yield running
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            process.wait(120)
        shutil.rmtree(folder)


def _wait_until_it_answers(server: PostgreSQL, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_TRIES):
        try:
            server.do("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL did not come up:\n{(server.folder / 'log').read_text()}")


def migrated(home: Path, database_url: str = "") -> Settings:
    """Settings whose database has been migrated as a start of the program does it."""
    settings = Settings(home=home, database_url=SecretStr(database_url))

    async def work() -> None:
        database = open_database(settings)
        try:
            await migrate(database, settings.home)
        finally:
            await database.close()

    home.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as elsewhere:  # the loop of the tests, if there is one, is left alone
        elsewhere.submit(asyncio.run, work()).result()
    return settings


def copy_of_sqlite(template: Settings, home: Path) -> None:
    """Give the data folder `home` the migrated file."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(template.home / FILE_NAME, home / FILE_NAME)


if __name__ == "__main__":
    with postgresql() as shown:
        shown.make_template()
        print(shown.url(TEMPLATE), flush=True)
        with suppress(KeyboardInterrupt):
            time.sleep(1e9)
