"""The real starter in a real llama.cpp, once for a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from causerie.inference import catalogue
from causerie.inference.contract import Engine, Model
from causerie.inference.pool import ModelPool
from causerie.settings import Settings, load_settings


@pytest.fixture(scope="module")
def engine_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("home"), context_tokens=2048, slots=4)


@pytest.fixture(scope="module")
def starter(engine_settings: Settings) -> Model:
    return catalogue.find(engine_settings, "starter")


@pytest.fixture(scope="module")
def embedder(engine_settings: Settings) -> Model:
    return catalogue.find(engine_settings, "multilingual-e5-small")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(engine_settings: Settings) -> AsyncIterator[ModelPool]:
    async with ModelPool(engine_settings) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(pool: ModelPool, starter: Model) -> AsyncIterator[Engine]:
    async with pool.use(starter) as loaded:
        yield loaded


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
