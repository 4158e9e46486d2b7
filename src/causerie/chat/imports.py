"""Conversations of other programs, taken in.

Does: have the file read in a child, then write what is not here yet; a file that is not understood writes nothing,
and when the database fails in the middle, what was written goes again.
Does not: know the forms of other programs (`import_formats.py`).

Each conversation carries the key that it had elsewhere, so that the same file twice makes nothing twice: also after
the server died in the middle.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import conversations, folders
from causerie.chat.attachment_files import unfinished
from causerie.chat.attachments import Received
from causerie.chat.reading import read_in_child
from causerie.chat.tables import Conversation, Folder, Message
from causerie.database.engine import Database
from causerie.database.tables import new_id
from causerie.errors import InvalidImport, UnreadableFile

MIB = 2**20
MOST_BYTES = 512 * MIB
"""Of the file."""
READ_S = 300
READ_MEMORY = 8192 * MIB
"""Address space of the child: JSON of half a gigabyte takes several in memory."""
AT_ONCE = 50
"""Conversations of one transaction: SQLite's other writers wait for it."""


@dataclass
class Report:
    """What came of an import."""

    format: str
    skipped: list[dict[str, str]]
    already_here: int = 0
    messages: int = 0
    conversation_ids: list[str] = field(default_factory=list)
    """Those that were made."""


async def take_in(database: Database, folder: Path, person_id: str, file: Received) -> Report:
    """Import a file.

    Args:
        database: Where conversations go.
        folder: Where a file for a moment may be.
        person_id: Whose they become.
        file: What was received.

    Raises:
        InvalidImport: It is not understood.
    """
    into = await asyncio.to_thread(unfinished, folder)
    try:
        try:
            read = await read_in_child("import", file.path, seconds=READ_S, memory_bytes=READ_MEMORY, into=str(into))
        except UnreadableFile as error:
            raise InvalidImport(
                "{reason}", reason=error.message,
                hint="give the export of ChatGPT (its zip, or conversations.json), of Open WebUI, or of causerie",
            ) from error  # fmt: skip
        report = Report(format=read["format"], skipped=read["skipped"])
        with into.open(encoding="utf-8") as lines:
            await _write_all(database, person_id, lines, report)
    finally:
        await asyncio.to_thread(into.unlink, missing_ok=True)
    return report


async def _write_all(database: Database, person_id: str, lines: Iterator[str], report: Report) -> None:
    try:
        while batch := await asyncio.to_thread(_some, lines):
            async with database.write() as session:
                await _write(session, person_id, batch, report)
    except BaseException:
        async with database.write() as session:
            for part in _parts(report.conversation_ids):
                await session.execute(delete(Conversation).where(Conversation.id.in_(part)))
        raise


def _some(lines: Iterator[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in islice(lines, AT_ONCE)]


def _parts(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


async def _write(session: AsyncSession, person_id: str, batch: Sequence[dict[str, Any]], report: Report) -> None:
    mine = Conversation.person_id == person_id
    keys = await session.scalars(
        select(Conversation.import_key).where(mine, Conversation.import_key.in_([each["key"] for each in batch]))
    )
    ids = await session.scalars(
        select(Conversation.id).where(mine, Conversation.id.in_([each["id"] for each in batch]))
    )
    here: set[str | None] = {*keys, *ids}
    named = {folder.name: folder for folder in await folders.of_person(session, person_id)}
    rows: list[dict[str, Any]] = []
    for given in batch:
        if given["key"] in here or given["id"] in here:
            report.already_here += 1
            continue
        here.add(given["key"])
        folder = await _folder(session, person_id, given["folder"], named)
        conversation = _conversation(person_id, given, folder)
        session.add(conversation)
        rows.extend(_messages(conversation, given))
        report.conversation_ids.append(conversation.id)
    await session.flush()
    report.messages += len(rows)
    if rows:
        await session.execute(insert(Message), rows)


async def _folder(session: AsyncSession, person_id: str, name: str | None, named: dict[str, Folder]) -> str | None:
    if name is None:
        return None
    if name not in named:
        named[name] = await folders.create(session, person_id, name)
        await session.flush()
    return named[name].id


def _conversation(person_id: str, given: dict[str, Any], folder_id: str | None) -> Conversation:
    created, updated = _at(given["created_at"]), _at(given["updated_at"])
    models = [message["model"] for message in given["messages"] if message["model"]]
    conversation = Conversation(
        id=new_id("conv"), person_id=person_id, folder_id=folder_id, import_key=given["key"], system=given["system"],
        parameters=given["parameters"], model=models[-1] if models else None, created_at=created, updated_at=updated,
        pinned_at=updated if given["pinned"] else None, archived_at=updated if given["archived"] else None,
    )  # fmt: skip
    title = given["title"] or conversations.title_of_question(given["messages"][0]["content"])
    conversations.entitle(conversation, title, "person" if given["title"] else "question")
    return conversation


def _messages(conversation: Conversation, given: dict[str, Any]) -> list[dict[str, Any]]:
    names = {message["id"]: new_id("msg") for message in given["messages"]}
    conversation.head_id = names[given["head"]]
    return [
        {
            "id": names[message["id"]],
            "conversation_id": conversation.id,
            "person_id": conversation.person_id,
            "parent_id": names[message["parent"]] if message["parent"] else None,
            "role": message["role"],
            "content": message["content"],
            "reasoning": message["reasoning"],
            "status": message["status"],
            "model": message["model"],
            "left_out": 0,
            "created_at": _at(message["created_at"]),
            "ended_at": _at(message["created_at"]),
        }
        for message in given["messages"]
    ]


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
