"""Fetches one large file: in parallel pieces, resumable, checked.

Does: ask for ranges over several connections, go on where a connection broke, go on after the process died, follow a
link that expired, and compare the SHA-256, which is computed while the pieces come.
Does not: know the hub; it is given a function that says where the bytes are now.
Try it: causerie pull hf:ggml-org/SmolLM3-3B-GGUF    (press Ctrl-C, and again the same: it goes on)
"""

import asyncio
import hashlib
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp
import structlog

from causerie.errors import DownloadError, HubUnreachable
from causerie.inference.hub import Location
from causerie.inference.partial import Partial, opened

Progress = Callable[[int, int], None]
"""Called from the event loop with the bytes that are there and how many there will be."""

CONNECTIONS = 8
"""Connections at once: one seldom fills a line, and hubs slow down who opens many."""
PIECE_BYTES = 2**24
"""Bytes asked for at once (16 MiB): what a death of the process costs at most, for each connection."""
ATTEMPTS = 8
"""Failures in a row, without a byte in between, after which it is given up."""
MAX_PAUSE_S = 30.0
_WRITE_BYTES = 2**20
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_EXPIRED = frozenset({401, 403, 404, 410})
Result = TypeVar("Result")
_CONTENT_RANGE = re.compile(r"bytes (?P<start>\d+)-\d+/(?P<size>\d+|\*)$")
_logger = structlog.get_logger(__name__)


class _RangesIgnored(Exception):
    """The server answers a range with the whole file."""


class _Broken(Exception):
    """This attempt failed in a way that the next may not; `pause_s` is what the server asked to wait."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


@dataclass
class _Range:
    """Bytes still to come, from `at` to before `end`."""

    at: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """What to fetch."""

    locate: Callable[[], Awaitable[Location]]
    """Says where the bytes are now; asked again when a link has expired."""
    target: Path
    """Where the file shall be; its parts lie beside it until it is whole."""
    sha256: str = ""
    """What the bytes must add up to (empty = unknown: nothing is resumed or compared)."""
    pause_s: float = 0.5
    """First pause after a failure; each further one is twice as long."""


async def fetch(client: aiohttp.ClientSession, wanted: Fetch, progress: Progress | None = None) -> str:
    """Fetch a file and give its SHA-256, in hexadecimal.

    Raises:
        ChecksumMismatch: The bytes are not those announced; they are thrown away.
        Conflict: Another process fetches the same.
        DiskFull: There is no room for it, seen before the first byte.
        HubUnreachable: The connection broke too often; what is there is kept for the next time.
        DownloadError: The file changed meanwhile, or its size is not known.
    """
    location = await wanted.locate()
    if location.size_bytes <= 0:
        raise DownloadError("the hub does not say how large {file} is", file=wanted.target.name)
    with opened(wanted.target, location.size_bytes, wanted.sha256 or location.version, wanted.sha256) as partial:
        work = _Work(client, wanted, partial, location, progress)
        try:
            digest = await work.in_pieces()
        except ExceptionGroup as group:
            error = _first(group)
            if not isinstance(error, _RangesIgnored):
                raise error from None
            _logger.debug("the server gives no ranges: one stream", file=wanted.target.name)
            digest = await work.in_one_stream()
        partial.complete(digest)
    return digest


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """The error that ended parallel work: the first of them, whatever followed from it."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


async def _in_thread(function: Callable[..., Result], *arguments: object) -> Result:
    """Run in a thread, to its end even when cancelled: the file must stay open as long as it is used."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


class _Work:
    """One fetch in progress."""

    def __init__(
        self,
        client: aiohttp.ClientSession,
        wanted: Fetch,
        partial: Partial,
        location: Location,
        progress: Progress | None,
    ) -> None:
        self._client = client
        self._wanted = wanted
        self._partial = partial
        self._location = location
        self._progress = progress
        self._received = partial.done_bytes
        self._finished = asyncio.Event()
        self._relocating = asyncio.Lock()  # protects `_location`

    async def in_pieces(self) -> str:
        """Fetch what is missing over several connections; returns the digest of the whole."""
        pieces = self._partial.missing(PIECE_BYTES)[::-1]
        self._report(0)

        async def connection() -> None:
            while pieces:
                start, end = pieces.pop()
                await self._piece(_Range(start, end))
                await _in_thread(self._partial.finish, start, end)
                self._finished.set()

        async with asyncio.TaskGroup() as group:
            hashing = group.create_task(self._hash())
            for _ in range(min(CONNECTIONS, len(pieces))):
                group.create_task(connection())
        return hashing.result()

    async def in_one_stream(self) -> str:
        """Fetch the whole over one connection, from the beginning after every failure."""
        size = self._partial.size_bytes
        self._report(-self._received)
        whole = _Range(0, size)
        self._partial.restart()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._stream(whole, whole=True)
                break
            except (aiohttp.ClientError, TimeoutError, _Broken) as error:
                await self._pause(attempt, error)
                self._report(-whole.at)
                whole.at = 0
        await _in_thread(self._partial.finish, 0, size)
        return await self._hash()

    async def _piece(self, piece: _Range) -> None:
        """Fetch one range, however often its connection breaks, as long as something comes in between."""
        failures = 0
        while piece.at < piece.end:
            before = piece.at
            try:
                await self._stream(piece)
            except (aiohttp.ClientError, TimeoutError, _Broken) as error:
                failures = 1 if piece.at > before else failures + 1
                await self._pause(failures, error)

    async def _stream(self, piece: _Range, *, whole: bool = False) -> None:
        """Ask once, and write what comes; `piece.at` moves with it."""
        location = self._location
        asked = {} if whole else {"Range": f"bytes={piece.at}-{piece.end - 1}"}
        async with self._client.get(location.url, headers=location.headers | asked) as answer:
            await self._check(answer, location, piece, whole=whole)
            await self._receive(answer.content, piece)
        if piece.at < piece.end:
            raise _Broken("the connection ended early")

    async def _receive(self, content: aiohttp.StreamReader, piece: _Range) -> None:
        """Write what comes, in large blocks; what came before a connection broke is kept too."""
        waiting = bytearray()

        async def write() -> None:
            nonlocal waiting
            block, waiting = waiting, bytearray()
            await _in_thread(self._partial.write, piece.at, block)
            piece.at += len(block)
            self._report(len(block))

        try:
            async for chunk in content.iter_any():
                waiting += chunk[: piece.end - piece.at - len(waiting)]
                if len(waiting) >= _WRITE_BYTES:
                    await write()
                if piece.at + len(waiting) == piece.end:
                    break
        except (aiohttp.ClientError, TimeoutError):
            await write()
            raise
        await write()

    async def _check(self, answer: aiohttp.ClientResponse, location: Location, piece: _Range, *, whole: bool) -> None:
        """Whether this answer holds the bytes that were asked for."""
        size = self._partial.size_bytes
        if answer.status in _EXPIRED:
            await self._relocate(location)
            raise _Broken(f"status {answer.status}")
        if answer.status in _RETRIED:
            raise _Broken(f"status {answer.status}", _retry_after(answer))
        if answer.status == 206:
            given = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
            if given is None or int(given["start"]) != piece.at or given["size"] not in {"*", str(size)}:
                raise self._changed()
        elif answer.status == 200:
            if not whole and (piece.at, piece.end) != (0, size):
                raise _RangesIgnored
            if answer.content_length not in {None, size}:
                raise self._changed()
        elif answer.status == 416:
            raise self._changed()
        else:
            raise HubUnreachable(
                "{hub} answered with status {status}", hub=str(location.url.origin()), status=answer.status
            )

    async def _relocate(self, expired: Location) -> None:
        """Ask where the bytes are now, unless another connection has just done so."""
        async with self._relocating:
            if self._location is not expired:
                return
            self._location = await self._wanted.locate()
            if (self._location.size_bytes, self._location.version) != (expired.size_bytes, expired.version):
                raise self._changed()

    async def _hash(self) -> str:
        """Follow the finished pieces with the digest, so that nothing is left to read at the end."""
        digest, offset = hashlib.sha256(), 0
        while offset < self._partial.size_bytes:
            reached = await _in_thread(self._partial.hash_from, digest, offset)
            if reached == offset:
                await self._finished.wait()
                self._finished.clear()
            offset = reached
        return digest.hexdigest()

    async def _pause(self, failures: int, error: Exception) -> None:
        """Wait before the next attempt, or give up."""
        if failures >= ATTEMPTS:
            raise HubUnreachable(
                "{file} stopped coming: {reason}", file=self._wanted.target.name, reason=str(error) or repr(error),
                hint="run the same command again: it goes on where it stopped",
            ) from error  # fmt: skip
        pause = min(self._wanted.pause_s * 2 ** (failures - 1), MAX_PAUSE_S) * random.uniform(0.5, 1)  # noqa: S311
        asked = min(error.pause_s, MAX_PAUSE_S) if isinstance(error, _Broken) else 0.0
        _logger.debug("a connection broke", file=self._wanted.target.name, error=repr(error), failures=failures)
        await asyncio.sleep(max(pause, asked))

    def _report(self, more_bytes: int) -> None:
        self._received += more_bytes
        if self._progress:
            self._progress(self._received, self._partial.size_bytes)

    def _changed(self) -> DownloadError:
        self._partial.discard()
        return DownloadError(
            "{file} changed on the hub while it was fetched", file=self._wanted.target.name, hint="run it again"
        )


def _retry_after(answer: aiohttp.ClientResponse) -> float:
    """Seconds that the server asks to wait (0 = it does not say, or gives a date)."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0
