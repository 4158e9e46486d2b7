"""`/api/events`: what happens in a person's conversations, as it happens.

Does: send live events as server-sent events; go on after `Last-Event-ID`, or say in the first event that the page
must look anew; send what there is of running answers to whoever begins; end the stream when its sign-in ends.
Does not: keep events; `chat/live.py` does.
Form: https://html.spec.whatwg.org/multipage/server-sent-events.html
Try it: curl -N http://127.0.0.1:8080/api/events
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from causerie.accounts.identity import Caller
from causerie.chat import conversations
from causerie.chat.desk import Desk
from causerie.chat.live import Reader
from causerie.errors import CauserieError, DatabaseUnavailable
from causerie.server.accounts_schema import Id
from causerie.server.identity import Signed
from causerie.server.relay import ClientGone, EventStream, WhileConnected

Still = Callable[[Caller], Awaitable[bool]]
POSITION = Query(max_length=64)
RETRY_MS = 1_000
"""After which a browser comes back when a stream breaks off."""


class EventsResponse(Response):
    """A stream that ends when the client goes, reads too slowly, or may not read any more.

    Args:
        reader: What the client has not had yet.
        first: Events that come before.
        may_go_on: Asked at each beat.
    """

    media_type = "text/event-stream"

    def __init__(self, reader: Reader, first: bytes, may_go_on: Callable[[], Awaitable[bool]]) -> None:
        super().__init__()
        self._reader = reader
        self._first = first
        self._may_go_on = may_go_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        """Send until somebody ends it."""
        stream, work = EventStream(send), asyncio.current_task()

        async def beat() -> None:
            try:
                good = await self._may_go_on()
            except DatabaseUnavailable:  # nobody knows, and meanwhile nothing happens that could be told
                good = True
            if good:
                await stream.beat()
            elif work is not None:
                work.cancel()

        try:
            with self._reader:
                async with WhileConnected(receive, beat):
                    await stream.push(self._first)
                    async for events in _all(self._reader):
                        await stream.push(events)
        except ClientGone:
            return
        except CauserieError:  # the server stops, or the sign-in ended: the page comes back when there is one again
            pass
        await stream.end()


async def _all(reader: Reader) -> AsyncIterator[bytes]:
    while (events := await reader.read()) is not None:
        yield events


def event_routes(desk: Desk, still: Still) -> APIRouter:
    """The one stream of each tab.

    Args:
        desk: Of this server.
        still: Whether what a caller showed is good yet.
    """
    routes = APIRouter(tags=["Conversations"])

    @routes.get(
        "/api/events",
        summary="Live events",
        status_code=200,
        response_class=Response,  # not the one below, of which FastAPI would say that each event is a text
        responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
    )
    async def events(
        caller: Signed,
        conversation: Id | None = None,
        after: Annotated[str | None, POSITION] = None,
        last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    ) -> Response:
        if conversation is not None:
            async with desk.database.read() as session:
                await conversations.by_id(session, caller.person_id, conversation)
        reader = desk.live.listen(caller.person_id, conversation, last_event_id or after)
        first = b"retry: %d\n" % RETRY_MS + event(reader.position, "ready", {"resumed": reader.resumed})
        if conversation is not None and not reader.resumed:
            first += b"".join(
                event(reader.position, "snapshot", each) for each in desk.answers.snapshots(conversation)
            )
        return EventsResponse(reader, first, lambda: still(caller))

    return routes


def event(position: str, name: str, content: dict[str, Any]) -> bytes:
    """One event of this stream alone."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"id: {position}\nevent: {name}\ndata: {body}\n\n".encode()
