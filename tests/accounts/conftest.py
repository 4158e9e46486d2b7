"""What the tests of people share: who is at the door, and somebody who knocks."""

import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
import pytest_asyncio

from causerie.accounts import lockout, people, second_factor
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.passwords import hash_of
from causerie.accounts.people import NewPerson
from causerie.accounts.tables import Person
from causerie.database.engine import Database
from causerie.database.tables import now
from tests.accounts.hashing import quick_hashes

__all__ = ["quick_hashes"]
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes for waits of 2 s and codes of 30 s; on a slow machine it would in the middle of a test."""
    moment, seconds = now(), time.time()
    monkeypatch.setattr(lockout, "now", lambda: moment)
    monkeypatch.setattr(second_factor, "time", SimpleNamespace(time=lambda: seconds))


@pytest_asyncio.fixture
async def doors(database: Database) -> AsyncIterator[Doorkeeper]:
    """At work, on a database of each kind."""
    keeper = Doorkeeper(database, "CHF")
    await keeper.start()
    yield keeper
    await keeper.close()


@pytest_asyncio.fixture
async def ada(doors: Doorkeeper) -> Person:
    """The owner: the first account there is."""
    async with doors.changing() as session:
        new = NewPerson(login="ada", name="Ada", email="ada@example.org", password_hash=hash_of(PASSWORD))
        return await people.create(session, new)
