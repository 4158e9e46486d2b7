"""A person's library of prompts, with `{{variables}}` that are filled in when one is used.

Does: keep them; find the variables in their text.
Does not: fill them in; the page does, where the person types.
"""

import re
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat.personal_tables import SavedPrompt
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, InvalidRequest, NotFound

MOST = 1_000
_VARIABLE = re.compile(r"\{\{\s*([^{}|\s](?:[^{}|]{0,62}[^{}|\s])?)\s*(?:\|([^{}]{0,1000}))?\}\}")


class Variable(NamedTuple):
    """A gap in a prompt."""

    name: str
    default: str
    """What stands there unless the person says otherwise (empty = nothing)."""


def variables(content: str) -> list[Variable]:
    """The variables of a text, each once, in order: `{{name}}` or `{{name|default}}`."""
    found: dict[str, str] = {}
    for name, default in _VARIABLE.findall(content):
        found[name] = found.get(name) or default.strip()
    return [Variable(name, default) for name, default in found.items()]


async def listed(session: AsyncSession, person_id: str) -> list[SavedPrompt]:
    """The person's prompts, by name."""
    query = select(SavedPrompt).where(SavedPrompt.person_id == person_id).order_by(SavedPrompt.name)
    return list(await session.scalars(query))


async def create(session: AsyncSession, person_id: str, name: str, content: str) -> SavedPrompt:
    """Keep a new prompt.

    Raises:
        Conflict: They have one of this name.
        InvalidRequest: They have too many.
    """
    there = await session.scalar(select(func.count()).where(SavedPrompt.person_id == person_id)) or 0
    if there >= MOST:
        raise InvalidRequest("there are {limit} prompts, which is the limit", limit=MOST)
    prompt = SavedPrompt(id=new_id("prompt"), person_id=person_id, name=name, content=content)
    session.add(prompt)
    await _flush(session, name)
    return prompt


async def change(
    session: AsyncSession, person_id: str, prompt_id: str, *, name: str | None, content: str | None
) -> SavedPrompt:
    """Another name or content (None = as it is).

    Raises:
        NotFound: They have no such prompt.
        Conflict: They have another of this name.
    """
    prompt = await _by_id(session, person_id, prompt_id)
    prompt.name = name or prompt.name
    prompt.content = content or prompt.content
    prompt.updated_at = now()
    await _flush(session, prompt.name)
    return prompt


async def remove(session: AsyncSession, person_id: str, prompt_id: str) -> None:
    """Remove a prompt.

    Raises:
        NotFound: They have no such prompt.
    """
    await session.delete(await _by_id(session, person_id, prompt_id))


async def _by_id(session: AsyncSession, person_id: str, prompt_id: str) -> SavedPrompt:
    prompt = await session.get(SavedPrompt, prompt_id)
    if prompt is None or prompt.person_id != person_id:
        raise NotFound("there is no such prompt")
    return prompt


async def _flush(session: AsyncSession, name: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("there is a prompt named {name!r} already", name=name, param="name") from error
