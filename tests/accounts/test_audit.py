"""The audit log: append-only in the database itself, and a chain that shows what got past that."""

import asyncio

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from causerie.accounts import audit
from causerie.accounts.audit import GENESIS, Verified
from causerie.accounts.ledger_tables import AuditEntry
from causerie.database.engine import Database

OFF = {
    "sqlite": ("DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"),
    "postgresql": ("DROP TRIGGER audit_log_no_change ON audit_log",),
}


async def write(database: Database, number: int) -> list[AuditEntry]:
    entries = []
    for each in range(number):
        async with database.write() as session:
            entries.append(await audit.record(session, "person_1", "person.role", "person_2", role="member", n=each))
    return entries


async def verified(database: Database) -> Verified:
    async with database.read() as session:
        return await audit.verify(session)


async def without_guards(database: Database) -> None:
    """As somebody who owns the database could."""
    async with database.write() as session:
        for statement in OFF[database.dialect]:
            await session.execute(text(statement))


async def test_an_empty_log_is_whole_and_so_is_one_that_was_only_appended_to(database: Database) -> None:
    assert await verified(database) == Verified(entries=0, head=GENESIS, broken_at=None)
    entries = await write(database, 3)
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert await verified(database) == Verified(entries=3, head=entries[-1].hash, broken_at=None)


@pytest.mark.parametrize("change", [update(AuditEntry).values(action="nothing"), delete(AuditEntry)])
async def test_the_database_itself_refuses_to_change_or_remove_an_entry(database: Database, change: object) -> None:
    await write(database, 2)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.write() as session:
            await session.execute(change)  # type: ignore[call-overload]
    assert (await verified(database)).entries == 2


@pytest.mark.parametrize(
    "values",
    [
        {"action": "sign_in"},
        {"actor_id": None},
        {"target": "person_9"},
        {"details": {"role": "owner"}},
        {"hash": "0" * 64},
    ],
)
async def test_an_entry_that_was_changed_behind_the_guards_is_found(
    database: Database, values: dict[str, object]
) -> None:
    await write(database, 4)
    await without_guards(database)
    async with database.write() as session:
        await session.execute(update(AuditEntry).where(AuditEntry.sequence == 3).values(values))
    assert (await verified(database)).broken_at == 3


async def test_an_entry_that_was_removed_or_slipped_in_is_found(database: Database) -> None:
    entries = await write(database, 4)
    await without_guards(database)
    async with database.write() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.sequence == 2))
    assert (await verified(database)).broken_at == 2
    async with database.write() as session:
        false = {
            "sequence": 2, "at": entries[1].at, "actor_id": "person_9", "action": "x", "target": "", "details": {},
            "previous": entries[0].hash, "hash": entries[1].hash,
        }  # fmt: skip
        await session.execute(insert(AuditEntry).values(false))
    assert (await verified(database)).broken_at == 2


async def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_written_down(database: Database) -> None:
    entries = await write(database, 3)
    await without_guards(database)
    async with database.write() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.sequence == 3))
    assert (await verified(database)).broken_at is None
    async with database.read() as session:
        assert await audit.goes_through(session, entries[1].hash)
        assert not await audit.goes_through(session, entries[2].hash)


async def test_writers_at_the_same_moment_make_one_chain(database: Database) -> None:
    await asyncio.gather(*(write(database, 3) for _ in range(8)))
    found = await verified(database)
    assert (found.entries, found.broken_at) == (24, None)


async def test_what_is_not_done_is_not_written(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await audit.record(session, None, "person.delete")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert (await verified(database)).entries == 0


async def test_it_is_read_page_by_page_and_by_what_or_whom(database: Database) -> None:
    await write(database, audit.PAGE + 1)
    async with database.write() as session:
        await audit.record(session, "person_2", "key.make", "key_1")
        await audit.record(session, None, "key", "person_3")
    async with database.read() as session:
        newest, before = await audit.page(session)
        assert newest[0].action == "key"
        rest, end = await audit.page(session, before)
        assert len(newest) + len(rest) == audit.PAGE + 3
        assert end is None
        assert [entry.action for entry in (await audit.page(session, action="key"))[0]] == ["key", "key.make"]
        assert len((await audit.page(session, person_id="person_3"))[0]) == 1
        by_or_to, _ = await audit.page(session, person_id="person_2")
        assert len(by_or_to) == audit.PAGE
