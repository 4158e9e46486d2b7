"""Databases without tables, of either kind."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from causerie.database.engine import Database, open_database
from causerie.settings import Settings
from tests import databases

Make = Callable[[str], Settings]


def never() -> None:
    """What waits for another process calls this; here there is none."""
    pytest.fail("nobody else was at work")


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes settings with an empty data folder and an empty database of the kind that is asked for."""
    numbers = count(1)
    with ExitStack() as stack:

        def make(kind: str) -> Settings:
            home = tmp_path / f"elsewhere-{next(numbers)}"
            if kind == "sqlite":
                return Settings(home=home, database_url=SecretStr(""))  # whatever the environment says
            server: databases.PostgreSQL = request.getfixturevalue("postgresql")
            return Settings(home=home, database_url=SecretStr(stack.enter_context(server.database())))

        yield make


@pytest_asyncio.fixture(params=databases.KINDS)
async def empty(request: pytest.FixtureRequest, elsewhere: Make) -> AsyncIterator[Database]:
    """A database of each kind without a table."""
    database = open_database(elsewhere(request.param))
    yield database
    await database.close()
