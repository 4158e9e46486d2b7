"""The audit log: what was done to people, keys, limits and permissions, by whom; append-only, each entry chained.

Does: append within the transaction of what it tells of, page through, verify the chain.
Does not: hold names, addresses or texts: an entry stays when the account goes, so it knows people by their ids only.
Failed sign-ins alone say from which address they came (`failures.py`).
Try it: causerie audit verify

The hash of an entry covers the one before it. Who changes, removes or inserts an entry must make all later ones anew;
who cuts the end off is seen by comparing with a head that was written down elsewhere.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.ledger_tables import AuditEntry
from causerie.accounts.tokens import hash_of
from causerie.database.tables import now

GENESIS = "0" * 64
"""What the first entry is chained to."""
PAGE = 100
_BATCH = 5000
_LOCK = 0x61756469
"""Number of PostgreSQL's advisory lock: `audi` in ASCII."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What came out of reading the whole log."""

    entries: int
    head: str
    """Hash of the last entry that fits: write it down to see later whether the end was cut off."""
    broken_at: int | None
    """Sequence number of the first entry that does not fit (None = all do)."""


async def record(
    session: AsyncSession, actor_id: str | None, action: str, target: str = "", **details: str | int | bool | None
) -> AuditEntry:
    """Append an entry.

    Args:
        session: That of the change itself: both are kept, or neither.
        actor_id: Who did it (None = the command line, or nobody known).
        action: Such as `person.role`.
        target: Id of what it was done to.
        **details: What else there is to know; never a name, an address, a text or a secret.
    """
    if session.get_bind().dialect.name == "postgresql":  # on SQLite whoever writes is alone already
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    query = select(AuditEntry.sequence, AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
    last = (await session.execute(query)).first()
    entry = AuditEntry(
        sequence=last[0] + 1 if last else 1, at=now(), actor_id=actor_id, action=action, target=target,
        details=details, previous=last[1] if last else GENESIS,
    )  # fmt: skip
    entry.hash = entry_hash(entry)
    session.add(entry)
    await session.flush()
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """The hash of what the entry says and of the hash before it."""
    facts: list[Any] = [
        entry.sequence, entry.at.isoformat(), entry.actor_id, entry.action, entry.target, entry.details,
        entry.previous,
    ]  # fmt: skip
    return hash_of(json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


async def verify(session: AsyncSession) -> Verified:
    """Read the whole log and check the chain."""
    entries, head, expected = 0, GENESIS, 1
    while True:
        query = select(AuditEntry).where(AuditEntry.sequence >= expected).order_by(AuditEntry.sequence).limit(_BATCH)
        batch = list(await session.scalars(query))
        for entry in batch:
            if entry.sequence != expected or entry.previous != head or entry.hash != entry_hash(entry):
                return Verified(entries=entries, head=head, broken_at=expected)
            entries, head, expected = entries + 1, entry.hash, expected + 1
        session.expunge_all()
        if len(batch) < _BATCH:
            return Verified(entries=entries, head=head, broken_at=None)


async def goes_through(session: AsyncSession, head: str) -> bool:
    """Whether a head that was written down before is still in the log: if not, its end was cut off."""
    return head == GENESIS or await session.scalar(select(AuditEntry.hash).where(AuditEntry.hash == head)) is not None


async def page(
    session: AsyncSession, before: int | None = None, action: str = "", person_id: str = ""
) -> tuple[list[AuditEntry], int | None]:
    """Entries, the newest first, and the sequence number that the next page takes as `before`.

    Args:
        session: To read in.
        before: Only entries with smaller numbers.
        action: Only this action, or those that begin with it and a full stop (empty = all).
        person_id: Only what this person did, or what was done to them (empty = all).
    """
    query = select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(AuditEntry.sequence < before)
    if action:
        begins = AuditEntry.action.startswith(f"{action}.", autoescape=True)
        query = query.where((AuditEntry.action == action) | begins)
    if person_id:
        query = query.where((AuditEntry.actor_id == person_id) | (AuditEntry.target == person_id))
    found = list(await session.scalars(query))
    return found[:PAGE], found[PAGE - 1].sequence if len(found) > PAGE else None
