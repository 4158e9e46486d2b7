"""What a run says while it goes: one value a happening, told to whoever wants to know.

Does: define it. The run folder writes events down, the terminal's panel shows them, writers for other programs may.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

EventKind = Literal[
    "start", "step", "evaluation", "sample", "checkpoint", "rewind", "stop", "end", "failed", "damaged", "resumed",
    "left out", "writer lost",
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """A happening."""

    kind: EventKind
    step: int
    """Steps done when it happened."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Plain numbers and strings, by names that end with their unit."""


Tell = Callable[[Event], None]
