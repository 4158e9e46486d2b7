"""An answer while it is written: in memory, whole, with a number for each piece.

Does: join the pieces, count them, time the first; say what of it goes into its row.
Does not: ask a model (`generation.py`), save (`saving.py`) or tell anyone (`answers.py`).
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from causerie.accounts.identity import Caller
from causerie.database.tables import now
from causerie.errors import CauserieError

Ending = Literal["complete", "stopped", "interrupted", "failed"]


class Joined:
    """A text that grows by pieces."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Append."""
        self._pieces.append(piece)

    @property
    def text(self) -> str:
        """All of it; what was joined once is one piece from then on."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


@dataclass(kw_only=True)
class Running:
    """One answer that is being written, or whose end is not saved yet."""

    message_id: str
    conversation_id: str
    question_id: str
    caller: Caller
    model: str
    parameters: dict[str, Any]
    """Of this question alone, over the conversation's."""
    content: Joined = field(default_factory=Joined)
    reasoning: Joined = field(default_factory=Joined)
    seq: int = 0
    """Pieces so far."""
    saved_seq: int = 0
    """Pieces that are in the row."""
    left_out: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    finish_reason: str | None = None
    status: Ending | None = None
    """How it ended (None = it has not)."""
    error: dict[str, Any] | None = None
    stopping: Ending = "interrupted"
    """What a cancellation of the task means: `stopped` once the person has said so."""
    task: asyncio.Task[None] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Its end is in the row."""
    _started: float = field(default_factory=time.perf_counter)
    _first: float = 0.0

    def add(self, content: str, reasoning: str) -> None:
        """A piece has come."""
        if not self._first:
            self._first = time.perf_counter()
        self.seq += 1
        if content:
            self.content.add(content)
        if reasoning:
            self.reasoning.add(reasoning)

    def fail(self, error: CauserieError) -> None:
        """It ends with this."""
        self.status = "failed"
        self.error = {"code": error.code, "message": error.message, "hint": error.hint or None}

    @property
    def first_token_s(self) -> float:
        """From the question to the first piece (0 = there was none)."""
        return self._first - self._started if self._first else 0.0

    @property
    def total_s(self) -> float:
        """From the question to now."""
        return time.perf_counter() - self._started

    def columns(self) -> dict[str, Any]:
        """What of it goes into its row now."""
        said = {"content": stored(self.content.text), "reasoning": stored(self.reasoning.text)}
        if self.status is None:
            return said
        return {
            **said,
            "status": self.status,
            "error": self.error,
            "finish_reason": self.finish_reason,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "first_token_ms": round(self.first_token_s * 1000) if self.first_token_s else None,
            "total_ms": round(self.total_s * 1000),
            "left_out": self.left_out,
            "ended_at": now(),
        }


def stored(text: str) -> str:
    """The text as every database takes it: PostgreSQL has no NUL, and no database has half a character."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
