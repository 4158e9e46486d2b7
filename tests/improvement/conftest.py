"""People on a database of each kind."""

import pytest_asyncio

from causerie.accounts import people
from causerie.database.engine import Database
from tests.improvement.talked import Talked


@pytest_asyncio.fixture
async def talked(database: Database) -> Talked:
    await people.prepare(database)
    return Talked(database)
