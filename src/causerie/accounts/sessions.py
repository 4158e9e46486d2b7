"""Signed-in browsers.

Does: open, find, list and end sessions; a session that waits for the second factor is nobody's until it has come.
Does not: decide who may have one; `sign_in.py` does.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.people import changed
from causerie.accounts.tables import Person, SessionRow
from causerie.accounts.tokens import hash_of, new_token
from causerie.database.tables import new_id, now
from causerie.errors import NotFound

LASTS = timedelta(days=30)
"""From the sign-in; whoever is away for `IDLE` must sign in before."""
IDLE = timedelta(days=14)
PENDING_LASTS = timedelta(minutes=5)
FRESH = timedelta(minutes=10)
"""How long after a sign-in a person need not show again who they are."""
MAX_WRONG_CODES = 5
Method = Literal["password", "passkey", "oidc", "link"]


@dataclass(frozen=True, kw_only=True)
class Client:
    """Where a request comes from."""

    address: str
    """IP address (empty = not known)."""
    agent: str
    """What the browser says it is."""


@dataclass(frozen=True, kw_only=True)
class OpenedSession:
    """A session and its token, which is nowhere else."""

    row: SessionRow
    token: str


async def open_session(
    session: AsyncSession, person: Person, method: Method, client: Client, *, pending: bool = False
) -> OpenedSession:
    """A new session; those that are over are swept out on the way."""
    moment, token = now(), new_token()
    await session.execute(delete(SessionRow).where(SessionRow.expires_at < moment))
    row = SessionRow(
        id=new_id("session"), person_id=person.id, token_hash=hash_of(token), method=method, pending=pending,
        wrong_codes=0, address=client.address[:64], agent=client.agent[:256], created_at=moment, seen_at=moment,
        expires_at=moment + (PENDING_LASTS if pending else LASTS),
    )  # fmt: skip
    session.add(row)
    if not pending:
        person.seen_at = moment
    await session.flush()
    return OpenedSession(row=row, token=token)


async def find(session: AsyncSession, token: str | bytes) -> tuple[SessionRow, Person] | None:
    """The session of this token and its person, unless it is over or the person is kept out."""
    moment = now()
    query = select(SessionRow, Person).join(Person, Person.id == SessionRow.person_id)
    query = query.where(SessionRow.token_hash == hash_of(token), SessionRow.expires_at > moment)
    found = (await session.execute(query.where(Person.disabled_at.is_(None)))).first()
    if found is None or found[0].seen_at < moment - IDLE:
        return None
    return found[0], found[1]


async def is_good(session: AsyncSession, session_id: str) -> bool:
    """Whether this session, which was found once, has not ended since, and its person is not kept out."""
    query = select(SessionRow.id).join(Person, Person.id == SessionRow.person_id)
    query = query.where(SessionRow.id == session_id, SessionRow.expires_at > now(), Person.disabled_at.is_(None))
    return await session.scalar(query) is not None


async def of_person(session: AsyncSession, person_id: str) -> list[SessionRow]:
    """Every session of a person, the last used first."""
    query = select(SessionRow).where(SessionRow.person_id == person_id, SessionRow.pending.is_(False))
    query = query.where(SessionRow.expires_at > now(), SessionRow.seen_at > now() - IDLE)
    return list(await session.scalars(query.order_by(SessionRow.seen_at.desc())))


async def end(session: AsyncSession, person_id: str, session_id: str) -> None:
    """End one session of a person.

    Raises:
        NotFound: They have none of this id.
    """
    mine = SessionRow.id == session_id, SessionRow.person_id == person_id
    ended = await session.scalar(delete(SessionRow).where(*mine).returning(SessionRow.id))
    if ended is None:
        raise NotFound("there is no such session")
    await changed(session)


async def end_all(session: AsyncSession, person_id: str, but: str | None = None) -> None:
    """End every session of a person, save perhaps one."""
    await session.execute(delete(SessionRow).where(SessionRow.person_id == person_id, SessionRow.id != (but or "")))
    await changed(session)


async def is_fresh(session: AsyncSession, session_id: str | None) -> bool:
    """Whether the sign-in of this session was just now."""
    row = await session.get(SessionRow, session_id) if session_id else None
    return row is not None and row.created_at > now() - FRESH


async def seen(session: AsyncSession, session_ids: list[str]) -> None:
    """Note that these sessions, and so their people, were seen."""
    moment, mine = now(), SessionRow.id.in_(session_ids)
    await session.execute(update(SessionRow).where(mine).values(seen_at=moment))
    people = select(SessionRow.person_id).where(mine)
    await session.execute(update(Person).where(Person.id.in_(people)).values(seen_at=moment))
