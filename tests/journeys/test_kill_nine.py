"""The server is killed in the midst of traffic, again and again: what the page was told is there afterwards."""

import asyncio
import json
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from causerie.database.engine import FILE_NAME
from causerie.settings import Settings
from tests.running import RunningServer, running_server
from tests.web.stub_upstream import LAYOUT, SLOW_WORDS, stub_upstream, upstream_config

KILLS = 20
TALKERS = 5
TRAFFIC_S = (0.0, 0.5)
"""How long the server lives after a long answer has begun."""
WORDS_SEEN = 140
"""Of an answer that comes at fifty words a second, before the server goes."""
SAVED_EVERY_S, WORDS_A_SECOND = 1.0, 50
BUSY_S = 2.0
"""What a machine with more to do may take besides."""

pytestmark = [pytest.mark.xdist_group("kill"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def config() -> Iterator[str]:
    with stub_upstream() as address:
        yield upstream_config(address)


@dataclass
class Talker:
    """Somebody who asks one question after the other in one conversation, and notes what the page was told."""

    model: str
    conversation: str = ""
    unsure: dict[str, Any] | None = None
    """Sent, and not acknowledged: it is sent again, as the page does."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Contents of questions by id; of an answer, nothing."""
    complete: dict[str, str] = field(default_factory=dict)
    """Contents of the answers that were said to be complete."""
    asked: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)

    async def talk(self, http: aiohttp.ClientSession) -> None:
        """Until the server is gone."""
        try:
            await self._talk(http)
        except aiohttp.ClientError:
            return

    async def _talk(self, http: aiohttp.ClientSession) -> None:
        if not self.conversation:
            made = await posted(http, "/api/conversations", {"title": "So that no model is asked for one"})
            self.conversation = made["conversation"]["id"]
        async with http.get("/api/events", params={"conversation": self.conversation}) as stream:
            events = events_of(stream)
            await anext(events)  # from here on nothing is missed
            while True:
                text = f"{self.model}, question {next(self.numbers)}"
                self.unsure = self.unsure or {"content": text, "client_id": text.replace(", ", "-").replace(" ", "-")}
                question = {**self.unsure, "parent_id": None, "models": [self.model]}
                asked = await posted(http, f"/api/conversations/{self.conversation}/messages", question)
                self.asked.add(self.unsure["content"])
                self.unsure = None
                (answer,) = asked["answers"]
                self.acknowledged |= {asked["question"]["id"]: asked["question"]["content"], answer["id"]: ""}
                if answer["status"] == "running":
                    self.complete[answer["id"]] = await end_of(events, answer["id"])


async def posted(http: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    async with http.post(path, json=body) as answer:
        assert answer.status in {200, 201}, await answer.text()
        return await answer.json()


async def opened(http: aiohttp.ClientSession, conversation: str) -> dict[str, dict[str, Any]]:
    """The messages of a conversation by id, as whoever opens it gets them."""
    async with http.get(f"/api/conversations/{conversation}") as answer:
        assert answer.status == 200, await answer.text()
        return {each["id"]: each for each in (await answer.json())["messages"]}


async def events_of(stream: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in stream.content:
        if line.startswith(b"event: "):
            name = line[7:].decode().strip()
        elif line.startswith(b"data: "):
            yield name, json.loads(line[6:])
    raise aiohttp.ClientPayloadError("the server is gone")


async def end_of(events: AsyncIterator[tuple[str, Any]], answer_id: str) -> str:
    async for name, told in events:
        if name == "message" and told["message"]["id"] == answer_id and told["message"]["status"] != "running":
            assert told["message"]["status"] == "complete", told["message"]["error"]
            return str(told["message"]["content"])
    raise AssertionError("events end with an exception")


async def traffic(up: RunningServer, talkers: list[Talker], seconds: float) -> None:
    """All talk until the server is killed, so many seconds after the long answer of the last one has begun."""
    long = talkers[-1]
    before = len(long.acknowledged)
    async with aiohttp.ClientSession(up.address) as http:
        talking = [asyncio.create_task(talker.talk(http)) for talker in talkers]
        while len(long.acknowledged) == before:
            assert not any(task.done() for task in talking), "the server went by itself"
            await asyncio.sleep(0.01)
        await asyncio.sleep(seconds)
        os.kill(up.pid, signal.SIGKILL)
        await asyncio.gather(*talking)
    while psutil.pid_exists(up.pid):  # noqa: ASYNC110 - the system takes it away
        await asyncio.sleep(0.01)


async def check(up: RunningServer, talker: Talker) -> None:
    """What is there is what the talker was told, no less and nothing twice."""
    async with aiohttp.ClientSession(up.address) as http:
        there = await opened(http, talker.conversation)
    lost = talker.acknowledged.keys() - there.keys()
    assert not lost
    assert {id_: there[id_]["content"] for id_, content in talker.acknowledged.items() if content} == {
        id_: content for id_, content in talker.acknowledged.items() if content
    }
    assert {id_: there[id_]["content"] for id_ in talker.complete} == talker.complete
    questions = [each["content"] for each in there.values() if each["role"] == "user"]
    assert len(questions) == len(set(questions)), "what was sent again was asked again"
    assert talker.asked <= set(questions)
    for each in there.values():
        if each["role"] == "assistant":
            assert each["status"] in {"complete", "interrupted"}
            assert (LAYOUT if talker.model == "layout" else words()).startswith(each["content"])
            assert each["status"] == "interrupted" or each["content"] == LAYOUT


def words() -> str:
    """What the stub's model `slow` says."""
    return "".join(f"word{number} " for number in range(SLOW_WORDS))


def completed(talkers: list[Talker]) -> int:
    """So many answers were said to be complete."""
    return sum(len(talker.complete) for talker in talkers)


def test_every_acknowledged_message_is_there_after_twenty_kills_during_traffic(
    database_url: str, settings: Settings, config: str
) -> None:
    dice = random.Random(20)
    talkers = [*(Talker("layout") for _ in range(TALKERS)), Talker("slow")]
    kills = 0
    while kills < KILLS or completed(talkers) < KILLS:  # on a slow machine fewer answers come to their end
        with running_server(settings.home, config, CAUSERIE_DATABASE_URL=database_url) as up:
            asyncio.run(traffic(up, talkers, dice.uniform(*TRAFFIC_S) * (1 + kills // KILLS)))
        kills += 1
    with running_server(settings.home, config, CAUSERIE_DATABASE_URL=database_url) as up:
        for talker in talkers:
            asyncio.run(check(up, talker))
    assert len(talkers[-1].acknowledged) >= 2 * KILLS, "a long answer was being written at each kill"
    assert completed(talkers) >= KILLS
    if not database_url:
        assert whole(settings.home / FILE_NAME)


def whole(file: Path) -> bool:
    with sqlite3.connect(file) as connection:
        found: list[tuple[str]] = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return found == [("ok",)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_answer_that_a_restart_cuts_off_is_marked_interrupted_with_what_it_had(
    database_url: str, settings: Settings, config: str, how: signal.Signals
) -> None:
    with running_server(settings.home, config, CAUSERIE_DATABASE_URL=database_url) as up:
        conversation, answer_id, seen = asyncio.run(cut_off(up, how))
    with running_server(settings.home, config, CAUSERIE_DATABASE_URL=database_url) as up:
        asyncio.run(goes_on(up, conversation, answer_id, seen, how))


async def cut_off(up: RunningServer, how: signal.Signals) -> tuple[str, str, str]:
    """The conversation, its answer's id, and what the page had of it when the server went."""
    async with aiohttp.ClientSession(up.address) as http:
        conversation = (await posted(http, "/api/conversations", {}))["conversation"]["id"]
        question = {"content": "Tell me everything", "parent_id": None, "models": ["slow"]}
        asked = await posted(http, f"/api/conversations/{conversation}/messages", question)
        pieces: dict[int, str] = {}
        async with http.get("/api/events", params={"conversation": conversation}) as stream:
            with suppress(aiohttp.ClientError):
                async for name, told in events_of(stream):
                    if name in {"snapshot", "delta"}:
                        pieces[told["seq"]] = told["content"]
                    if len(pieces) == WORDS_SEEN:
                        os.kill(up.pid, how)
    return conversation, asked["answers"][0]["id"], "".join(pieces[seq] for seq in sorted(pieces))


async def goes_on(up: RunningServer, conversation: str, answer_id: str, seen: str, how: signal.Signals) -> None:
    """The page comes back: it is told to look anew, sees what there was, and asks on."""
    async with aiohttp.ClientSession(up.address) as http:
        query = {"conversation": conversation, "after": "another-servers.1"}
        async with http.get("/api/events", params=query) as stream:
            assert await anext(events_of(stream)) == ("ready", {"resumed": False})
        answer = (await opened(http, conversation))[answer_id]
        assert answer["status"] == "interrupted"
        assert words().startswith(answer["content"])
        if how == signal.SIGTERM:
            assert answer["content"].startswith(seen)
        else:
            missing = len(seen.split()) - len(answer["content"].split())
            assert missing <= (SAVED_EVERY_S + BUSY_S) * WORDS_A_SECOND
            assert answer["content"]
        question = {"content": "Go on", "parent_id": answer_id, "models": ["layout"]}
        asked = await posted(http, f"/api/conversations/{conversation}/messages", question)
        answer_id = asked["answers"][0]["id"]
        async with http.get("/api/events", params={"conversation": conversation}) as stream:
            if (await opened(http, conversation))[answer_id]["status"] == "running":
                assert await end_of(events_of(stream), answer_id) == LAYOUT
        last = (await opened(http, conversation))[answer_id]
        assert (last["status"], last["content"]) == ("complete", LAYOUT)
