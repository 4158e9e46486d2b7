"""Search in 100,000 messages of one person, on both databases, against the search of Open WebUI.

Method: one person's 2,500 conversations of 40 messages each, of words drawn by Zipf's law from 30,000, so that some
are in nearly every message and some in a few; another person has a tenth as many. Six kinds of queries: a rare word,
a common one, both together, the beginning of a word, a phrase in quotes, a word that is nowhere. A turn asks each
kind several times, in another word each time. Ours is `chat.search` as the route calls it, from the typed text to
the marked hits and the titles. Theirs is the statement with which Open WebUI searches since its messages are rows:
for each chat of the person, whether its title or any of its messages contains the text (ILIKE '%...%'), newest
first, 60 a page; it is asked on the same rows of the same database at the same time, and marks nothing. It finds
letters within words, which ours does not, and neither accents nor words apart, which ours does. Kinds and databases
take turns, forwards and backwards.
Not measured: HTTP, several people at once, a database on another machine. PostgreSQL has its defaults, but for fsync,
which is off, and its vacuum, which is run once.
Try it: python -m benchmarks.search --quick
Sources: https://github.com/open-webui/open-webui/blob/main/backend/open_webui/models/chats.py (its search).
"""

import asyncio
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession
from tests.databases import FAST, KINDS, TEMPLATE, migrated, postgresql

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from causerie.accounts import people
from causerie.accounts.identity import Role
from causerie.accounts.people import NewPerson
from causerie.chat import search
from causerie.chat.folding import fold
from causerie.chat.tables import Conversation, Message
from causerie.database.engine import Database, open_database
from causerie.database.tables import new_id, now

MESSAGES, QUICK_MESSAGES = 100_000, 10_000
IN_CONVERSATION = 40
WORDS = 30_000
AT_ONCE = 25
"""Conversations of one transaction."""
LENGTHS = (15, 90)
"""Words of a question and of an answer."""
ASKED, THEIRS_ASKED = 20, 3
"""Queries of each kind in a turn; the peer's take seconds."""
GOAL_MS = 50
PEER = "Open WebUI's search"
PEER_PAGE = 60
PEER_STATEMENT = (
    "SELECT c.id, c.title FROM conversations c WHERE c.person_id = :owner AND (c.title {like} :wanted OR EXISTS ("
    "SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.content {like} :wanted)) "
    f"ORDER BY c.updated_at DESC, c.id LIMIT {PEER_PAGE}"
)
Ask = Callable[[AsyncSession, str, str], Awaitable[object]]


def vocabulary() -> list[str]:
    """Made-up words, the most frequent first; one in ten has an accent."""
    dice = random.Random(1)
    syllables = ["ba", "co", "di", "fu", "ga", "li", "mo", "na", "pe", "ri", "so", "ta", "ve", "zu", "én", "où"]
    made = dict.fromkeys("".join(dice.choices(syllables, k=2 + number % 4)) for number in range(4 * WORDS))
    return list(made)[:WORDS]


def said(dice: random.Random, words: list[str], sums: list[float], length: int) -> str:
    """A message."""
    return " ".join(dice.choices(words, cum_weights=sums, k=length))


async def fill(database: Database, person_id: str, messages: int, seed: int) -> None:
    """Conversations of a person, as many as hold so many messages, a minute apart."""
    dice, words = random.Random(seed), vocabulary()
    sums = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    write = partial(said, dice, words, sums)
    numbers = iter(range(messages // IN_CONVERSATION))
    while batch := list(itertools.islice(numbers, AT_ONCE)):
        made = [conversation(person_id, number, write) for number in batch]
        async with database.write() as session:
            await session.execute(insert(Conversation), [row for row, _ in made])
            await session.execute(insert(Message), [message for _, rows in made for message in rows])


def conversation(
    person_id: str, number: int, write: Callable[[int], str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rows of one conversation and of its messages."""
    at = now() - timedelta(days=400) + timedelta(minutes=number)
    title, one = write(4), new_id("conv")
    row = {
        "id": one, "person_id": person_id, "title": title, "title_folded": fold(title), "title_origin": "model",
        "created_at": at, "updated_at": at,
    }  # fmt: skip
    ids = [new_id("msg") for _ in range(IN_CONVERSATION)]
    rows = [
        {
            "id": ids[turn], "conversation_id": one, "person_id": person_id, "created_at": at,
            "parent_id": ids[turn - 1] if turn else None, "role": ("user", "assistant")[turn % 2],
            "content": write(LENGTHS[turn % 2]),
        }
        for turn in range(IN_CONVERSATION)
    ]  # fmt: skip
    return row, rows


async def prepared(database: Database, messages: int) -> str:
    """The database with two people and what they said; gives the first one's id."""
    await people.prepare(database)
    ids = []
    for login in ("ada", "bob"):
        async with database.write() as session:
            ids.append((await people.create(session, NewPerson(login=login, name=login, role=Role.MEMBER))).id)
    await fill(database, ids[0], messages, 2)
    await fill(database, ids[1], messages // 10, 3)
    if database.dialect == "postgresql":  # which the server does by itself within a minute, and the tests' does not
        async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
    return ids[0]


def queries(kind: str, count: int, dice: random.Random) -> Iterator[str]:
    """What is typed."""
    words = vocabulary()
    for _ in range(count):
        common, rare = dice.choice(words[:20]), dice.choice(words[-5000:])
        yield {
            "rare word": f"{rare} ",
            "common word": f"{common} ",
            "two words": f"{common} {rare} ",
            "beginning of a word": dice.choice(words[100:2000])[:4],
            "phrase": f'"{dice.choice(words[:20])} {dice.choice(words[:20])}"',
            "nothing": f"{rare}xq ",
        }[kind]


QUERY_KINDS = ("rare word", "common word", "two words", "beginning of a word", "phrase", "nothing")


async def theirs(session: AsyncSession, owner: str, asked: str) -> object:
    """Open WebUI's search; its rows."""
    like = "ILIKE" if session.get_bind().dialect.name == "postgresql" else "LIKE"
    wanted = asked.strip().strip('"')
    statement = text(PEER_STATEMENT.format(like=like))
    return (await session.execute(statement, {"owner": owner, "wanted": f"%{wanted}%"})).all()


async def timed(database: Database, owner: str, ask: Ask, kind: str, count: int, seed: int) -> dict[str, Any]:
    """The queries of one kind, one after the other; milliseconds."""
    taken = []
    for asked in queries(kind, count, random.Random(seed)):
        began = time.perf_counter()
        async with database.read() as session:
            await ask(session, owner, asked)
        taken.append((time.perf_counter() - began) * 1000)
    ordered = sorted(taken)
    return {
        "median_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        "worst_ms": round(ordered[-1], 2),
        "queries": count,
    }


def one_repetition(
    runner: asyncio.Runner, databases: dict[str, tuple[Database, str]], seed: int, *, backwards: bool
) -> Repetition:
    """Every kind on every database, ours and theirs."""
    turns: dict[str, Callable[[], Any]] = {}
    for kind in QUERY_KINDS:
        for name, (database, owner) in databases.items():
            for who, ask, count in (("ours", search.search, ASKED), ("theirs", theirs, THEIRS_ASKED)):
                work = partial(timed, database, owner, ask, kind, count, seed)
                turns[f"{name} {kind} {who}"] = partial(_run, runner, work)
    return take_turns(turns, backwards=backwards)


def _run(runner: asyncio.Runner, work: Callable[[], Awaitable[object]]) -> object:
    async def once() -> object:
        return await work()

    return runner.run(once())


def slowest(repetitions: list[Repetition], turn: str, rank: str) -> list[float]:
    """Of each repetition: the figure of the kind of query that takes longest."""
    return [max(each[turn.format(kind)][rank] for kind in QUERY_KINDS) for each in repetitions]


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, all of the kind that is slowest: its median, its 95th percentile, and the ratio to the peer's."""
    made: list[Figure] = []
    for name in KINDS:
        ours = slowest(repetitions, f"{name} {{}} ours", "median_ms")
        late = slowest(repetitions, f"{name} {{}} ours", "p95_ms")
        their = slowest(repetitions, f"{name} {{}} theirs", "median_ms")
        made += [
            Figure(
                name=f"search in 100,000 messages, slowest kind, median, {name}", value=median(ours), goal=GOAL_MS,
                better="lower", unit="ms",
            ),
            Figure(
                name=f"search in 100,000 messages, slowest kind, p95, {name}", value=median(late), goal=GOAL_MS,
                better="lower", unit="ms",
            ),
            Figure(
                name=f"slowest kind of search / Open WebUI's, {name}",
                value=median(mine / other for mine, other in zip(ours, their, strict=True)),
                goal=0.1, better="lower", unit="x", peer=PEER, our_value=median(ours), peer_value=median(their),
                measured_in="ms",
            ),
        ]  # fmt: skip
    return made


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    messages = QUICK_MESSAGES if given.quick else MESSAGES
    with ExitStack() as stack:
        FAST.pop("shared_buffers")  # the tests save memory; here PostgreSQL has its own default
        postgres = stack.enter_context(postgresql())
        postgres.make_template()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"sqlite": "", "postgresql": stack.enter_context(postgres.database(TEMPLATE))}
        runner = stack.enter_context(asyncio.Runner())
        databases: dict[str, tuple[Database, str]] = {}
        for name, url in urls.items():
            database = open_database(migrated(folder / name, url))
            stack.callback(_run, runner, database.close)
            began = time.perf_counter()
            databases[name] = (database, runner.run(prepared(database, messages)))
            print(f"{name}: {messages} messages written in {time.perf_counter() - began:.0f} s", flush=True)
        repetitions = [
            one_repetition(runner, databases, number, backwards=number % 2 == 1)
            for number in range(1 if given.quick else 5)
        ]
    publish(
        "search",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={
            "messages": messages, "in_conversation": IN_CONVERSATION, "words": WORDS, "words_of_a_message": LENGTHS,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
