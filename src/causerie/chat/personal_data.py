"""What this room keeps of a person, for `accounts.personal_data`: given out, and removed with the account.

Does: give every conversation with its tree, files (names and texts), drafts, prompts, instructions, memory, links.
Does not: remove rows: foreign keys do. Bytes of files that no row names any more go with the next sweep
(`attachments.purge`).
"""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from causerie.accounts.personal_data import PersonalData
from causerie.chat import exports, folders, personal, saved_prompts, shares
from causerie.chat.personal_tables import Attachment, Draft
from causerie.chat.tables import Conversation


async def _conversations(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    names = {folder.id: folder.name for folder in await folders.of_person(session, person_id)}
    mine = select(Conversation.id).where(Conversation.person_id == person_id).order_by(Conversation.created_at)
    for conversation_id in list(await session.scalars(mine)):
        conversation = await session.get(Conversation, conversation_id)
        if conversation is not None:
            yield await exports.whole(session, conversation, names.get(conversation.folder_id or ""))
            session.expunge_all()


async def _attachments(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    mine = select(Attachment).where(Attachment.person_id == person_id).order_by(Attachment.id)
    async for file in await session.stream_scalars(mine.options(undefer(Attachment.text))):
        yield {"name": file.name, "media_type": file.media_type, "sha256": file.sha256, "text": file.text,
               "created_at": file.created_at.isoformat()}  # fmt: skip


async def _drafts(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    for draft in await session.scalars(select(Draft).where(Draft.person_id == person_id)):
        yield {"key": draft.key, "content": draft.content, "updated_at": draft.updated_at.isoformat()}


async def _prompts(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    for prompt in await saved_prompts.listed(session, person_id):
        yield {"name": prompt.name, "content": prompt.content, "created_at": prompt.created_at.isoformat()}


async def _personal(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    yield vars(await personal.choices(session, person_id))
    for memory in await personal.memories(session, person_id):
        yield {"memory": memory.text, "created_at": memory.created_at.isoformat()}


async def _shares(session: AsyncSession, person_id: str) -> AsyncIterator[dict[str, Any]]:
    for share in await shares.listed(session, person_id):
        yield {"conversation_id": share.conversation_id, "title": share.title, "audience": share.audience,
               "created_at": share.created_at.isoformat()}  # fmt: skip


SECTIONS = (
    PersonalData("conversations", _conversations),
    PersonalData("attachments", _attachments),
    PersonalData("drafts", _drafts),
    PersonalData("prompts", _prompts),
    PersonalData("personal", _personal),
    PersonalData("shares", _shares),
)
"""What the server hands to `accounts.personal_data.export` and `erase`."""
