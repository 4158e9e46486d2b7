"""`/api/search`: all that one said and was told, by its words.

Does: parse, search, answer.
Does not: mark words; `chat/search.py` does.
Try it: curl 'http://127.0.0.1:8080/api/search?q=ete'
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from causerie.chat import search, views
from causerie.chat.desk import Desk
from causerie.server.accounts_schema import Told
from causerie.server.conversations_schema import Cursor, dumped
from causerie.server.identity import Signed

MOST_CHARACTERS = 400


class Part(Told):
    """A piece of a text, and whether it is one of the words looked for."""

    text: str
    hit: bool


class TitleHit(views.Summary):
    """A conversation whose title holds all the words."""

    title_parts: list[Part]


class Hit(Told):
    """A message that holds all the words."""

    conversation_id: str
    title: str
    message_id: str
    role: Literal["user", "assistant"]
    parts: list[Part]
    """What is around the first of the words."""
    created_at: views.Instant


class Found(Told):
    """A page of what was found, newest first."""

    titles: list[TitleHit]
    """Of the first page only."""
    items: list[Hit]
    next: str | None


def search_routes(desk: Desk) -> APIRouter:
    """The search."""
    routes = APIRouter(tags=["Conversations"])

    @routes.get("/api/search", summary="Search in all conversations", response_model=Found)
    async def find(
        caller: Signed, q: Annotated[str, Query(max_length=MOST_CHARACTERS)], cursor: Cursor | None = None
    ) -> Response:
        async with desk.database.read() as session:
            found = await search.search(session, caller.person_id, q, cursor)
        titles = [
            TitleHit(**each.summary.model_dump(), title_parts=[Part(**vars(part)) for part in each.parts])
            for each in found.titles
        ]
        items = [Hit(**{**vars(each), "parts": [vars(part) for part in each.parts]}) for each in found.items]
        return dumped(Found(titles=titles, items=items, next=found.next))

    return routes
