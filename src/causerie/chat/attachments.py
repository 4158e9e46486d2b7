"""Attachments: files that go with questions, kept for one person.

Does: receive a file within its limits, find out what it is, have its text read, keep a row; remove what no message
has after a day.
Does not: read texts itself (`documents.py`, in a child) or decide where bytes lie (`attachment_files.py`).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from causerie.chat import attachment_files
from causerie.chat.file_types import FileType, type_of
from causerie.chat.personal_tables import Attachment, Draft, MessageAttachment
from causerie.chat.reading import read_in_child
from causerie.chat.running import stored
from causerie.database.engine import Database
from causerie.database.tables import new_id, now
from causerie.errors import BodyTooLarge, Conflict, FileTooLarge, NotFound

FOLDER = "attachments"
"""In the data folder."""
MIB = 2**20
MOST_BYTES = 25 * MIB
"""Of one file."""
MOST_BYTES_OF_PERSON = 4096 * MIB
READ_S = 30
READ_MEMORY = 1024 * MIB
UNSENT = timedelta(days=1)
"""How long a file is kept that no message has."""
_BUFFER = MIB


@dataclass(frozen=True, kw_only=True)
class Received:
    """A file that has arrived and has no row yet."""

    path: Path
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a received file is."""

    type: FileType
    text: str
    text_cut: bool


def too_large(most_bytes: int) -> FileTooLarge:
    """The error for a file of more than so many bytes."""
    return FileTooLarge(
        "the file is over the limit of {limit} bytes ({mib} MiB)", limit=most_bytes, mib=f"{most_bytes / MIB:g}",
        hint="no setting raises this limit: give a part of the file, or divide it",
    )  # fmt: skip


@asynccontextmanager
async def received(
    folder: Path, name: str, chunks: AsyncIterator[bytes], most_bytes: int = MOST_BYTES
) -> AsyncIterator[Received]:
    """A file while it arrives and is looked at; gone when the context ends, unless it was kept.

    Raises:
        FileTooLarge: It has more than `most_bytes`.
    """
    part = await asyncio.to_thread(attachment_files.unfinished, folder)
    try:
        digest, size = hashlib.sha256(), 0
        waiting = bytearray()
        async for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise too_large(most_bytes)
            waiting += chunk
            if len(waiting) >= _BUFFER:
                await asyncio.to_thread(_append, part, bytes(waiting), digest)
                waiting.clear()
        await asyncio.to_thread(_append, part, bytes(waiting), digest)
        yield Received(path=part, name=_shown(name), size_bytes=size, sha256=digest.hexdigest())
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)


def _append(part: Path, piece: bytes, digest: "hashlib._Hash") -> None:
    digest.update(piece)
    with part.open("ab") as file:
        file.write(piece)


def _shown(name: str) -> str:
    """The last part of a name, without what would end or turn a line."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:255].strip() or "file"


async def look(file: Received) -> Looked:
    """What the file is, and the text that a model reads of it.

    Raises:
        UnsupportedFile: Nothing here can be made of it.
        UnreadableFile: It is damaged, protected, a bomb, or takes too long.
    """
    found = await asyncio.to_thread(type_of, file.path, file.name)
    if not found.reader:
        return Looked(type=found, text="", text_cut=False)
    read = await read_in_child("document", file.path, seconds=READ_S, memory_bytes=READ_MEMORY, reader=found.reader)
    return Looked(type=found, text=stored(read["text"]), text_cut=read["cut"])


async def keep(database: Database, folder: Path, person_id: str, file: Received, looked: Looked) -> Attachment:
    """Keep a file that was looked at.

    Raises:
        BodyTooLarge: The person keeps too much already.
    """
    row = Attachment(
        id=new_id("file"), person_id=person_id, name=file.name, kind=looked.type.kind,
        media_type=looked.type.media_type, size_bytes=file.size_bytes, sha256=file.sha256, text=looked.text,
        text_characters=len(looked.text), text_cut=looked.text_cut,
    )  # fmt: skip
    async with database.write() as session:
        there = await session.scalar(select(func.sum(Attachment.size_bytes)).where(Attachment.person_id == person_id))
        if (there or 0) + file.size_bytes > MOST_BYTES_OF_PERSON:
            raise BodyTooLarge(
                "your files would take more than {limit} bytes", limit=MOST_BYTES_OF_PERSON,
                hint="remove conversations with files, and empty the trash",
            )  # fmt: skip
        # The bytes first: bytes without a row are removed by a sweep, a row without bytes would stay.
        attachment_files.finish(folder, file.path, file.sha256)
        session.add(row)
    return row


async def by_id(session: AsyncSession, person_id: str, attachment_id: str, *, text: bool = False) -> Attachment:
    """The person's attachment of this id; `text` reads its text too.

    Raises:
        NotFound: They have none.
    """
    query = select(Attachment).where(Attachment.id == attachment_id, Attachment.person_id == person_id)
    found = await session.scalar(query.options(undefer(Attachment.text)) if text else query)
    if found is None:
        raise NotFound("there is no such attachment")
    return found


async def remove(session: AsyncSession, person_id: str, attachment_id: str) -> None:
    """Remove a file that was not sent; its bytes go with the next sweep.

    Raises:
        NotFound: They have none of this id.
        Conflict: A message has it.
    """
    found = await by_id(session, person_id, attachment_id)
    if await session.scalar(
        select(MessageAttachment.message_id).where(MessageAttachment.attachment_id == found.id).limit(1)
    ):
        raise Conflict("a message has this file", hint="it goes with its conversation")
    await session.delete(found)


async def purge(database: Database, folder: Path) -> None:
    """Remove files that no message and no draft has had for a day, and bytes that no row names."""
    before = now() - UNSENT
    async with database.write() as session:
        drafted = {file_id for ids in await session.scalars(select(Draft.attachment_ids)) for file_id in ids}
        sent = exists().where(MessageAttachment.attachment_id == Attachment.id)
        lonely = select(Attachment.id).where(Attachment.created_at < before, ~sent)
        gone = [file_id for file_id in await session.scalars(lonely) if file_id not in drafted]
        for start in range(0, len(gone), 500):
            await session.execute(delete(Attachment).where(Attachment.id.in_(gone[start : start + 500])))
    names = await asyncio.to_thread(lambda: list(attachment_files.settled(folder)))
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        async with database.read() as session:
            known = set(await session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(part))))
        for name in set(part) - known:
            await asyncio.to_thread(attachment_files.remove, folder, name)
