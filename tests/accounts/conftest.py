"""What the tests of people share: who is at the door, and somebody who knocks."""

from collections.abc import AsyncIterator

import pytest_asyncio

from causerie.accounts import people
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.passwords import hash_of
from causerie.accounts.people import NewPerson
from causerie.accounts.tables import Person
from causerie.database.engine import Database
from tests.accounts.hashing import quick_hashes

__all__ = ["quick_hashes"]
PASSWORD = "correct horse battery staple"


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
