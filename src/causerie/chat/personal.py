"""How models should answer a person: their instructions, and what they want remembered.

Does: keep both, and give them the form in which they enter a prompt.
Does not: let a model write any of it: memory is what the person wrote, and is used only while they have it on.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.upserts import insert_into
from causerie.chat.personal_tables import Memory, Personal
from causerie.database.tables import new_id, now
from causerie.errors import InvalidRequest, NotFound

MOST_MEMORIES = 200
REMEMBERED = "What this person asked you to remember:"


@dataclass(frozen=True)
class Choices:
    """What a person chose; these are what holds until they do."""

    instructions: str = ""
    instructions_enabled: bool = True
    memory_enabled: bool = False


async def choices(session: AsyncSession, person_id: str) -> Choices:
    """What the person chose."""
    row = await session.get(Personal, person_id)
    if row is None:
        return Choices()
    return Choices(row.instructions, row.instructions_enabled, row.memory_enabled)


async def choose(session: AsyncSession, person_id: str, given: dict[str, Any]) -> Choices:
    """Change what is given of the fields of `Choices`."""
    values = {**vars(await choices(session, person_id)), **given}
    statement = insert_into(session, Personal).values(person_id=person_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=values))
    return Choices(**values)


async def prompt_parts(session: AsyncSession, person_id: str) -> list[str]:
    """What of instructions and memory enters a system prompt."""
    chosen = await choices(session, person_id)
    parts = [chosen.instructions] if chosen.instructions_enabled and chosen.instructions else []
    if chosen.memory_enabled:
        remembered = await memories(session, person_id)
        if remembered:
            parts.append("\n".join([REMEMBERED, *(f"- {each.text}" for each in remembered)]))
    return parts


async def memories(session: AsyncSession, person_id: str) -> list[Memory]:
    """All that the person wants remembered, oldest first."""
    query = select(Memory).where(Memory.person_id == person_id).order_by(Memory.id)
    return list(await session.scalars(query))


async def remember(session: AsyncSession, person_id: str, text: str) -> Memory:
    """Remember one thing more.

    Raises:
        InvalidRequest: There are `MOST_MEMORIES` already.
    """
    there = await session.scalar(select(func.count()).where(Memory.person_id == person_id)) or 0
    if there >= MOST_MEMORIES:
        raise InvalidRequest(
            "{limit} things are remembered, which is the limit", limit=MOST_MEMORIES, hint="remove one first"
        )
    memory = Memory(id=new_id("memory"), person_id=person_id, text=" ".join(text.split()))
    session.add(memory)
    await session.flush()
    return memory


async def rewrite(session: AsyncSession, person_id: str, memory_id: str, text: str) -> Memory:
    """Remember it in other words.

    Raises:
        NotFound: They have no such memory.
    """
    memory = await session.get(Memory, memory_id)
    if memory is None or memory.person_id != person_id:
        raise NotFound("there is no such memory")
    memory.text, memory.updated_at = " ".join(text.split()), now()
    return memory


async def forget(session: AsyncSession, person_id: str, memory_id: str | None = None) -> None:
    """Forget one thing, or everything (None).

    Raises:
        NotFound: They have no such memory.
    """
    gone = delete(Memory).where(Memory.person_id == person_id)
    if memory_id is not None:
        gone = gone.where(Memory.id == memory_id)
    if not list(await session.scalars(gone.returning(Memory.id))) and memory_id is not None:
        raise NotFound("there is no such memory")
