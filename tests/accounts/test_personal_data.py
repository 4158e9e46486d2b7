"""All that is a person's can be taken out, and goes with the account."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit, groups, keys, limits, people, personal_data, second_factor, sessions
from causerie.accounts.keys import NewKey
from causerie.accounts.people import NewPerson
from causerie.accounts.personal_data import PersonalData
from causerie.accounts.sessions import Client
from causerie.accounts.tables import OutsideIdentity, Person
from causerie.database.engine import Database
from causerie.database.tables import Base
from causerie.errors import Conflict

HERE = Client(address="192.0.2.1", agent="a browser")


async def person_with_everything(database: Database) -> Person:
    await people.prepare(database)
    async with database.write() as session:
        await people.create(session, NewPerson(login="olga", name="Olga"))
        bob = await people.create(session, NewPerson(login="bob", name="Bob", email="bob@example.org"))
        bob.preferences = {"theme": "dark"}
        await sessions.open_session(session, bob, "password", HERE)
        key, _ = await keys.make(session, bob.id, NewKey(name="laptop", scopes=("models",), expires_days=1))
        team = await groups.create(session, "team")
        await groups.put_in(session, team.id, bob.id)
        await groups.permit(session, "gpt", everyone=False, group_ids=[], person_ids=[bob.id])
        await second_factor.set_up(session, bob)
        await second_factor.new_recovery_codes(session, bob.id)
        await limits.add_quota(session, "person", bob.id, "tokens", "day", 5)
        await limits.add_quota(session, "key", key.id, "tokens", "day", 5)
        session.add(OutsideIdentity(issuer="https://id.example", subject="bob-1", person_id=bob.id))
        await audit.record(session, bob.id, "sign_in", bob.id)
    return bob


async def exported(database: Database, person: Person, *rooms: PersonalData) -> dict[str, Any]:
    pieces = [piece async for piece in personal_data.export(database, rooms, person.id)]
    document = json.loads(b"".join(pieces))
    assert isinstance(document, dict)
    return document


async def poems(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    assert await session.get(Person, person_id) is not None
    for number in range(2):
        yield {"poem": number}


async def test_the_document_has_a_section_of_each_room_and_no_secret(database: Database) -> None:
    bob = await person_with_everything(database)
    document = await exported(database, bob, PersonalData("poems", poems))
    assert list(document) == ["exported_at", "account", "sessions", "passkeys", "keys", "usage", "audit", "poems"]
    (account,) = document["account"]
    assert (account["login"], account["email"], account["groups"]) == ("bob", "bob@example.org", ["team"])
    assert account["outside_identities"] == [{"issuer": "https://id.example", "subject": "bob-1"}]
    assert document["keys"][0]["name"] == "laptop"
    assert document["sessions"][0]["address"] == HERE.address
    assert document["audit"][0]["action"] == "sign_in"
    assert document["poems"] == [{"poem": 0}, {"poem": 1}]
    assert "hash" not in json.dumps(document)


async def test_nothing_of_theirs_is_left_and_nothing_of_others_goes(database: Database) -> None:
    bob = await person_with_everything(database)
    erased = []

    async def erase(session: AsyncSession, person_id: str) -> None:
        assert await session.get(Person, person_id) is not None
        erased.append(person_id)

    async with database.write() as session:
        await personal_data.erase(session, [PersonalData("poems", poems, erase)], bob.id, bob.id)
    assert erased == [bob.id]
    left = await mentions(database, bob.id)
    assert left == {"audit_log"}, "the log knows the id and nothing else of the person"
    async with database.read() as session:
        assert [person.login for person in (await people.listed(session))[0]] == ["olga"]
        assert [group.name for group, _ in await groups.listed(session)] == ["team"]
        assert await limits.quotas(session) == []
        entries, _ = await audit.page(session)
    assert entries[0].action == "person.delete"


async def mentions(database: Database, person_id: str) -> set[str]:
    """The tables in which the id still stands."""
    found = set()
    async with database.read() as session:
        connection = await session.connection()
        there = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        for table in Base.metadata.sorted_tables:
            if table.name in there:
                rows = (await session.execute(select(table))).all()
                found |= {table.name for row in rows if any(person_id == value for value in row)}
    return found


async def test_the_last_owner_and_the_local_owner_stay(database: Database) -> None:
    await people.prepare(database)
    async with database.write() as session:
        (local,) = list(await session.scalars(select(Person)))
        with pytest.raises(Conflict, match="no account"):
            await personal_data.erase(session, [], local.id, local.id)
        olga = await people.create(session, NewPerson(login="olga", name="Olga"))
        with pytest.raises(Conflict, match="last owner"):
            await personal_data.erase(session, [], olga.id, olga.id)
