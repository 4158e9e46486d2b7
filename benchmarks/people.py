"""Two hundred members in conversation at once, on both databases.

Method: `causerie up` before a stub upstream in C (`stub_upstream.c`, a piece each millisecond), in team mode, with
200 members who each have a session. A member does what the page does: asks for the sidebar, opens the conversation,
follows its events, sends a message, waits until its answer is complete, thinks for 4 to 12 s, and begins again;
people take longer. Every request is real HTTP from this process. The same story on SQLite and on PostgreSQL.
Afterwards every message that the server acknowledged is looked for in its conversation, with its whole answer.
Memory is the server's resident memory after each thousand requests; the slope is that of a straight line fitted to
the last ten thousand: before, connections, their caches and the compiled statements come to be.
The peer is named, not run: Open WebUI brings several GB of dependencies, torch among them. Its figures are those that
its users published: about 500 MB resident when cold (https://github.com/open-webui/open-webui/issues/2582), and 60 to
100 queries of its database for one load of the page; opening a conversation here takes 2 to 5, as a test counts.
Not measured: real models, TLS, several servers, a network, databases on another machine. PostgreSQL runs without
fsync.
Try it: python -m benchmarks.people --quick
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from pydantic_core import from_json
from tests.databases import KINDS, TEMPLATE, migrated, postgresql

from benchmarks.measure import Figure, Repetition, median, options, publish
from benchmarks.programs import compiled
from benchmarks.servers import free_port, server
from causerie.accounts import people, sessions
from causerie.accounts.identity import Role
from causerie.accounts.people import NewPerson
from causerie.accounts.sessions import Client
from causerie.database.engine import open_database

MEMBERS = 200
TURNS = 16
THINK_S = (4.0, 12.0)
DELAY_US = 1000
SAMPLE_EVERY = 1000
"""Requests between two looks at the memory."""
STEADY_REQUESTS = 10_000
"""The last ones, over which memory must be flat."""
ANSWER_TIMEOUT_S = 60.0
MODELS = "/v1/models"
"""What the stub is asked until it answers."""
PEER, COLD_PEER_MB = "Open WebUI, as published", 500.0
CONFIG = """\
log_level = "warning"
[[upstreams]]
name = "stub"
base_urls = ["http://127.0.0.1:{stub}/v1"]
models = ["paced"]
"""


@dataclass
class Story:
    """What happened to all members of one run."""

    http: aiohttp.ClientSession
    process: psutil.Process
    requests: int = 0
    errors: list[str] = field(default_factory=list)
    opening_ms: list[float] = field(default_factory=list)
    asking_ms: list[float] = field(default_factory=list)
    acknowledged: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Ids of the messages, by session and conversation."""
    memory: list[tuple[int, float]] = field(default_factory=list)
    """Requests so far, MB."""

    def count(self) -> None:
        """One more request; now and then a look at the memory."""
        self.requests += 1
        if self.requests % SAMPLE_EVERY == 0:
            self.memory.append((self.requests, self.process.memory_info().rss / 1e6))

    async def ask(self, method: str, path: str, cookie: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """One request of a member's page.

        Raises:
            RuntimeError: The answer is an error.
        """
        self.count()
        async with self.http.request(method, path, json=body, headers=headers(cookie)) as answer:
            text = await answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
            return from_json(text) if text else None


def headers(cookie: str) -> dict[str, str]:
    """What a browser sends."""
    return {"Cookie": f"causerie_session={cookie}", "Sec-Fetch-Site": "same-origin"}


async def events(story: Story, cookie: str, conversation: str, after: str) -> AsyncIterator[tuple[str, Any]]:
    """The events of a conversation, as the page follows them."""
    story.count()
    query = {"conversation": conversation, "after": after}
    async with story.http.get("/api/events", params=query, headers=headers(cookie)) as stream:
        name = ""
        async for line in stream.content:
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
            elif line.startswith(b"data: "):
                yield name, from_json(line[6:])


async def until_answered(story: Story, cookie: str, conversation: str, after: str, answer_id: str) -> None:
    """Follow the events until this answer has ended."""
    async with asyncio.timeout(ANSWER_TIMEOUT_S):
        async for name, data in events(story, cookie, conversation, after):
            if name == "message" and data["message"]["id"] == answer_id and data["message"]["status"] != "running":
                if data["message"]["status"] != "complete":
                    raise RuntimeError(f"answer {answer_id} ended as {data['message']['status']}")
                return


async def member(story: Story, cookie: str, dice: random.Random, turns: int) -> None:
    """One member's story."""
    await asyncio.sleep(dice.uniform(0, THINK_S[1]))
    made = await story.ask("POST", "/api/conversations", cookie, {})
    conversation, head = made["conversation"]["id"], None
    acknowledged = story.acknowledged.setdefault((cookie, conversation), [])
    for turn in range(turns):
        try:
            await story.ask("GET", "/api/sidebar", cookie)
            began = time.perf_counter()
            opened = await story.ask("GET", f"/api/conversations/{conversation}", cookie)
            story.opening_ms.append((time.perf_counter() - began) * 1000)
            question = {"content": f"Question {turn} of {cookie[:6]}", "parent_id": head, "models": ["paced"]}
            began = time.perf_counter()
            asked = await story.ask("POST", f"/api/conversations/{conversation}/messages", cookie, question)
            story.asking_ms.append((time.perf_counter() - began) * 1000)
            head = asked["answers"][0]["id"]
            acknowledged += [asked["question"]["id"], head]
            await until_answered(story, cookie, conversation, opened["event_id"], head)
        except (RuntimeError, aiohttp.ClientError, TimeoutError) as error:
            story.errors.append(f"{type(error).__name__}: {error}")
        await asyncio.sleep(dice.uniform(*THINK_S))


async def lost(story: Story) -> int:
    """Acknowledged messages that are not there, or not whole."""
    missing = 0
    for (cookie, conversation), ids in story.acknowledged.items():
        kept = await story.ask("GET", f"/api/conversations/{conversation}", cookie)
        whole = {each["id"] for each in kept["messages"] if each["status"] == "complete" and each["content"]}
        missing += len(set(ids) - whole)
    return missing


async def team(home: Path, database_url: str, size: int) -> list[str]:
    """Members of a new database; gives the token of each one's session."""
    settings = migrated(home, database_url)
    database = open_database(settings)
    tokens = []
    try:
        await people.prepare(database)
        async with database.write() as session:
            for number in range(size):
                role = Role.OWNER if number == 0 else Role.MEMBER
                new = NewPerson(login=f"member{number}", name=f"Member {number}", role=role)
                person = await people.create(session, new)
                opened = await sessions.open_session(session, person, "password", Client(address="", agent=""))
                tokens.append(opened.token)
    finally:
        await database.close()
    return tokens


async def story_of(port: int, process: psutil.Process, tokens: list[str], turns: int) -> dict[str, Any]:
    """All members at once; what came of it."""
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}",
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),  # each request says itself who asks
    ) as http:
        story = Story(http, process)
        cold = process.memory_info().rss / 1e6
        began = time.perf_counter()
        await asyncio.gather(
            *(member(story, token, random.Random(number), turns) for number, token in enumerate(tokens))
        )
        seconds = time.perf_counter() - began
        missing = await lost(story)
    return {
        "requests": story.requests,
        "seconds": round(seconds, 1),
        "errors": len(story.errors),
        "first_errors": story.errors[:5],
        "acknowledged": sum(map(len, story.acknowledged.values())),
        "lost": missing,
        "opening_ms": spread(story.opening_ms),
        "asking_ms": spread(story.asking_ms),
        "cold_mb": round(cold, 1),
        "memory_mb": [round(each, 1) for _, each in story.memory],
        "slope_mb_per_10000": slope(story.memory),
    }


def spread(values: list[float]) -> dict[str, float]:
    """The middle, the slowest in a hundred, and the slowest."""
    ordered = sorted(values) or [0.0]
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[int(0.99 * (len(ordered) - 1))], 2),
        "max": round(ordered[-1], 2),
    }


def slope(memory: list[tuple[int, float]]) -> float:
    """MB more for each 10,000 requests, by least squares over the last `STEADY_REQUESTS`."""
    last = memory[-1][0] if memory else 0
    steady = [look for look in memory if look[0] >= last - STEADY_REQUESTS]
    if len(steady) < 2:
        return 0.0
    return round(10_000 * statistics.linear_regression(*zip(*steady, strict=True)).slope, 2)


def one_run(kind: str, database_url: str, *, quick: bool) -> dict[str, Any]:
    """The story on one database, from an empty one to the last answer."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stub, port = free_port(), free_port()
        stack.enter_context(
            server([str(compiled("stub_upstream")), str(stub), str(DELAY_US), "1"], stub, probe=MODELS)
        )
        tokens = asyncio.run(team(home, database_url, 20 if quick else MEMBERS))
        (home / "causerie.toml").write_text(CONFIG.format(stub=stub), encoding="utf-8")
        command = ["env", f"CAUSERIE_HOME={home}", f"CAUSERIE_DATABASE_URL={database_url}", sys.executable, "-m"]
        command += ["causerie.cli.main", "up", "--no-browser", "--port", str(port)]
        running = stack.enter_context(server(command, port, probe="/readyz"))
        measured = asyncio.run(story_of(port, running.process, tokens, 3 if quick else TURNS))
        print(f"{kind}: {measured}", flush=True)
        return measured


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""
    made: list[Figure] = []
    for kind in KINDS:
        runs = [each[kind] for each in repetitions]
        opening = median(each["opening_ms"]["p99"] for each in runs)
        cold = median(each["cold_mb"] for each in runs)
        made += [
            Figure(name=f"opening a conversation, p99, {kind}", value=opening, goal=250, better="lower", unit="ms"),
            Figure(
                name=f"errors in {sum(each['requests'] for each in runs):,} requests, {kind}",
                value=sum(each["errors"] for each in runs), goal=0, better="lower", unit="errors",
            ),
            Figure(
                name=f"messages lost of {sum(each['acknowledged'] for each in runs):,} acknowledged, {kind}",
                value=sum(each["lost"] for each in runs), goal=0, better="lower", unit="messages",
            ),
            Figure(
                name=f"memory gained in 10,000 requests, {kind}",
                value=median(each["slope_mb_per_10000"] for each in runs), goal=5, better="lower", unit="MB",
            ),
            Figure(
                name=f"memory when cold, {kind}", value=cold, goal=120, better="lower", unit="MB",
                peer=PEER, peer_value=COLD_PEER_MB,
            ),
        ]  # fmt: skip
    return made


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    repetitions: list[Repetition] = []
    with postgresql() as postgres:
        postgres.make_template()
        for number in range(1 if given.quick else 2):
            print(f"repetition {number + 1}", flush=True)
            with postgres.database(TEMPLATE) as url:
                urls = {"sqlite": "", "postgresql": url}
                kinds = KINDS if number % 2 == 0 else tuple(reversed(KINDS))
                repetitions.append({kind: one_run(kind, urls[kind], quick=given.quick) for kind in kinds})
            publish(  # after each, since one takes six minutes
                "people",
                figures=figures(repetitions),
                repetitions=repetitions,
                configuration={"members": MEMBERS, "turns": TURNS, "think_s": THINK_S, "delay_us": DELAY_US},
            )


if __name__ == "__main__":
    main()
