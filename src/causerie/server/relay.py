"""From an engine's reply to the client: whole, or event by event.

Does: begin an answer only when its first event is here, so that a failure before it has a real HTTP status; say in
the stream what breaks it later; keep quiet connections alive; stop the engine at once when the client goes away.
Does not: look into events; each dialect gives a stage that does.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from types import TracebackType
from typing import Self

from starlette.types import Receive, Scope, Send

from causerie.errors import CauserieError, EngineUnavailable
from causerie.inference.contract import Reply
from causerie.server.errors import CLIENT_CLOSED_REQUEST, error_event
from causerie.server.records import Record, record_of

HEARTBEAT_S = 10.0
"""Silence after which a stream gets a comment; proxies and clients give up after 30 s to 60 s."""
WATCH_AFTER_S = 0.05
"""An answer that is complete sooner is not watched: a task that watches is a tenth of what a short answer costs."""
STREAM_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
Opened = AbstractAsyncContextManager[Reply]
Stage = Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes]]
"""What a dialect makes of an engine's events."""
Finish = Callable[[bytes], bytes]
"""What a dialect makes of an engine's whole answer."""


class ClientGone(Exception):
    """The client closed the connection before its answer was complete."""


class WhileConnected:
    """A context that is cancelled when the client goes away, and then raises `ClientGone`.

    Args:
        receive: The request's channel, its body already read.
        beat: Called after each `HEARTBEAT_S` (None = never).
    """

    def __init__(self, receive: Receive, beat: Callable[[], Awaitable[None]] | None = None) -> None:
        self._receive = receive
        self._beat = beat
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        work = asyncio.current_task()
        if work is None:
            raise RuntimeError("WhileConnected must run in a task")
        self._work = work
        self._cancelling = work.cancelling()
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self._start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if not self._gone:
            if kind is asyncio.CancelledError and self._work.cancelling() > self._cancelling:
                # Only the server's end cancels a request otherwise: say so instead of breaking the connection off.
                self._work.uncancel()
                raise EngineUnavailable("the server is stopping") from None
            return
        if self._work.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise ClientGone from None

    def _start(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S if self._beat else None):
                    message = await self._receive()
            except TimeoutError:
                if self._beat:
                    await self._beat()
                continue
            if message["type"] == "http.disconnect":
                self._gone = True
                self._work.cancel()
                return


class EventStream:
    """The client's side of a stream of server-sent events."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._last_sent = 0.0
        self.started = False

    async def push(self, event: bytes) -> None:
        """Send whole events; the first begins the answer."""
        if not self.started:
            self.started = True
            await self._send({"type": "http.response.start", "status": 200, "headers": list(STREAM_HEADERS)})
        self._last_sent = self._loop.time()
        await self._send({"type": "http.response.body", "body": event, "more_body": True})

    async def beat(self) -> None:
        """Send a comment when nothing was sent for a while."""
        if self.started and self._loop.time() - self._last_sent >= HEARTBEAT_S / 2:
            await self.push(b": keep-alive\n\n")

    async def end(self) -> None:
        """Complete the answer."""
        await self._send({"type": "http.response.body", "body": b""})


async def send_json(send: Send, body: bytes, status: int = 200) -> None:
    """Answer with a JSON body."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def relay_whole(scope: Scope, receive: Receive, send: Send, opened: Opened, finish: Finish) -> None:
    """Answer with the reply as one JSON object.

    Raises:
        CauserieError: The engine refused or failed; nothing was sent.
    """
    record = record_of(scope)
    try:
        async with WhileConnected(receive), opened as reply:
            raw = await reply.read()
    except ClientGone:
        _mark_gone(record)
        return
    record.first_token()
    record.pieces = len(raw) // 4
    await send_json(send, finish(raw))


async def relay_stream(scope: Scope, receive: Receive, send: Send, opened: Opened, stage: Stage) -> None:
    """Answer with the reply's events, as `stage` makes them.

    Raises:
        CauserieError: The engine refused or failed before the first event; nothing was sent.
    """
    record = record_of(scope)
    record.streamed = True
    stream = EventStream(send)
    try:
        async with WhileConnected(receive, stream.beat), opened as reply, aclosing(stage(reply.events())) as events:
            async for event in events:
                await stream.push(event)
                record.pieces += 1
    except ClientGone:
        _mark_gone(record)
        return
    except CauserieError as error:
        if not stream.started:
            raise
        record.error = error.code
        await stream.push(error_event(error))
    except Exception:
        if stream.started:
            await stream.push(error_event(CauserieError("the server failed in the middle of this answer")))
            await stream.end()
        raise
    await stream.end()


def _mark_gone(record: Record) -> None:
    record.cancelled = True
    record.status = record.status or CLIENT_CLOSED_REQUEST
