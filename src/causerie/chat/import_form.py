"""The one form that every import is brought to, and the checks that all share.

Does: hold an imported conversation; read texts and dates of doubtful origin; put a tree in order.
Does not: know a program; `import_chatgpt.py`, `import_open_webui.py` and `import_causerie.py` do.
"""

import hashlib
import json
import math
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

MOST_MESSAGES = 20_000
"""Of one conversation."""
MOST_CHARACTERS = 1_000_000
"""Of one message."""
MILLISECONDS_FROM = 1e11
"""A date above it counts milliseconds: as seconds it would be in the year 5138."""


class NotUnderstoodError(ValueError):
    """A conversation cannot be read; the message says why."""


@dataclass(kw_only=True)
class ImportedMessage:
    """A message, under the name that the other program gave it."""

    id: str
    parent: str | None
    role: str
    content: str
    reasoning: str = ""
    model: str | None = None
    status: str = "complete"
    created_at: float | None = None
    """Seconds since 1970."""


@dataclass(kw_only=True)
class Imported:
    """A conversation, as another program had it."""

    id: str
    title: str
    messages: dict[str, ImportedMessage]
    """By their names; a parent that is not here makes a message a root."""
    head: str | None = None
    created_at: float | None = None
    updated_at: float | None = None
    pinned: bool = False
    archived: bool = False
    folder: str | None = None
    system: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def finished(name: str, imported: Imported) -> dict[str, Any]:
    """The conversation as JSON, its messages in an order in which parents come first.

    Args:
        name: Of the format.
        imported: As it was read.

    Raises:
        NotUnderstoodError: It has nothing to show, or too much.
    """
    if len(imported.messages) > MOST_MESSAGES:
        raise NotUnderstoodError(f"it has more than {MOST_MESSAGES} messages")
    ordered = in_order(imported.messages)
    if not ordered:
        raise NotUnderstoodError("it has no messages")
    moments = [message.created_at for message in ordered if message.created_at is not None]
    created = imported.created_at or min(moments, default=time.time())
    updated = imported.updated_at or max(moments, default=created)
    names = {message.id for message in ordered}
    head = imported.head if imported.head in names else ordered[-1].id
    for message in ordered:
        message.created_at = message.created_at or created
    return {
        "key": f"{name}:{_short(imported.id) or _digest(ordered)}",
        "id": imported.id,
        "title": imported.title[:200],
        "created_at": created,
        "updated_at": updated,
        "pinned": imported.pinned,
        "archived": imported.archived,
        "folder": imported.folder,
        "system": imported.system,
        "parameters": imported.parameters,
        "head": head,
        "messages": [asdict(message) for message in ordered],
    }


def in_order(messages: dict[str, ImportedMessage]) -> list[ImportedMessage]:
    """Parents before children, elder before younger; one that would be its own ancestor becomes a root."""
    children: dict[str | None, list[ImportedMessage]] = {}
    for message in messages.values():
        if message.parent not in messages or message.parent == message.id:
            message.parent = None
        children.setdefault(message.parent, []).append(message)
    for siblings in children.values():
        siblings.sort(key=lambda message: message.created_at or 0)
    ordered: list[ImportedMessage] = []
    seen: set[str] = set()
    waiting = children.get(None, [])[::-1]
    candidates = iter(messages.values())
    while True:
        while waiting:
            message = waiting.pop()
            if message.id not in seen:
                seen.add(message.id)
                ordered.append(message)
                waiting.extend(reversed(children.get(message.id, [])))
        lost = next((message for message in candidates if message.id not in seen), None)
        if lost is None:
            return ordered
        lost.parent = None  # a circle: it is opened here
        waiting.append(lost)


def without(messages: dict[str, ImportedMessage], skipped: dict[str, str | None]) -> None:
    """Hang messages whose parents are left out under the nearest ancestor that is there.

    Args:
        messages: Those that stay.
        skipped: Parent of each that does not, by name.
    """
    for message in messages.values():
        seen: set[str] = set()
        while message.parent in skipped and message.parent not in seen:
            seen.add(message.parent)
            message.parent = skipped[message.parent]


def text(value: object) -> str:
    """A text of bounded length, whole characters only."""
    if not isinstance(value, str):
        return ""
    if len(value) > MOST_CHARACTERS:
        raise NotUnderstoodError(f"one of its messages has more than {MOST_CHARACTERS} characters")
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def name_of(value: object) -> str | None:
    """An id or a model's name (None = it is none)."""
    return text(value)[:96] or None if isinstance(value, str) else None


def moment(value: object) -> float | None:
    """Seconds since 1970 of a date in seconds, milliseconds or ISO 8601 (None = it is none)."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return None
        value = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    seconds = value / 1000 if value > MILLISECONDS_FROM else float(value)
    return seconds if 0 < seconds < time.time() + 86_400 else None


def _short(given: str) -> str:
    return given if len(given) <= 64 else hashlib.sha256(given.encode()).hexdigest()


def _digest(ordered: list[ImportedMessage]) -> str:
    said = json.dumps([(message.role, message.content) for message in ordered])
    return hashlib.sha256(said.encode()).hexdigest()
