"""A team that talks: asking over HTTP, and reading the live events as a page does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.server.team import Answer, Someone, Team

ENDED_S = 60.0


@dataclass
class Told:
    """One live event."""

    id: str
    name: str
    content: dict[str, Any]


@dataclass
class Listening:
    """An open stream of live events, and what came of it so far."""

    answer: aiohttp.ClientResponse
    heard: list[Told] = field(default_factory=list)
    retry_ms: int | None = None

    async def next(self) -> Told:
        """The next event."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(ENDED_S):
            while True:
                line = (await self.answer.content.readline()).decode()
                if not line:
                    raise EOFError("the stream has ended")
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "retry":
                    self.retry_ms = int(value)
                elif line == "\n" and "event" in fields:
                    told = Told(fields["id"], fields["event"], json.loads(fields["data"]))
                    self.heard.append(told)
                    return told
                elif line != "\n" and name:
                    fields[name] = value

    async def until(self, name: str, **wanted: Any) -> Told:
        """The next event of this name whose message has these fields."""
        while True:
            told = await self.next()
            if told.name == name and wanted.items() <= (told.content.get("message") or told.content).items():
                return told


@asynccontextmanager
async def listening(
    team: Team, by: Someone, conversation: str | None = None, after: str | None = None, last: str | None = None
) -> AsyncIterator[Listening]:
    """The live events of a person, as one tab has them."""
    query = {name: value for name, value in (("conversation", conversation), ("after", after)) if value is not None}
    headers = by.headers("cookie", team.address) | ({"Last-Event-ID": last} if last else {})
    async with team.http.get(f"{team.address}/api/events", params=query, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Listening(answer)


async def begin(team: Team, by: Someone, content: str = "Hello?", **new: Any) -> dict[str, Any]:
    """A conversation whose first question is answered and whose title is there."""
    body = {**new, "ask": {"content": content, "parent_id": None}}
    made = await team.ask("POST", "/api/conversations", by, body=body)
    assert made.status == 201, made.text
    return await ended(team, by, made.json["conversation"]["id"])


async def ask(
    team: Team, by: Someone, conversation_id: str, content: str, parent_id: str | None, **more: Any
) -> Answer:
    body = {"content": content, "parent_id": parent_id, **more}
    return await team.ask("POST", f"/api/conversations/{conversation_id}/messages", by, body=body)


async def opened(team: Team, by: Someone, conversation_id: str) -> dict[str, Any]:
    answer = await team.ask("GET", f"/api/conversations/{conversation_id}", by)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


async def ended(team: Team, by: Someone, conversation_id: str) -> dict[str, Any]:
    """The conversation, once all of it has ended and nothing follows."""
    async with asyncio.timeout(ENDED_S):
        while (found := await opened(team, by, conversation_id))["running"] or len(team.parts.desk._tasks) > 1:  # noqa: ASYNC110 - as a client waits
            await asyncio.sleep(0.01)
    return found
