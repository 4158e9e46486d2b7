"""An answer on its way: it is kept alive while nothing comes, and it ends when its client leaves.

The application runs in the test's own process, so that the engine's slots can be looked at.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from causerie.inference.llama import LlamaEngine
from causerie.inference.router import Router
from causerie.server import relay
from causerie.server.app import create_api, parts_of
from causerie.server.observation import Observation
from causerie.server.security import Gate
from causerie.settings import Settings, load_settings
from tests.inference.stub_upstream import Fault, StubUpstream
from tests.server.conftest import CHAT_MODEL
from tests.server.serving import serving, upstream_config

CHAT = "/v1/chat/completions"
TALE = [{"role": "user", "content": "Tell a very long story about a cat, and then another about a dog."}]
NO_END = {"2": -100}
"""The starter's end of a turn (token 2, `<|im_end|>`) cannot come: only the limit ends an answer."""


@dataclass(frozen=True)
class Served:
    """A server in this process, and a client of it."""

    router: Router
    address: str
    session: aiohttp.ClientSession

    def ask(self, *, stream: bool, **fields: object) -> Any:
        """A question whose answer is long, as aiohttp's request context."""
        asked = {"messages": TALE, "stream": stream, **fields}
        return self.session.post(self.address + CHAT, json=asked)

    async def read(self, *, stream: bool, **fields: object) -> bytes:
        async with self.ask(stream=stream, **fields) as answer:
            body: bytes = await answer.read()
            return body


def settings_in(home: Path, config: str) -> Settings:
    home.mkdir()
    (home / "causerie.toml").write_text(config)
    return load_settings()


@asynccontextmanager
async def server(home: Path, config: str) -> AsyncIterator[Served]:
    settings = settings_in(home, config)
    parts = parts_of(settings)
    app = Observation(Gate(create_api(parts), settings, parts.doors), parts.metrics)
    async with serving(app) as address, aiohttp.ClientSession() as session:
        yield Served(parts.router, address, session)


@asynccontextmanager
async def over_a_stub(home: Path, fault: Fault = "") -> AsyncIterator[tuple[Served, StubUpstream]]:
    async with StubUpstream() as stub, server(home, upstream_config(stub)) as served:
        stub.fault = fault
        yield served, stub


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait, as long as the slowest machine may need."""
    for _ in range(1200):
        if await holds():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"not yet: {what}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# --- silence ----------------------------------------------------------------------------------------------------


async def test_a_stream_in_which_nothing_comes_gets_comments_that_clients_skip(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.05)
    async with over_a_stub(home, "hang-mid") as (served, _), served.ask(stream=True) as answer:
        assert (await answer.content.readuntil(b"\n\n")).startswith(b"data: {")
        for _ in range(3):
            assert await answer.content.readuntil(b"\n\n") == b": keep-alive\n\n"


async def test_a_stream_that_talks_gets_none(home: Path) -> None:
    async with over_a_stub(home) as (served, _):
        body = await served.read(stream=True)
    assert body.endswith(b"data: [DONE]\n\n")
    assert b": keep-alive" not in body


async def test_a_stream_begins_with_its_first_event_so_that_a_failure_before_it_has_a_status(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(relay, "WATCH_AFTER_S", 0.0)
    async with over_a_stub(home, "drop-after-headers") as (served, _), served.ask(stream=True) as answer:
        assert answer.status == 503
        assert (await answer.json())["error"]["code"] == "upstream_unavailable"


@pytest.mark.parametrize("fault", ["mid-death", "error-event"])
async def test_what_breaks_a_stream_later_is_its_last_event(home: Path, fault: Fault) -> None:
    async with over_a_stub(home, fault) as (served, _), served.ask(stream=True) as answer:
        assert answer.status == 200
        events = (await answer.read()).strip().split(b"\n\n")
    assert events[0].startswith(b'data: {"id"')
    assert events[-1].startswith(b'data: {"error": {"message": ')
    assert b"[DONE]" not in b"".join(events)


# --- a client that leaves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "stream"), [("hang", False), ("hang", True), ("hang-mid", True)])
async def test_a_client_that_leaves_ends_the_question_at_the_upstream(home: Path, fault: Fault, stream: bool) -> None:
    async with over_a_stub(home, fault) as (served, stub):
        asked = asyncio.create_task(served.read(stream=stream))

        async def is_asked() -> bool:
            return bool(stub.requests)

        await until("the upstream is asked", is_asked)
        asked.cancel()
        async with asyncio.timeout(25):  # less than the stub hangs
            await stub.left.wait()


async def busy_slots(engine: LlamaEngine) -> int:
    headers = {"Authorization": f"Bearer {engine.child.secret}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{engine.child.address}/slots", headers=headers) as answer,
    ):
        return sum(slot["is_processing"] for slot in await answer.json())


@pytest.mark.engine
async def test_a_client_that_leaves_frees_its_slot_in_the_engine_streamed_or_not(home: Path) -> None:
    async with server(home, "slots = 1\n") as served:
        await served.read(stream=False, model=CHAT_MODEL, max_tokens=1)
        engine = cast("LlamaEngine", served.router._pool._residents[CHAT_MODEL].engine)

        async def works() -> bool:
            return await busy_slots(engine) == 1

        async def is_free() -> bool:
            return await busy_slots(engine) == 0 and served.router._pool._residents[CHAT_MODEL].uses == 0

        await until("the slot is free", is_free)
        for stream in (True, False):
            asked = asyncio.create_task(
                served.read(stream=stream, model=CHAT_MODEL, max_tokens=8000, logit_bias=NO_END)
            )
            await until("the slot works", works)
            asked.cancel()
            await until("the slot is free", is_free)
        assert b'"finish_reason":"length"' in await served.read(
            stream=False, model=CHAT_MODEL, max_tokens=2, logit_bias=NO_END
        )
