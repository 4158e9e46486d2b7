"""All that is a person's: given out on request, and removed with the account (GDPR, articles 15, 17 and 20).

Does: put the sections of all rooms into one JSON document, piece by piece; remove an account after each room has
removed what no foreign key removes.
Does not: know other rooms; the server hands over their `PersonalData`.

A room says what it keeps with one value: `PersonalData("conversations", export, erase)`.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit, groups, keys, passkeys, people, sessions
from causerie.accounts.ledger_tables import Usage
from causerie.accounts.tables import OutsideIdentity
from causerie.database.engine import Database
from causerie.database.tables import now

Export = Callable[[AsyncSession, str], AsyncIterator[dict[str, Any]]]
"""From a session to read in and a person's id to the things of one section, each as JSON takes it."""
Erase = Callable[[AsyncSession, str], Awaitable[None]]
"""Removes what no foreign key on `people` removes (files, rows without one), in the transaction of the removal."""


@dataclass(frozen=True)
class PersonalData:
    """What one room keeps of people."""

    section: str
    export: Export
    erase: Erase | None = None


async def export(database: Database, rooms: Sequence[PersonalData], person_id: str) -> AsyncIterator[bytes]:
    """The document, in pieces: `{"exported_at": ..., "account": [...], "keys": [...], ...}`."""
    async with database.moment() as session:
        yield f'{{"exported_at":"{now().isoformat()}"'.encode()
        for room in (*OWN, *rooms):
            yield f',\n"{room.section}":['.encode()
            begun = False
            async for item in room.export(session, person_id):
                yield (b",\n" if begun else b"\n") + json.dumps(item, ensure_ascii=False, default=str).encode()
                begun = True
            yield b"]"
        yield b"}\n"


async def erase(session: AsyncSession, rooms: Sequence[PersonalData], person_id: str, actor_id: str | None) -> None:
    """Remove an account with everything of theirs.

    Raises:
        NotFound: There is no such person.
        Conflict: It is the last owner, or the local owner of a causerie without accounts.
    """
    person = await people.by_id(session, person_id)
    for room in rooms:
        if room.erase is not None:
            await room.erase(session, person_id)
    await people.remove(session, person)
    await audit.record(session, actor_id, "person.delete", person_id)


async def _account(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    person = await people.by_id(session, person_id)
    mine = await groups.of_people(session, [person_id])
    tied = await session.scalars(select(OutsideIdentity).where(OutsideIdentity.person_id == person_id))
    yield {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "language": person.language,
        "preferences": person.preferences,
        "groups": [group.name for group in mine[person_id]],
        "outside_identities": [{"issuer": each.issuer, "subject": each.subject} for each in tied],
        "created_at": person.created_at.isoformat(),
        "seen_at": person.seen_at.isoformat() if person.seen_at else None,
    }


async def _sessions(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    for row in await sessions.of_person(session, person_id):
        yield _facts(row, "id", "method", "address", "agent", "created_at", "seen_at", "expires_at")


async def _passkeys(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    for row in await passkeys.of_person(session, person_id):
        yield _facts(row, "id", "name", "synced", "created_at", "used_at")


async def _keys(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    for row in await keys.of_person(session, person_id):
        yield _facts(row, "id", "name", "start", "scopes", "created_at", "expires_at", "used_at", "revoked_at")


async def _usage(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    query = select(Usage).where(Usage.person_id == person_id).order_by(Usage.at)
    async for row in await session.stream_scalars(query):
        yield _facts(row, "at", "model", "operation", "status", "tokens_in", "tokens_out", "cost_micros")


async def _audit(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    before: int | None = None
    while True:
        entries, before = await audit.page(session, before, person_id=person_id)
        for entry in entries:
            yield _facts(entry, "sequence", "at", "action", "target", "details")
        if before is None:
            return


def _facts(row: object, *names: str) -> dict[str, Any]:
    values = ((name, getattr(row, name)) for name in names)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values}


OWN = (
    PersonalData("account", _account),
    PersonalData("sessions", _sessions),
    PersonalData("passkeys", _passkeys),
    PersonalData("keys", _keys),
    PersonalData("usage", _usage),
    PersonalData("audit", _audit),
)
"""What this room keeps."""
