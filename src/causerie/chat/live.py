"""Live events: what every tab and device of a person hears the moment it happens.

Does: keep the newest events of each person who listens, or has just looked, in a ring of bounded size; give each
reader what it has not had; resume after the last id that a reader has seen, or say that it cannot.
Does not: speak HTTP (`server/events.py`) or ask the database.

A reader has no queue of its own, only a place in the ring: however many read and however slowly, memory stays. One
that falls behind the ring is cut off and resumes, or begins anew.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel

MOST_EVENTS = 2_000
MOST_BYTES = 256 * 1024
"""Kept for each person."""
MOST_S = 30.0
"""How old an event grows: a page that comes back later looks anew, which costs it one request. Without this limit the
memory of a busy team goes on growing for hours, up to `MOST_BYTES` for each of them."""
KEPT_S = 120.0
"""How long a ring without readers goes on being filled: the time between a page's look and its listening."""


class Event(NamedTuple):
    """One event as it is sent."""

    number: int
    about: str | None
    """The conversation that it concerns; only who watches that one hears it (None = everybody of the person)."""
    data: bytes
    at_s: float


class Ring:
    """The newest events of one person."""

    def __init__(self, now_s: float) -> None:
        self.epoch = secrets.token_hex(4)
        """Another ring, another epoch: what happened between two rings is not known."""
        self.events: deque[Event] = deque()
        self.number = 0
        """Of the newest event."""
        self.floor = 0
        """All events with a higher number are here."""
        self.readers: set[Reader] = set()
        self.used_s = now_s
        self._bytes = 0

    @property
    def position(self) -> str:
        """The id of the newest event."""
        return f"{self.epoch}.{self.number}"

    def put(self, name: str, body: bytes, about: str | None, now_s: float) -> None:
        """Add an event, and wake who reads."""
        self.number += 1
        data = b"id: %s\nevent: %s\ndata: %s\n\n" % (self.position.encode(), name.encode(), body)
        self.events.append(Event(self.number, about, data, now_s))
        self._bytes += len(data)
        while len(self.events) > MOST_EVENTS or (self._bytes > MOST_BYTES and len(self.events) > 1):
            self._forget_oldest()
        self.tidy(now_s)
        for reader in self.readers:
            reader.news.set()

    def tidy(self, now_s: float) -> None:
        """Forget the events that are old."""
        while self.events and self.events[0].at_s < now_s - MOST_S:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = self.events.popleft()
        self.floor = oldest.number
        self._bytes -= len(oldest.data)

    def number_of(self, position: str | None) -> int | None:
        """The event's number, if all that came after it is here (None = it is not)."""
        epoch, _, number = (position or "").partition(".")
        if epoch != self.epoch or not number.isdecimal() or len(number) > 18:
            return None
        return int(number) if self.floor <= int(number) <= self.number else None


class Reader:
    """One tab that listens. `Live.listen` makes one; leave its context when it goes.

    Args:
        ring: Of the person.
        about: The conversation that it shows (None = none).
        after: Id of the last event that it has had (None = it had none).
    """

    def __init__(self, ring: Ring, about: str | None, after: str | None) -> None:
        known = ring.number_of(after)
        self.resumed = known is not None
        """It gets all that it missed; otherwise it must look at everything anew."""
        self.news = asyncio.Event()
        self._ring = ring
        self._about = about
        self._had = ring.number if known is None else known

    def __enter__(self) -> "Reader":
        self._ring.readers.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._ring.readers.discard(self)
        self._ring.used_s = time.monotonic()

    @property
    def position(self) -> str:
        """Id of the last event that it has had."""
        return f"{self._ring.epoch}.{self._had}"

    async def read(self) -> bytes | None:
        """The next events together, as soon as there is one (None = it was too slow: they are gone)."""
        while True:
            self.news.clear()
            if self._had < self._ring.floor:
                return None
            fresh = [event for event in self._new() if event.about is None or event.about == self._about]
            self._had = self._ring.number
            if fresh:
                return b"".join(event.data for event in fresh)
            await self.news.wait()

    def _new(self) -> list[Event]:
        count = self._ring.number - self._had
        if count >= len(self._ring.events):
            return list(self._ring.events)
        newest = []
        for event in reversed(self._ring.events):
            if event.number <= self._had:
                break
            newest.append(event)
        return newest[::-1]


class Live:
    """The rings of all people who listen."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._rings: dict[str, Ring] = {}
        self._clock = clock

    def position(self, person_id: str) -> str:
        """Where events stand now; what happens from here on is kept for a while. Ask it before reading rows."""
        ring = self._ring(person_id)
        ring.used_s = self._clock()
        return ring.position

    def listen(self, person_id: str, about: str | None = None, after: str | None = None) -> Reader:
        """A reader of this person's events."""
        return Reader(self._ring(person_id), about, after)

    def tell(self, person_id: str, name: str, content: BaseModel | dict[str, Any], about: str | None = None) -> None:
        """Tell the person's tabs; nothing is done when none listens."""
        ring = self._rings.get(person_id)
        if ring is None:
            return
        if isinstance(content, BaseModel):
            body = content.model_dump_json().encode()
        else:
            body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
        ring.put(name, body, about, self._clock())

    def tidy(self) -> None:
        """Forget old events, and the rings that nobody has read for a while."""
        before = self._clock() - KEPT_S
        for ring in self._rings.values():
            ring.tidy(self._clock())
        for person_id in [name for name, ring in self._rings.items() if not ring.readers and ring.used_s < before]:
            del self._rings[person_id]

    def _ring(self, person_id: str) -> Ring:
        if person_id not in self._rings:
            self._rings[person_id] = Ring(self._clock())
        return self._rings[person_id]


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"no JSON form of {type(value).__name__}")
