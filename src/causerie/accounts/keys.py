"""API keys.

Does: make (the key itself is shown once), find by the key, list, revoke.
Does not: remember; `doorkeeper.py` does, for a short while.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import SCOPES, Scope
from causerie.accounts.ledger_tables import Quota
from causerie.accounts.people import changed
from causerie.accounts.tables import ApiKey, Person
from causerie.accounts.tokens import KEY_PREFIX, hash_of, new_token
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, NotFound

SHOWN = len(KEY_PREFIX) + 4
"""Characters of a key by which people tell it apart."""
MAX_KEYS = 100
"""Of one person, revoked ones not counted."""


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """What a key is to be."""

    name: str
    scopes: tuple[Scope, ...]
    expires_days: int | None
    """None = never."""
    app_id: str | None = None


async def make(session: AsyncSession, person_id: str, new: NewKey) -> tuple[ApiKey, str]:
    """A key of a person, and the secret that is shown this once.

    Raises:
        Conflict: They have too many.
    """
    if len([key for key in await of_person(session, person_id) if key.revoked_at is None]) >= MAX_KEYS:
        raise Conflict("there are {n} keys, which is the limit", n=MAX_KEYS)
    secret = KEY_PREFIX + new_token()
    key = ApiKey(
        id=new_id("key"), person_id=person_id, app_id=new.app_id, name=new.name, start=secret[:SHOWN],
        key_hash=hash_of(secret), scopes=[scope for scope in SCOPES if scope in new.scopes], created_at=now(),
        expires_at=None if new.expires_days is None else now() + timedelta(days=new.expires_days),
        used_at=None, revoked_at=None,
    )  # fmt: skip
    session.add(key)
    await session.flush()
    return key, secret


async def find(session: AsyncSession, secret: bytes) -> tuple[ApiKey, Person] | None:
    """The key and its person, unless it is revoked or over, or the person is kept out."""
    query = select(ApiKey, Person).join(Person, Person.id == ApiKey.person_id)
    query = query.where(ApiKey.key_hash == hash_of(secret), ApiKey.revoked_at.is_(None), Person.disabled_at.is_(None))
    found = (await session.execute(query)).first()
    if found is None or is_over(found[0], now()):
        return None
    return found[0], found[1]


async def is_good(session: AsyncSession, key_id: str) -> bool:
    """Whether this key, which was found once, is not revoked or over since, and its person is not kept out."""
    query = select(ApiKey).join(Person, Person.id == ApiKey.person_id)
    query = query.where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), Person.disabled_at.is_(None))
    key = await session.scalar(query)
    return key is not None and not is_over(key, now())


def is_over(key: ApiKey, at: datetime) -> bool:
    """Whether it has expired."""
    return key.expires_at is not None and key.expires_at <= at


async def of_person(session: AsyncSession, person_id: str) -> list[ApiKey]:
    """Every key of a person, the newest first, revoked ones too."""
    query = select(ApiKey).where(ApiKey.person_id == person_id).order_by(ApiKey.created_at.desc(), ApiKey.id)
    return list(await session.scalars(query))


async def of_everyone(session: AsyncSession, person_id: str | None = None) -> list[tuple[ApiKey, Person]]:
    """Every key with its person, the newest first."""
    query = select(ApiKey, Person).join(Person, Person.id == ApiKey.person_id)
    if person_id is not None:
        query = query.where(Person.id == person_id)
    found = await session.execute(query.order_by(ApiKey.created_at.desc(), ApiKey.id))
    return [(row[0], row[1]) for row in found]


async def revoke(session: AsyncSession, key_id: str, person_id: str | None = None) -> ApiKey:
    """Make a key worthless from now on.

    Args:
        session: To write in.
        key_id: Which.
        person_id: Whose it must be (None = anybody's).

    Raises:
        NotFound: There is none of this id, or it is somebody else's.
    """
    key = await session.get(ApiKey, key_id)
    if key is None or (person_id is not None and key.person_id != person_id):
        raise NotFound("there is no such key")
    key.revoked_at = key.revoked_at or now()
    await session.execute(delete(Quota).where(Quota.subject_kind == "key", Quota.subject_id == key_id))
    await changed(session)
    return key


async def seen(session: AsyncSession, key_ids: list[str]) -> None:
    """Note that these keys were used."""
    await session.execute(update(ApiKey).where(ApiKey.id.in_(key_ids)).values(used_at=now()))
