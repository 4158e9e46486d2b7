"""A registry of either database."""

import pytest

from causerie.database.engine import Database
from causerie.settings import Settings
from tests.registry.stories import Registry


@pytest.fixture
def registry(database: Database, settings: Settings) -> Registry:
    settings.home.mkdir(parents=True, exist_ok=True)
    return Registry(database, settings)
