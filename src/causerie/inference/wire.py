"""HTTP towards engines: one POST, its failures as our errors, its stream as whole server-sent events.

Does: send a JSON body and a key; turn each way to fail into one error; cut a byte stream into whole events.
Does not: choose a server, retry or look into events; `llama.py` and `upstream.py` do.

An event is passed on as the bytes in which it came. Servers end lines with LF or CRLF; what leaves here has LF.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from causerie.errors import CauserieError

DONE = b"data: [DONE]\n\n"
"""The event that ends every complete stream."""
MAX_BODY_BYTES = 64 * 2**20
"""Longest whole answer, and longest single event: far above any answer, far below what would hurt."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds (None = as long as it takes)."""

    connect_s: float = 5.0
    first_byte_s: float | None = None
    """From the request sent to the first byte of the answer."""
    idle_s: float | None = None
    """Between two pieces of a streamed answer."""


@dataclass(frozen=True, kw_only=True)
class Failures:
    """What the ways to fail are called for one kind of server."""

    unreachable: Callable[[str], CauserieError]
    """No connection; takes the reason. Nothing was asked: another server may be."""
    timed_out: Callable[[str], CauserieError]
    """No byte in time; takes what was waited for."""
    broken: Callable[[str], CauserieError]
    """It died, or talked nonsense, in the middle of an answer; takes the reason."""
    refused: Callable[[int, dict[str, Any], float | None], CauserieError]
    """It answered with this status and error object; Retry-After in seconds when it said one."""


def client_session(*, keep_alive: bool) -> aiohttp.ClientSession:
    """A session for engines; the caller closes it.

    Args:
        keep_alive: Reuse connections. llama.cpp's listener closes idle connections at the moment when aiohttp reuses
            them: 8 to 13 of 75 streams failed so; with a connection each, none.
    """
    # A client must never wait for another client's answer: the server bounds how many are in progress.
    connector = aiohttp.TCPConnector(limit=0, force_close=not keep_alive)
    return aiohttp.ClientSession(connector=connector, auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar())


def error_object(body: bytes) -> dict[str, Any]:
    """OpenAI's error object out of an error answer, whatever the server's dialect; always with a `message`.

    Forms seen: `{"error": {...}}` (OpenAI, llama.cpp), `{"error": "text"}` (Ollama), `{"detail": ...}` (FastAPI),
    `{"object": "error", "message": ...}` (older vLLM), plain text (proxies).
    """
    try:
        answer = json.loads(body)
    except (ValueError, UnicodeDecodeError):
        answer = body.decode(errors="replace").strip()[:500]
    if isinstance(answer, dict):
        for found in (answer.get("error"), answer.get("detail"), answer if "message" in answer else None):
            if isinstance(found, dict) and found.get("message"):
                return found
            if found:
                return {"message": found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)}
    return {"message": answer if isinstance(answer, str) and answer else "it gave no reason"}


@asynccontextmanager
async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    *,
    key: str | None,
    timeouts: Timeouts,
    failures: Failures,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Send a JSON body and give the answer once it is known to be one; leaving the context closes the connection.

    Raises:
        CauserieError: As `failures` says, before or, for the body that is read inside, in the context.
    """
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    limits = aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect_s, sock_read=timeouts.first_byte_s)
    try:
        # A redirect is not followed: it could carry the key to another host.
        response = await session.post(url, data=body, headers=headers, timeout=limits, allow_redirects=False)
    except aiohttp.ConnectionTimeoutError as error:
        raise failures.unreachable("no connection in time") from error
    except TimeoutError as error:
        raise failures.timed_out("the first byte of its answer") from error
    except aiohttp.ClientConnectorError as error:
        raise failures.unreachable(error.strerror or str(error.os_error)) from error
    except (aiohttp.ClientError, OSError) as error:
        raise failures.unreachable(str(error) or type(error).__name__) from error
    try:
        if response.status >= 300:
            raise failures.refused(response.status, error_object(await _read(response, failures)), _wait(response))
        yield response
    finally:
        # An answer read to its end has given its connection back; one left in the middle must end the work.
        response.close()


def _wait(response: aiohttp.ClientResponse) -> float | None:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None


async def _read(response: aiohttp.ClientResponse, failures: Failures) -> bytes:
    try:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise failures.broken(f"its answer is longer than {MAX_BODY_BYTES} bytes")
    except TimeoutError as error:
        raise failures.timed_out("the rest of its answer") from error
    except (aiohttp.ClientError, OSError) as error:
        raise failures.broken("it closed the connection") from error
    return bytes(body)


async def read_whole(response: aiohttp.ClientResponse, failures: Failures) -> bytes:
    """The whole body of an unstreamed answer.

    Raises:
        CauserieError: `failures.broken` or `failures.timed_out`.
    """
    return await _read(response, failures)


async def read_events(
    response: aiohttp.ClientResponse, timeouts: Timeouts, failures: Failures
) -> AsyncIterator[bytes]:
    """The events of a streamed answer, to its end, each whole; an error event is raised, not given.

    Raises:
        CauserieError: `failures.broken` when the connection ends badly, `failures.refused` for an error event,
            `failures.timed_out` when nothing comes for `idle_s`.
    """
    try:
        async for event in split_events(_chunks(response, timeouts.idle_s)):
            if event.startswith((b'data: {"error"', b'data:{"error"', b"error:", b"event: error")):
                raise failures.refused(500, _error_in(event), None)
            yield event
    except TimeoutError as error:
        raise failures.timed_out("the next piece of its answer") from error
    except EventTooLongError as error:
        raise failures.broken(str(error)) from error
    except (aiohttp.ClientError, OSError) as error:
        raise failures.broken("it closed the connection") from error


def _error_in(event: bytes) -> dict[str, Any]:
    for line in event.split(b"\n"):
        if line.startswith((b"data:", b"error:")):
            return error_object(line.partition(b":")[2].strip())
    return {"message": "it gave no reason"}


async def _chunks(response: aiohttp.ClientResponse, idle_s: float | None) -> AsyncIterator[bytes]:
    read = response.content.readany
    if idle_s is None:
        while chunk := await read():
            yield chunk
        return
    while True:
        async with asyncio.timeout(idle_s):
            chunk = await read()
        if not chunk:
            return
        yield chunk


class EventTooLongError(ValueError):
    """A stream holds an event longer than `MAX_BODY_BYTES`."""


async def split_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Cut a byte stream into whole server-sent events, each with its blank line; half an event at the end is dropped.

    The cut is at line ends, so no character is ever cut in two.
    """
    rest = b""
    async for chunk in chunks:
        rest = rest + chunk if rest else chunk
        if b"\r" in rest:
            rest = rest.replace(b"\r\n", b"\n")
        if rest.endswith(b"\n\n") and rest.count(b"\n\n") == 1:
            yield rest  # the usual case: one event came in one piece
            rest = b""
            continue
        *events, rest = rest.split(b"\n\n")
        for event in events:
            if event:
                yield event + b"\n\n"
        if len(rest) > MAX_BODY_BYTES:
            raise EventTooLongError(f"one event is longer than {MAX_BODY_BYTES} bytes")
