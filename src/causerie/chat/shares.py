"""Links through which others read a conversation, as it was when the link was made.

Does: make a link, list, revoke; find what a link shows.
Does not: keep the link itself: its hash is enough to know it again.

What is shared is the way to one message. Messages do not change once they have ended, so the way is the snapshot.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import conversations, messages
from causerie.chat.tables import Conversation, Share
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, LinkNotValid, NotFound

Audience = Literal["members", "anyone"]


@dataclass(frozen=True, kw_only=True)
class SharedMessage:
    """A message as others see it."""

    role: str
    content: str
    model: str | None
    attachments: list[str]
    """Names of files; the files themselves are not shared."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What a link shows."""

    title: str
    shared_at: datetime
    expires_at: datetime | None
    messages: list[SharedMessage]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def make(
    session: AsyncSession, person_id: str, conversation_id: str, *, audience: Audience, days: int | None
) -> tuple[Share, str]:
    """A new link; gives its token, which is shown once.

    Args:
        session: To write in.
        person_id: Whose conversation it is.
        conversation_id: Which.
        audience: Who may read it.
        days: For how long (None = until it is revoked).

    Raises:
        NotFound: They have no such conversation.
        Conflict: There is nothing to show, it is being written, or it is in the trash.
    """
    conversation = await conversations.open_by_id(session, person_id, conversation_id)
    way = await messages.way_to(session, conversation_id, conversation.head_id)
    if not way:
        raise Conflict("there is nothing to share yet")
    if any(row.status == "running" for row in way):
        raise Conflict("an answer is still being written", hint="share it when it has ended")
    token, moment = secrets.token_urlsafe(32), now()
    share = Share(
        id=new_id("share"), conversation_id=conversation_id, person_id=person_id, token_hash=_hash(token),
        title=conversation.title, head_id=way[-1].id, audience=audience, created_at=moment,
        expires_at=None if days is None else moment + timedelta(days=days),
    )  # fmt: skip
    session.add(share)
    await session.flush()
    return share, token


async def listed(session: AsyncSession, person_id: str, conversation_id: str | None = None) -> list[Share]:
    """The person's links, newest first."""
    query = select(Share).where(Share.person_id == person_id).order_by(Share.id.desc())
    if conversation_id is not None:
        query = query.where(Share.conversation_id == conversation_id)
    return list(await session.scalars(query))


async def revoke(session: AsyncSession, person_id: str, share_id: str) -> Share:
    """End a link.

    Raises:
        NotFound: They have no such link.
    """
    share = await session.get(Share, share_id)
    if share is None or share.person_id != person_id:
        raise NotFound("there is no such link")
    share.revoked_at = share.revoked_at or now()
    return share


async def look(session: AsyncSession, token: str, *, signed_in: bool) -> Shared:
    """What a link shows.

    Args:
        session: To read in.
        token: What the link holds.
        signed_in: Whoever looks is known here.

    Raises:
        LinkNotValid: It was never made, is revoked or over, its conversation is in the trash, or it is for members.
    """
    joined = select(Share, Conversation).join(Conversation, Conversation.id == Share.conversation_id)
    row = (await session.execute(joined.where(Share.token_hash == _hash(token)))).first()
    if row is None or not _is_open(row[0], row[1], signed_in=signed_in):
        raise LinkNotValid("this link does not lead anywhere, or not any more", hint="ask who gave it to you")
    share: Share = row[0]
    way = await messages.way_to(session, share.conversation_id, share.head_id)
    files = await messages.files_of(session, way)
    hidden = await messages.hidden(session, share.conversation_id)
    return Shared(
        title=share.title, shared_at=share.created_at, expires_at=share.expires_at,
        messages=[_shown(message, [file.name for file in files.get(message.id, ())], hidden) for message in way],
    )  # fmt: skip


def _is_open(share: Share, conversation: Conversation, *, signed_in: bool) -> bool:
    over = share.expires_at is not None and share.expires_at <= now()
    gone = share.revoked_at is not None or conversation.deleted_at is not None
    return not over and not gone and (signed_in or share.audience == "anyone")


def _shown(row: Row[Any], files: list[str], hidden: set[str]) -> SharedMessage:
    model = None if row.comparison_id in hidden else row.model
    return SharedMessage(
        role=row.role, content=row.content, model=model, attachments=files, created_at=row.created_at
    )
