"""What every test stands on: a data folder of its own, a clean environment, and a database of either kind."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
import structlog

from causerie.database.engine import Database, open_database
from causerie.settings import Settings, load_settings
from tests import databases
from tests.running import ONE_THREAD

# Whoever starts the tests in the background has Ctrl-C ignored, by them and by every program that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# As the command does it, for torch in these processes: tests share the processor with each other.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# An example takes as long as the machine needs: where another process has the processor, that is no finding.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests reaches them; English, unless a test says otherwise."""
    for name in list(os.environ):
        if name.startswith(("CAUSERIE_", "HF_", "OTEL_", "LC_", "OPENAI_")) or name in {"LANG", "LANGUAGE"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CAUSERIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name, value in ONE_THREAD.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def fresh_logs() -> None:
    """No test writes into the captured output of another, which is closed."""
    structlog.reset_defaults()
    for name, module in list(sys.modules.items()):
        logger = getattr(module, "_logger", None) if name.startswith("causerie.") else None
        if logger is not None:
            vars(logger).pop("bind", None)  # in a program, each keeps the output of its first line


@pytest.fixture
def settings(request: pytest.FixtureRequest, clean_environment: None) -> Settings:
    """The default settings, with a data folder of their own; of the test's database, if the test has one."""
    if "database_url" in request.fixturenames:
        request.getfixturevalue("database_url")
    return load_settings()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[databases.PostgreSQL]:
    """A PostgreSQL server for all tests of this process."""
    with databases.postgresql() as server:
        server.make_template()
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A migrated SQLite database, to be copied."""
    return databases.migrated(tmp_path_factory.mktemp("sqlite") / "home")


@pytest.fixture(params=databases.KINDS)
def database_url(
    request: pytest.FixtureRequest, clean_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty migrated database of each kind, in `CAUSERIE_DATABASE_URL` for whatever program the test starts."""
    if request.param == "sqlite":
        databases.copy_of_sqlite(request.getfixturevalue("migrated_sqlite"), tmp_path / "home")
        yield ""
        return
    server: databases.PostgreSQL = request.getfixturevalue("postgresql")
    with server.database(template=databases.TEMPLATE) as url:
        monkeypatch.setenv("CAUSERIE_DATABASE_URL", url)
        yield url


@pytest_asyncio.fixture
async def database(database_url: str, settings: Settings) -> AsyncIterator[Database]:
    """That database, open."""
    opened = open_database(settings)
    yield opened
    await opened.close()
