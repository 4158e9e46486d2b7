"""Drafts: what was typed and not sent, on every device.

Does: keep one for each conversation, and one for the next new one.
Does not: tell the tabs; `desk.py` does.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.upserts import insert_into
from causerie.chat import views
from causerie.chat.conversations import by_id
from causerie.chat.personal_tables import Attachment, Draft
from causerie.database.tables import now

NEW = "new"
"""Key of the draft for a conversation that does not exist yet."""


async def keep(session: AsyncSession, person_id: str, key: str, content: str, attachment_ids: list[str]) -> None:
    """Keep a draft in the place of the one before; an empty one is removed.

    Raises:
        NotFound: The key is neither `new` nor a conversation of theirs.
    """
    if key != NEW:
        await by_id(session, person_id, key)
    if not content and not attachment_ids:
        await remove(session, person_id, key)
        return
    values = {"content": content, "attachment_ids": attachment_ids, "updated_at": now()}
    statement = insert_into(session, Draft).values(person_id=person_id, key=key, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["person_id", "key"], set_=values))


async def remove(session: AsyncSession, person_id: str, key: str) -> None:
    """Remove a draft, if there is one."""
    await session.execute(delete(Draft).where(Draft.person_id == person_id, Draft.key == key))


async def find(session: AsyncSession, person_id: str, key: str) -> views.Draft | None:
    """The draft of this key, with those of its files that are still there."""
    draft = await session.get(Draft, (person_id, key))
    if draft is None:
        return None
    return await shown(session, person_id, key, draft.content, draft.attachment_ids, draft.updated_at)


async def shown(
    session: AsyncSession, person_id: str, key: str, content: str | None, file_ids: list[str], updated_at: datetime
) -> views.Draft | None:
    """A draft that was read, with those of its files that are still there (None = there is none)."""
    if content is None:
        return None
    files: list[Attachment] = []
    if file_ids:
        mine = select(Attachment).where(Attachment.id.in_(file_ids), Attachment.person_id == person_id)
        files = sorted(await session.scalars(mine), key=lambda file: file_ids.index(file.id))
    return views.Draft(
        key=key, content=content, attachments=[views.attachment(file) for file in files], updated_at=updated_at
    )
