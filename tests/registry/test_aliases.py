"""Aliases: answered from memory, seen when others change them, and split between two models person by person."""

import asyncio
import time

import pytest

from causerie.accounts import applications, people
from causerie.accounts.identity import Role
from causerie.accounts.people import NewPerson
from causerie.database.engine import Database, open_database
from causerie.database.tables import now
from causerie.registry import aliases as aliases_file
from causerie.registry import releases
from causerie.registry.aliases import Aliases, Route, reached
from causerie.registry.releases import Stage, Wanted
from causerie.settings import Settings
from tests.registry.test_releases import judged, release

PEOPLE = [f"person_{number}" for number in range(20_000)]


def reached_by(share: float, candidate: str = "new", version: str = "1" * 64) -> set[str]:
    """Whom a candidate answers."""
    route = Route(
        model="old",
        version="",
        candidate=candidate,
        candidate_version=version,
        stage="share",
        share=share,
        since=now(),
    )
    return {each for each in PEOPLE if route.reaches(each)}


@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 0.5, 0.9, 0.99])
def test_a_share_reaches_so_many_people(share: float) -> None:
    # Of people who fall by chance, fewer than 1 in 10,000 such counts are further than 4 standard deviations away.
    spread = (share * (1 - share) / len(PEOPLE)) ** 0.5
    assert abs(len(reached_by(share)) / len(PEOPLE) - share) < 4 * spread


def test_the_same_people_are_reached_each_time_and_a_larger_share_takes_nobody_back() -> None:
    # Written down: after an upgrade in the middle of a stage, nobody may change sides.
    assert reached_by(0.0005) == {
        "person_12621", "person_14481", "person_14627", "person_16253", "person_2714", "person_7971", "person_9302",
    }  # fmt: skip
    before: set[str] = set()
    for share in (0.001, 0.01, 0.1, 0.11, 0.5, 0.9):
        reached = reached_by(share)
        assert before < reached
        before = reached


def test_the_next_candidate_is_tried_on_other_people() -> None:
    first = reached_by(0.1)
    for other in (reached_by(0.1, version="2" * 64), reached_by(0.1, candidate="newer", version="")):
        # As many as would be by chance, 200 of 2,000, and not all of them.
        assert 100 < len(first & other) < 300


@pytest.mark.parametrize("stage", ["shadow", "all"])
def test_outside_the_stage_a_share_reaches_nobody(stage: Stage) -> None:
    route = Route(model="old", version="", candidate="new", candidate_version="", stage=stage, share=0.9, since=now())
    assert not any(map(route.reaches, PEOPLE[:100]))


async def test_it_is_told_how_many_people_a_share_reaches(database: Database) -> None:
    async def told() -> tuple[int, int]:
        async with database.read() as session:
            row = await releases.current(session, "chat")
            assert row is not None
            (found,) = await reached(session, [row])
            return found

    await people.prepare(database)
    await release(database, "one")
    await release(database, "two", stage="share", share=0.5)
    assert await told() == (0, 0)  # nobody has an account
    async with database.write() as session:
        made = [await people.create(session, NewPerson(login=f"p{n}", name="P", role=Role.MEMBER)) for n in range(6)]
        made.append(await applications.create(session, "a program"))
        ids = {each.id for each in made}
    async with Aliases(database) as aliases:
        some = sum(aliases.resolve("chat", each) == "two" for each in ids)
    assert await told() == (some, len(ids))
    await release(database, "two", stage="share", share=1e-12)
    assert await told() == (0, len(ids))


async def test_aliases_answer_from_memory_and_see_what_others_change(database: Database, settings: Settings) -> None:
    other = open_database(settings)  # as another process has it
    async with Aliases(database) as aliases:
        assert aliases.resolve("chat", "ada") is None
        await release(other, "one")
        await release(other, "french", alias="chat-fr")
        assert aliases_file.LOOK_S <= 0.5, "twice a second; how long a look takes is the machine's"
        until = time.monotonic() + 60
        while aliases.resolve("chat", "ada") is None:
            assert time.monotonic() < until
            await asyncio.sleep(0.02)
        assert aliases.resolve("chat-fr", "ada") == "french"
        async with aliases.changing() as session:
            wanted = Wanted(model="two", stage="share", share=0.2)
            await releases.release(session, wanted, judged("two"), None)
        assert {aliases.resolve("chat", each) for each in PEOPLE[:100]} == {"one", "two"}
        async with Aliases(other) as there:  # another process, another start: the same people
            for each in PEOPLE[:100]:
                assert there.resolve("chat", each) == aliases.resolve("chat", each)
        assert aliases.shadow_of("one") is None
        async with aliases.changing() as session:
            await releases.release(session, Wanted(model="three", stage="shadow"), judged("three"), None)
        assert {aliases.resolve("chat", each) for each in PEOPLE[:100]} == {"one"}
        assert aliases.shadow_of("one") == "three"
    await other.close()
