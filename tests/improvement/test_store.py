"""Rounds as people see them, and rounds that begin by themselves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import Conflict, InvalidRequest, NotFound
from causerie.improvement import store
from causerie.improvement.contract import Wishes
from causerie.improvement.schedule import BY_COUNT, BY_DAYS, keep_rounds
from causerie.improvement.steps import STEPS
from causerie.improvement.store import Improvement
from causerie.improvement.tables import ImprovementSettings
from causerie.jobs import store as jobs
from causerie.jobs.appointments import turn
from causerie.jobs.tables import Appointment, Job
from tests.improvement.talked import Talked


async def ask(database: Database, **given: Any) -> str:
    async with database.write() as session:
        return (await store.ask(session, given, None)).id


async def wish(database: Database, **given: Any) -> None:
    async with database.write() as session:
        await store.set_wishes(session, given)


async def over(database: Database, job_id: str, state: str = "done", **values: Any) -> None:
    async with database.write() as session:
        await session.execute(update(Job).where(Job.id == job_id).values(state=state, ended_at=now(), **values))


async def get(database: Database, job_id: str) -> Improvement:
    async with database.read() as session:
        return await store.get(session, job_id)


def states(found: Improvement) -> list[str]:
    return [step.state for step in found.steps]


async def test_a_round_wants_what_the_settings_say_unless_it_is_told_otherwise(database: Database) -> None:
    await wish(database, alias="chat-fr", least=30, changes={"schedule.epochs": "3"})
    await wish(database, held_out=0.3)
    found = await get(database, await ask(database, least=5, model="mine"))
    known = found.job.parameters
    assert (known["alias"], known["least"], known["held_out"], known["model"]) == ("chat-fr", 5, 0.3, "mine")
    assert known["changes"] == {"schedule.epochs": "3"}


async def test_one_round_at_a_time(database: Database) -> None:
    first = await ask(database)
    with pytest.raises(Conflict, match=first):
        await ask(database)
    await over(database, first)
    second = await ask(database)
    async with database.read() as session:
        assert [each.job.id for each in await store.listed(session)] == [second, first]
        assert [each.job.id for each in await store.listed(session, before=second)] == [first]


async def test_what_is_wrong_begins_nothing(database: Database) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"least": 0}, {"unknown": 1}, {"model": 7}, {"alias": "Chat me"}, {"changes": {"schedule.epoch": "3"}},
        {"changes": {"schedule.epochs": "many"}}, {"changes": {"batch.size": "3"}}, {"changes": {"": ""}},
    )  # fmt: skip
    for given in wrong:
        with pytest.raises(InvalidRequest):
            await ask(database, **given)
        if "model" not in given:
            with pytest.raises(InvalidRequest):
                await wish(database, **given)
    async with database.read() as session:
        assert await store.listed(session) == []
        assert await store.wishes(session) == Wishes()


async def test_settings_of_an_older_version_can_still_be_read_and_put_right(database: Database) -> None:
    async with database.write() as session:
        session.add(ImprovementSettings(id=1, wishes={"alias": "Chat me", "changes": {"gone": "1"}}))
    await wish(database, least=30)
    await wish(database, alias="chat", changes={})
    async with database.read() as session:
        assert await store.wishes(session) == Wishes(least=30)


async def test_the_timeline_shows_all_steps_as_they_come(database: Database) -> None:
    job_id = await ask(database)
    assert states(await get(database, job_id)) == ["waiting"] * len(STEPS)
    async with database.write() as session:
        await session.execute(update(Job).values(state="running"))
        await store.began(session, job_id, "collect")
    assert states(await get(database, job_id))[:2] == ["running", "waiting"]
    async with database.write() as session:
        await store.ended(session, job_id, "collect", {"count": 3, "until": "2026-11-25T10:00:00+00:00"})
        await store.began(session, job_id, "examine")
    found = await get(database, job_id)
    assert states(found)[:3] == ["done", "running", "waiting"]
    assert found.steps[0].facts["count"] == 3
    assert found.steps[0].ended_at is not None
    for state, shown in (("failed", "failed"), ("cancelled", "cancelled")):
        await over(database, job_id, state)
        assert states(await get(database, job_id)) == ["done", shown, *["skipped"] * 6]
    async with database.write() as session:
        await store.began(session, job_id, "collect")
        await store.ended(session, job_id, "gate", {"never": "begun"})
    assert (await get(database, job_id)).steps[0].facts == {}, "a step that is done again has nothing to show"


async def test_a_job_of_another_kind_is_no_round(database: Database) -> None:
    async with database.write() as session:
        job_id = (await jobs.ask(session, "backup", {}, None)).id
    for name in (job_id, "job_none"):
        with pytest.raises(NotFound):
            await get(database, name)


async def test_up_to_when_the_round_of_a_model_had_collected_is_known(database: Database) -> None:
    moment = "2026-11-25T10:00:00+00:00"
    job_id = await ask(database)
    async with database.write() as session:
        for name, facts in (("collect", {"until": moment}), ("register", {"model": "made"})):
            await store.began(session, job_id, name)
            await store.ended(session, job_id, name, facts)
    async with database.read() as session:
        until = await store.collected_until(session, "made")
        assert until is not None
        assert until.isoformat() == moment
        assert await store.collected_until(session, "another") is None


async def due(database: Database, name: str) -> None:
    """As if its time had come."""
    async with database.write() as session:
        await session.execute(
            update(Appointment).where(Appointment.kind == name).values(next_at=now() - timedelta(seconds=1))
        )


async def say(talked: Talked, person: str, number: int) -> None:
    for _ in range(number):
        (answer,) = await talked.asked(person, "q", "a")
        await talked.thinks(person, answer, 1)


async def test_nothing_begins_by_itself_unless_it_is_wanted(talked: Talked) -> None:
    await say(talked, await talked.join("ada"), 3)
    assert not await keep_rounds(talked.database)
    async with talked.database.read() as session:
        assert await store.listed(session) == []


async def test_a_round_begins_at_so_many_statements_and_the_next_at_as_many_more(talked: Talked) -> None:
    ada = await talked.join("ada")
    await wish(talked.database, at_count=3)
    await say(talked, ada, 2)
    assert not await keep_rounds(talked.database), "the first look is only an appointment"
    await due(talked.database, BY_COUNT)
    assert not await keep_rounds(talked.database), "two are too few"
    await say(talked, ada, 1)
    assert not await keep_rounds(talked.database), "it is not looked again so soon"
    await due(talked.database, BY_COUNT)
    assert await keep_rounds(talked.database)
    async with talked.database.read() as session:
        (found,) = await store.listed(session)
    assert (found.job.state, found.job.person_id) == ("queued", None)
    await say(talked, ada, 3)
    await due(talked.database, BY_COUNT)
    assert not await keep_rounds(talked.database), "one is at work"
    await over(talked.database, found.job.id)
    await due(talked.database, BY_COUNT)
    assert await keep_rounds(talked.database)


async def test_a_round_begins_after_so_many_days_where_something_was_said(talked: Talked) -> None:
    ada = await talked.join("ada")
    await wish(talked.database, every_days=7)
    assert not await keep_rounds(talked.database)
    await due(talked.database, BY_DAYS)
    assert not await keep_rounds(talked.database), "nobody said anything"
    await say(talked, ada, 1)
    await due(talked.database, BY_DAYS)
    assert await keep_rounds(talked.database)


async def test_of_two_servers_one_has_the_turn(database: Database) -> None:
    every = timedelta(hours=1)
    assert not await turn(database, "something", every)
    await due(database, "something")
    assert [await turn(database, "something", every) for _ in range(2)] == [True, False]
    assert not await turn(database, "something", timedelta(minutes=1)), "made shorter, it is moved nearer"
    await due(database, "something")
    assert await turn(database, "something", timedelta(minutes=1))
