"""`/api/prompts`, `/api/personal`, `/api/memories`: what a person wants models to know and to be asked.

Does: parse, call, answer.
Does not: put any of it into a prompt; `chat/prompt.py` does.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints

from causerie.chat import personal, saved_prompts, views
from causerie.chat.desk import Desk
from causerie.chat.personal_tables import Memory, SavedPrompt
from causerie.server.accounts_schema import Asked, Id, Page, ShortName, Told
from causerie.server.identity import Member, Signed

CREATED, NO_CONTENT = 201, 204
PromptText = Annotated[str, StringConstraints(min_length=1, max_length=32_000)]
MemoryText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Instructions = Annotated[str, StringConstraints(max_length=8_000)]


class VariableTold(Told):
    """A gap in a prompt."""

    name: str
    default: str


class PromptTold(Told):
    """A prompt of the library."""

    id: str
    name: str
    content: str
    variables: list[VariableTold]
    """Of the form `{{name}}` or `{{name|default}}` in its content."""
    updated_at: views.Instant


class NewPrompt(Asked):
    """A prompt to be kept."""

    name: ShortName
    content: PromptText


class PromptChange(Asked):
    """What is to change; null = it stays."""

    name: ShortName | None = None
    content: PromptText | None = None


class PersonalTold(Told):
    """How models should answer."""

    instructions: str
    instructions_enabled: bool
    memory_enabled: bool


class PersonalChange(Asked):
    """What is to change; null = it stays."""

    instructions: Instructions | None = None
    instructions_enabled: bool | None = None
    memory_enabled: bool | None = None


class MemoryTold(Told):
    """Something to remember."""

    id: str
    text: str
    created_at: views.Instant
    updated_at: views.Instant


class MemoryAsked(Asked):
    """Something to remember."""

    text: MemoryText


def prompt_routes(desk: Desk) -> APIRouter:
    """The library of prompts."""
    routes = APIRouter(tags=["Personal"])

    @routes.get("/api/prompts", summary="Your prompts")
    async def listed(caller: Signed) -> Page[PromptTold]:
        async with desk.database.read() as session:
            return Page(items=[_prompt(each) for each in await saved_prompts.listed(session, caller.person_id)])

    @routes.post("/api/prompts", summary="Keep a prompt", status_code=CREATED)
    async def create(caller: Member, asked: NewPrompt) -> PromptTold:
        async with desk.database.write() as session:
            return _prompt(await saved_prompts.create(session, caller.person_id, asked.name, asked.content))

    @routes.patch("/api/prompts/{prompt_id}", summary="Change a prompt")
    async def change(caller: Member, prompt_id: Id, asked: PromptChange) -> PromptTold:
        async with desk.database.write() as session:
            changed = await saved_prompts.change(
                session, caller.person_id, prompt_id, name=asked.name, content=asked.content
            )
            return _prompt(changed)

    @routes.delete("/api/prompts/{prompt_id}", summary="Remove a prompt", status_code=NO_CONTENT)
    async def remove(caller: Member, prompt_id: Id) -> None:
        async with desk.database.write() as session:
            await saved_prompts.remove(session, caller.person_id, prompt_id)

    return routes


def personal_routes(desk: Desk) -> APIRouter:
    """Instructions and memory."""
    routes = APIRouter(tags=["Personal"])

    @routes.get("/api/personal", summary="Your instructions, and whether memory is on")
    async def choices(caller: Signed) -> PersonalTold:
        async with desk.database.read() as session:
            return PersonalTold(**vars(await personal.choices(session, caller.person_id)))

    @routes.patch("/api/personal", summary="Change them")
    async def choose(caller: Member, asked: PersonalChange) -> PersonalTold:
        async with desk.database.write() as session:
            chosen = await personal.choose(session, caller.person_id, asked.model_dump(exclude_none=True))
        return PersonalTold(**vars(chosen))

    @routes.get("/api/memories", summary="What models should remember")
    async def listed(caller: Signed) -> Page[MemoryTold]:
        async with desk.database.read() as session:
            return Page(items=[_memory(each) for each in await personal.memories(session, caller.person_id)])

    @routes.post("/api/memories", summary="Remember this", status_code=CREATED)
    async def remember(caller: Member, asked: MemoryAsked) -> MemoryTold:
        async with desk.database.write() as session:
            return _memory(await personal.remember(session, caller.person_id, asked.text))

    @routes.patch("/api/memories/{memory_id}", summary="Remember it in other words")
    async def rewrite(caller: Member, memory_id: Id, asked: MemoryAsked) -> MemoryTold:
        async with desk.database.write() as session:
            return _memory(await personal.rewrite(session, caller.person_id, memory_id, asked.text))

    @routes.delete("/api/memories/{memory_id}", summary="Forget this", status_code=NO_CONTENT)
    async def forget(caller: Member, memory_id: Id) -> None:
        async with desk.database.write() as session:
            await personal.forget(session, caller.person_id, memory_id)

    @routes.delete("/api/memories", summary="Forget everything", status_code=NO_CONTENT)
    async def forget_all(caller: Member) -> None:
        async with desk.database.write() as session:
            await personal.forget(session, caller.person_id)

    return routes


def _prompt(row: SavedPrompt) -> PromptTold:
    gaps = [VariableTold(name=each.name, default=each.default) for each in saved_prompts.variables(row.content)]
    return PromptTold(id=row.id, name=row.name, content=row.content, variables=gaps, updated_at=row.updated_at)


def _memory(row: Memory) -> MemoryTold:
    return MemoryTold(id=row.id, text=row.text, created_at=row.created_at, updated_at=row.updated_at)
