"""Quotas hold, also against answers at the same moment; what is not known is refused, not counted as nothing."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from causerie.accounts import groups, keys, limits, people, quotas
from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import Caller, Role
from causerie.accounts.keys import NewKey
from causerie.accounts.ledger_tables import QuotaCounter, QuotaReservation
from causerie.accounts.people import NewPerson
from causerie.accounts.quotas import Reservation, Used
from causerie.accounts.rules import Period, Unit
from causerie.accounts.tables import Person
from causerie.errors import Conflict, NotFound, PriceUnknown, QuotaExceeded

MODEL = "gpt"


@pytest.fixture
def ada(ada: Person) -> Caller:
    """As she asks models."""
    return Caller(ada.id, ada.name, Role.MEMBER)


async def limit(
    doors: Doorkeeper, subject: str, amount: int, unit: Unit = "tokens", period: Period = "day", kind: str = "person"
) -> str:
    async with doors.changing() as session:
        return (await limits.add_quota(session, kind, subject, unit, period, amount)).id


async def reserve(doors: Doorkeeper, caller: Caller, tokens_in: int = 10, tokens_out: int = 90) -> Reservation | None:
    most = Used(tokens_in=tokens_in, tokens_out=tokens_out)
    return await quotas.reserve(doors.database, doors.rules, caller, MODEL, most)


async def settle(doors: Doorkeeper, reservation: Reservation | None, used: Used) -> None:
    await quotas.settle(doors.database, doors.rules, reservation, used)


async def counted(doors: Doorkeeper) -> list[tuple[int, int]]:
    """Used and reserved of each counter."""
    async with doors.database.read() as session:
        return [(row.used, row.reserved) for row in await session.scalars(select(QuotaCounter))]


async def test_who_has_no_quota_costs_no_write(doors: Doorkeeper, ada: Caller) -> None:
    assert await reserve(doors, ada, 10**9, 10**9) is None
    await settle(doors, None, Used(tokens_in=1))
    assert await counted(doors) == []


async def test_what_is_reserved_is_given_back_but_for_what_was_used(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 150)
    first = await reserve(doors, ada)
    assert first is not None
    assert [(left.unit, left.limit, left.left) for left in first.left] == [("tokens", 150, 50)]
    assert await counted(doors) == [(0, 100)]
    with pytest.raises(QuotaExceeded) as caught:
        await reserve(doors, ada)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 86400
    await settle(doors, first, Used(tokens_in=8, tokens_out=12))
    assert await counted(doors) == [(20, 0)]
    assert await reserve(doors, ada) is not None


async def test_an_answer_that_failed_before_it_began_counts_nothing(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 1, "requests")
    await settle(doors, await reserve(doors, ada), Used(requests=0))
    await settle(doors, await reserve(doors, ada), Used(tokens_in=1))
    with pytest.raises(QuotaExceeded, match="1 requests a day"):
        await reserve(doors, ada)


async def test_a_hundred_answers_at_once_cannot_overspend(doors: Doorkeeper, ada: Caller) -> None:
    quota = await limit(doors, ada.person_id, 1000)

    async def one() -> bool:
        try:
            reservation = await reserve(doors, ada)
        except QuotaExceeded:
            return False
        await asyncio.sleep(0)
        async with doors.database.read() as session:
            spent = await session.scalar(select(func.max(QuotaCounter.used + QuotaCounter.reserved)))
        assert spent is not None
        assert spent <= 1000
        await settle(doors, reservation, Used(tokens_in=10, tokens_out=90))
        return True

    done = await asyncio.gather(*(one() for _ in range(100)))
    assert done.count(True) == 10
    assert await counted(doors) == [(1000, 0)]
    async with doors.database.read() as session:
        states = await quotas.states(session, [await limits.quota_by_id(session, quota)])
    assert (states[0].used, states[0].reserved) == (1000, 0)


async def test_several_quotas_hold_together_or_not_at_all(doors: Doorkeeper, ada: Caller) -> None:
    async with doors.changing() as session:
        team = await groups.create(session, "team")
        await groups.put_in(session, team.id, ada.person_id)
        key, _ = await keys.make(session, ada.person_id, NewKey(name="k", scopes=("models",), expires_days=None))
    by_key = Caller(ada.person_id, ada.name, ada.role, frozenset({"models"}), key_id=key.id)
    await limit(doors, ada.person_id, 1000, period="month")
    await limit(doors, team.id, 500, kind="group")
    await limit(doors, key.id, 150, kind="key")
    first = await reserve(doors, by_key)
    assert first is not None
    assert sorted(left.left for left in first.left) == [50, 400, 900]
    with pytest.raises(QuotaExceeded):
        await reserve(doors, by_key)
    assert sorted(await counted(doors)) == [(0, 100)] * 3, "what one quota refuses, none has reserved"
    assert len((await reserve(doors, ada) or first).left) == 2, "without the key its quota does not count"


async def test_members_of_a_group_share_its_quota(doors: Doorkeeper, ada: Caller) -> None:
    async with doors.changing() as session:
        bob = await people.create(session, NewPerson(login="bob", name="Bob"))
        team = await groups.create(session, "team")
        for person in (ada.person_id, bob.id):
            await groups.put_in(session, team.id, person)
    await limit(doors, team.id, 150, kind="group")
    await reserve(doors, ada)
    with pytest.raises(QuotaExceeded):
        await reserve(doors, Caller(bob.id, "Bob", Role.MEMBER))


async def test_money_is_counted_at_the_price_and_an_unknown_price_refuses(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 1_000_000, "money")  # 1.00
    with pytest.raises(PriceUnknown, match="'gpt' has no price"):
        await reserve(doors, ada)
    async with doors.changing() as session:
        await limits.set_price(session, MODEL, 2_000_000, 10_000_000)  # 2.00 and 10.00 a million
    reservation = await reserve(doors, ada, 100_000, 50_000)
    assert await counted(doors) == [(0, 700_000)]
    with pytest.raises(
        QuotaExceeded, match=r"of 1\.0000 CHF a day .* 0\.3000 are left, it may take 0\.7000"
    ) as caught:
        await reserve(doors, ada, 100_000, 50_000)
    assert (caught.value.values["unit"], caught.value.values["left"]) == ("money", "0.3000"), "for the headers"
    await settle(doors, reservation, Used(tokens_in=100_000, tokens_out=1))
    assert await counted(doors) == [(200_010, 0)]
    async with doors.changing() as session:
        await limits.set_price(session, MODEL, 0, 0)
    assert await reserve(doors, ada, 10**9, 10**9) is not None, "free of charge is a price"


async def test_a_price_that_is_taken_away_in_between_counts_what_was_reserved(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 1_000_000, "money")
    async with doors.changing() as session:
        await limits.set_price(session, MODEL, 1_000_000, 1_000_000)
    reservation = await reserve(doors, ada)
    async with doors.changing() as session:
        await limits.remove_price(session, MODEL)
    await settle(doors, reservation, Used(tokens_in=1, tokens_out=1))
    assert await counted(doors) == [(100, 0)]


async def test_what_a_dead_answer_had_reserved_is_given_back(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 150)
    dead = await reserve(doors, ada)
    await quotas.give_back_the_dead(doors.database)
    assert await counted(doors) == [(0, 100)], "it may still be alive"
    async with doors.database.write() as session:
        await session.execute(update(QuotaReservation).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    await quotas.give_back_the_dead(doors.database)
    assert await counted(doors) == [(0, 0)]
    await settle(doors, dead, Used(tokens_in=5, tokens_out=5))
    assert await counted(doors) == [(10, 0)], "if it was alive after all, what it used counts"


async def test_a_quota_that_is_lowered_or_removed_is_so_at_once(doors: Doorkeeper, ada: Caller) -> None:
    quota_id = await limit(doors, ada.person_id, 1000)
    reservation = await reserve(doors, ada)
    async with doors.changing() as session:
        (await limits.quota_by_id(session, quota_id)).limit = 50
    with pytest.raises(QuotaExceeded):
        await reserve(doors, ada)
    stale = doors.rules
    async with doors.changing() as session:
        await limits.remove_quota(session, await limits.quota_by_id(session, quota_id))
    await settle(doors, reservation, Used(tokens_in=1))
    assert await reserve(doors, ada) is None
    left = await quotas.reserve(doors.database, stale, ada, MODEL, Used(tokens_in=1, tokens_out=1))
    assert left is not None, "who has not heard of it yet is not refused either"
    assert left.parts == ()


def test_periods_are_days_and_months_of_utc() -> None:
    late = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
    assert quotas.period_start("day", late) == date(2026, 1, 31)
    assert quotas.period_start("month", late) == date(2026, 1, 1)
    assert quotas.period_end("day", date(2026, 1, 31)) == datetime(2026, 2, 1, tzinfo=UTC)
    assert quotas.period_end("month", date(2026, 12, 1)) == datetime(2027, 1, 1, tzinfo=UTC)


async def test_a_new_period_begins_anew(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 100)
    await settle(doors, await reserve(doors, ada), Used(tokens_in=100))
    async with doors.database.write() as session:
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        await session.execute(update(QuotaCounter).values(period_start=yesterday))
    assert await reserve(doors, ada) is not None


async def test_a_subject_has_one_quota_of_each_unit_and_period(doors: Doorkeeper, ada: Caller) -> None:
    await limit(doors, ada.person_id, 1)
    await limit(doors, ada.person_id, 1, "tokens", "month")
    with pytest.raises(Conflict):
        await limit(doors, ada.person_id, 2)
    with pytest.raises(NotFound, match="no group"):
        await limit(doors, ada.person_id, 2, kind="group")
