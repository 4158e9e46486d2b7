"""The real server with the starter, asked by real clients from outside."""

from collections.abc import AsyncIterator, Iterator

import openai
import pytest
import pytest_asyncio

from tests.running import RunningServer, running_server

CHAT_MODEL = "smollm2-135m-instruct"
EMBEDDING_MODEL = "multilingual-e5-small"
NO_KEY = "none"
"""What a client sends to a server that asks for no key."""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The server that most tests of this package share; its settings are the defaults, its engine has four slots."""
    with running_server(tmp_path_factory.mktemp("server") / "home", "slots = 4\n") as up:
        yield up


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    """OpenAI's own client, which asks once only."""
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key=NO_KEY, max_retries=0, timeout=150) as client:
        yield client


@pytest_asyncio.fixture
async def async_client(server: RunningServer) -> AsyncIterator[openai.AsyncOpenAI]:
    """The same, for questions at once."""
    base_url = f"{server.address}/v1"
    async with openai.AsyncOpenAI(base_url=base_url, api_key=NO_KEY, max_retries=0, timeout=150) as client:
        yield client
