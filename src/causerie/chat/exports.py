"""Conversations given out: as Markdown to read, as JSON to take elsewhere or back in.

Does: write what is shown of one conversation as Markdown; write whole trees, one or all of a person's, as JSON.
Does not: hold more than one conversation in memory.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import conversations, folders, messages, views
from causerie.chat.import_causerie import FORMAT
from causerie.chat.tables import Conversation
from causerie.database.engine import Database
from causerie.database.tables import now

VERSION = 1
SPEAKERS = {"user": {"en": "You", "fr": "Vous"}, "assistant": {"en": "Answer", "fr": "Réponse"}}


async def markdown(
    session: AsyncSession, person_id: str, conversation_id: str, language: str = "en"
) -> tuple[str, str]:
    """The title, and the way to the head as Markdown.

    Raises:
        NotFound: They have no such conversation.
    """
    conversation = await conversations.by_id(session, person_id, conversation_id)
    way = await messages.way_to(session, conversation_id, conversation.head_id)
    files = await messages.files_of(session, way)
    hidden = await messages.hidden(session, conversation_id)
    parts = [f"# {conversation.title or conversation_id}"]
    for row in way:
        speaker = SPEAKERS[row.role][language]
        if row.model and row.comparison_id not in hidden:
            speaker += f" · {row.model}"
        parts.append(f"## {speaker}")
        parts += [f"*{file.name}*" for file in files.get(row.id, ())]
        parts.append(row.content)
    return conversation.title, "\n\n".join(part for part in parts if part) + "\n"


async def whole(session: AsyncSession, conversation: Conversation, folder: str | None) -> dict[str, Any]:
    """A conversation with its whole tree, as JSON takes it."""
    shown, _ = await messages.tree(session, conversation.id)
    fields = views.summary_fields(conversation)
    head = {name: fields[name] for name in ("id", "title", "pinned", "archived", "head_id")}
    return {
        **head,
        "folder": folder,
        "system": conversation.system,
        "parameters": conversation.parameters,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
        "messages": [_message(message) for message in shown],
    }


def _message(message: views.Message) -> dict[str, Any]:
    dumped = message.model_dump(mode="json", exclude={"seq", "comparison_id", "attachments"})
    return {**dumped, "attachments": [file.name for file in message.attachments]}


async def one(session: AsyncSession, person_id: str, conversation_id: str) -> tuple[str, bytes]:
    """The title, and a document of this one conversation.

    Raises:
        NotFound: They have no such conversation.
    """
    conversation = await conversations.by_id(session, person_id, conversation_id)
    names = await _folder_names(session, person_id)
    document = await whole(session, conversation, names.get(conversation.folder_id or ""))
    head, tail = _frame()
    return conversation.title, head + json.dumps(document, ensure_ascii=False).encode() + tail


async def everything(database: Database, person_id: str) -> AsyncIterator[bytes]:
    """The document of all conversations of a person, in pieces; the trash is left out."""
    async with database.read() as session:
        ids = list(
            await session.scalars(
                select(Conversation.id)
                .where(Conversation.person_id == person_id, Conversation.deleted_at.is_(None))
                .order_by(Conversation.updated_at, Conversation.id)
            )
        )
        names = await _folder_names(session, person_id)
    head, tail = _frame()
    yield head
    first = True
    for conversation_id in ids:
        async with database.read() as session:  # anew for each: a long reading would hold up others' clean-up
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None:
                continue
            document = await whole(session, conversation, names.get(conversation.folder_id or ""))
        yield (b"" if first else b",\n") + json.dumps(document, ensure_ascii=False).encode()
        first = False
    yield tail


def _frame() -> tuple[bytes, bytes]:
    head = {"format": FORMAT, "version": VERSION, "exported_at": now().isoformat(timespec="seconds")}
    return json.dumps(head).encode()[:-1] + b', "conversations": [\n', b"\n]}\n"


async def _folder_names(session: AsyncSession, person_id: str) -> dict[str, str]:
    return {folder.id: folder.name for folder in await folders.of_person(session, person_id)}
