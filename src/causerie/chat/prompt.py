"""What a model is given to answer: the way to the question, in an engine's form.

Does: put together the system prompt (the conversation's, the person's instructions, their memory), the texts of
files, pictures for models that see; leave out the oldest messages where the person said so.
Does not: ask the model; `generation.py` does.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import messages, personal
from causerie.chat.attachment_files import path_of
from causerie.chat.tables import Conversation
from causerie.errors import UnsupportedParameter

MOST_TRIES = 6
"""Counts of the prompt's tokens when its oldest messages are left out."""
MARGIN = 1.05
"""More than the estimate is left out, so that the second count usually fits."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as the prompt needs it."""

    name: str
    kind: str
    media_type: str
    sha256: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message of the way."""

    role: str
    content: str
    files: Sequence[File] = ()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """All that is needed to ask, read at one moment."""

    system: str
    turns: list[Turn]
    """From the root to the question."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Of the conversation."""


async def read(session: AsyncSession, conversation_id: str, question_id: str) -> Prompt | None:
    """The prompt for a question (None = the conversation is gone)."""
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        return None
    way = await messages.way_to(session, conversation_id, question_id)
    files = await messages.files_of(session, way, text=True)
    turns = [
        Turn(
            role=row.role,
            content=row.content,
            files=[
                File(name=f.name, kind=f.kind, media_type=f.media_type, sha256=f.sha256, text=f.text)
                for f in files.get(row.id, ())
            ],
        )
        for row in way
    ]
    parts = [conversation.system, *await personal.prompt_parts(session, conversation.person_id)]
    system = "\n\n".join(part.strip() for part in parts if part.strip())
    return Prompt(system=system, turns=turns, parameters=conversation.parameters)


async def wire(prompt: Prompt, folder: Path, *, images: bool, skip: int = 0) -> list[dict[str, Any]]:
    """The messages for an engine.

    Args:
        prompt: What to say.
        folder: Where the files are.
        images: The model sees pictures.
        skip: Oldest turns to leave out.

    Raises:
        UnsupportedParameter: There is a picture, and the model sees none.
    """
    said: list[dict[str, Any]] = [{"role": "system", "content": prompt.system}] if prompt.system else []
    for turn in prompt.turns[skip:]:
        content = await _content(turn, folder, images=images)
        if not content:
            continue  # an answer that failed before its first word
        if said and said[-1]["role"] == turn.role == "user":
            said[-1]["content"] = _joined(said[-1]["content"], content)  # many templates want turns to alternate
        else:
            said.append({"role": turn.role, "content": content})
    return said


async def _content(turn: Turn, folder: Path, *, images: bool) -> str | list[dict[str, Any]]:
    texts = [
        f"<document name={file.name!r}>\n{file.text}\n</document>" for file in turn.files if file.kind != "image"
    ]
    text = "\n\n".join([*texts, turn.content] if turn.content else texts)
    pictures = [file for file in turn.files if file.kind == "image"]
    if not pictures:
        return text
    if not images:
        raise UnsupportedParameter(
            "{name} is a picture, and this model sees none", name=pictures[0].name,
            hint="choose a model that sees, or ask without the picture",
        )  # fmt: skip
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    for picture in pictures:
        raw = await asyncio.to_thread(path_of(folder, picture.sha256).read_bytes)
        url = f"data:{picture.media_type};base64,{base64.b64encode(raw).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return parts


def _joined(before: str | list[dict[str, Any]], after: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(before, str) and isinstance(after, str):
        return f"{before}\n\n{after}"
    parts = [[{"type": "text", "text": each}] if isinstance(each, str) else each for each in (before, after)]
    return [*parts[0], *parts[1]]


async def oldest_to_leave_out(prompt: Prompt, room_tokens: int, count: Callable[[int], Awaitable[int]]) -> int:
    """How many of the oldest turns must go, so that the rest fits; the last question always stays.

    Args:
        prompt: All of it.
        room_tokens: What the prompt may take.
        count: Tokens of the prompt without that many of its oldest turns.
    """
    skip, last = 0, len(prompt.turns) - 1
    for _ in range(MOST_TRIES):
        tokens = await count(skip)
        if tokens <= room_tokens or skip >= last:
            return skip
        sizes = [_size(turn) for turn in prompt.turns]
        excess = (tokens - room_tokens) / tokens * (sum(sizes[skip:]) + len(prompt.system)) * MARGIN
        while excess > 0 and skip < last:
            excess -= sizes[skip]
            skip += 1
        while skip < last and prompt.turns[skip].role != "user":
            skip += 1  # what is left begins with a question
    return skip


def _size(turn: Turn) -> int:
    return 16 + len(turn.content) + sum(len(file.text) for file in turn.files)
