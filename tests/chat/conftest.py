"""A stub in a model's place, and two people at a desk."""

from collections.abc import AsyncIterator

import pytest_asyncio

from causerie.accounts import people
from causerie.database.engine import Database
from causerie.settings import Settings
from tests.chat.talking import Talk, desk_of, join, settings_for
from tests.inference.stub_upstream import StubUpstream


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    """Says `Bonjour` in two pieces."""
    async with StubUpstream() as running:
        yield running


@pytest_asyncio.fixture
async def talk(database: Database, settings: Settings, stub: StubUpstream) -> AsyncIterator[Talk]:
    """A desk, and Ada and Bob who have accounts."""
    await people.prepare(database)
    ada, bob = await join(database, "ada"), await join(database, "bob")
    async with desk_of(database, settings_for(settings, stub)) as desk:
        yield Talk(desk, stub, ada, bob)
