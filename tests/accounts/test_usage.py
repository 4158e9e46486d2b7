"""Usage is written after the answer, many at once, and summed for charts."""

import asyncio

import pytest
from sqlalchemy import func, select

from causerie.accounts import limits, people, usage
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import LOCAL_OWNER, Caller, Role
from causerie.accounts.ledger_tables import Usage
from causerie.accounts.people import NewPerson
from causerie.accounts.usage import Answered, UsageWriter


def answered(caller: Caller = LOCAL_OWNER, model: str = "gpt", first_token_s: float = 0.25) -> Answered:
    return Answered(
        caller=caller, model=model, operation="chat", status=200, tokens_in=100, tokens_out=50,
        first_token_s=first_token_s, total_s=1.5,
    )  # fmt: skip


async def rows(doors: Doorkeeper) -> int:
    async with doors.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Usage)) or 0


async def test_nothing_is_written_while_answers_come_and_all_of_it_when_the_server_stops(
    doors: Doorkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "EVERY_S", 3600)  # a second may pass in here
    async with UsageWriter(doors.database, lambda: doors.rules) as writer:
        for _ in range(usage.AT_ONCE + 3):
            writer.note(answered())
        assert await rows(doors) == 0
    assert await rows(doors) == usage.AT_ONCE + 3


async def test_it_is_written_within_moments_without_being_asked_to(doors: Doorkeeper) -> None:
    async with UsageWriter(doors.database, lambda: doors.rules) as writer:
        writer.note(answered())
        for _ in range(600):
            if await rows(doors):
                break
            await asyncio.sleep(0.05)
        assert await rows(doors) == 1


async def test_what_an_account_used_stays_in_the_sums_when_it_is_gone_also_when_it_goes_in_between(
    doors: Doorkeeper,
) -> None:
    async with doors.changing() as session:
        await people.create(session, NewPerson(login="ada", name="Ada"))
        bob = await people.create(session, NewPerson(login="bob", name="Bob"))
    caller = Caller(bob.id, "Bob", Role.MEMBER)
    async with UsageWriter(doors.database, lambda: doors.rules) as writer:
        writer.note(answered(caller))
        await writer.flush()
        writer.note(answered(caller))
        async with doors.changing() as session:
            await people.remove(session, await people.by_id(session, bob.id))
    async with doors.database.read() as session:
        found = await usage.report(session, 1)
    assert found.total.requests == 2
    assert [each.of for each in found.people] == [""]


async def test_sums_are_by_day_model_and_person_and_say_when_a_price_is_not_known(doors: Doorkeeper) -> None:
    async with doors.changing() as session:
        await limits.set_price(session, "gpt", 1_000_000, 2_000_000)
        await people.create(session, NewPerson(login="ada", name="Ada"))
        bob = await people.create(session, NewPerson(login="bob", name="Bob"))
    caller = Caller(bob.id, "Bob", Role.MEMBER)
    async with UsageWriter(doors.database, lambda: doors.rules) as writer:
        writer.note(answered(first_token_s=0.1))
        writer.note(answered(first_token_s=0.3))
        writer.note(answered(caller, "other", 0))
    async with doors.database.read() as session:
        everybody = await usage.report(session, 30)
        bobs = await usage.report(session, 30, bob.id)
    assert (everybody.total.requests, everybody.total.tokens_in, everybody.total.tokens_out) == (3, 300, 150)
    assert everybody.total.cost_micros is None
    assert everybody.total.first_token_ms == 200
    gpt, other = everybody.models
    assert (gpt.of, gpt.requests, gpt.cost_micros) == ("gpt", 2, 400)
    assert (other.of, other.cost_micros, other.first_token_ms) == ("other", None, None)
    assert len(everybody.days) == 1
    assert {each.of: each.requests for each in everybody.people} == {LOCAL_OWNER.person_id: 2, bob.id: 1}
    assert (bobs.total.requests, bobs.people) == (1, [])


async def test_where_nothing_was_used_the_sums_are_zero(doors: Doorkeeper) -> None:
    async with doors.database.read() as session:
        found = await usage.report(session, 7)
    assert (found.total.requests, found.total.tokens_in, found.total.cost_micros) == (0, 0, 0)
    assert found.days == found.models == found.people == []
