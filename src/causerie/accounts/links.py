"""Links that open once: the first account, an invitation, a new password.

Does: make them, look at them, use them; a link is used in the same transaction as what it allows.
Does not: send them; whoever makes one hands it over.
"""

from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import Role
from causerie.accounts.tables import OneTimeLink
from causerie.accounts.tokens import hash_of, new_token
from causerie.database.tables import new_id, now
from causerie.errors import LinkNotValid

Kind = Literal["setup", "invitation", "reset"]
SETUP_LASTS = timedelta(days=1)
RESET_LASTS = timedelta(days=1)


async def make(
    session: AsyncSession,
    kind: Kind,
    lasts: timedelta,
    *,
    role: Role | None = None,
    email: str | None = None,
    group_ids: list[str] | None = None,
    person_id: str | None = None,
    made_by: str | None = None,
) -> tuple[OneTimeLink, str]:
    """A new link, and the token that opens it."""
    token = new_token()
    link = OneTimeLink(
        id=new_id("link"), kind=kind, token_hash=hash_of(token), person_id=person_id, role=role and role.value,
        email=email, group_ids=group_ids or [], made_by=made_by, created_at=now(), expires_at=now() + lasts,
    )  # fmt: skip
    session.add(link)
    await session.flush()
    return link, token


async def look(session: AsyncSession, token: str) -> OneTimeLink:
    """The link that this token opens; it stays unused.

    Raises:
        LinkNotValid: There is none, or not any more.
    """
    query = select(OneTimeLink).where(OneTimeLink.token_hash == hash_of(token), OneTimeLink.used_at.is_(None))
    link = await session.scalar(query.where(OneTimeLink.expires_at > now()))
    if link is None:
        raise LinkNotValid("this link was used, is over, or was taken back", hint="ask for a new one")
    return link


async def use(session: AsyncSession, token: str) -> OneTimeLink:
    """The link that this token opens, used now: of two at the same moment one gets it.

    Raises:
        LinkNotValid: As `look`.
    """
    link = await look(session, token)
    unused = update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
    if await session.scalar(unused.values(used_at=now()).returning(OneTimeLink.id)) is None:
        raise LinkNotValid("this link was used, is over, or was taken back", hint="ask for a new one")
    return link


async def invitations(session: AsyncSession) -> list[OneTimeLink]:
    """Every invitation, the newest first."""
    query = select(OneTimeLink).where(OneTimeLink.kind == "invitation").order_by(OneTimeLink.created_at.desc())
    return list(await session.scalars(query))


async def revoke(session: AsyncSession, link_id: str) -> None:
    """Take an invitation back.

    Raises:
        LinkNotValid: There is none of this id.
    """
    mine = OneTimeLink.id == link_id, OneTimeLink.kind == "invitation"
    if await session.scalar(delete(OneTimeLink).where(*mine).returning(OneTimeLink.id)) is None:
        raise LinkNotValid("there is no such invitation")
