"""The forms by their names in a recipe."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from causerie.data.contract import Kind, Removed, Sample
from causerie.data.forms import (
    alpaca,
    documents,
    feedback,
    judgements,
    messages,
    openassistant,
    preferences,
    sharegpt,
)

Form = Literal[
    "documents", "messages", "sharegpt", "alpaca", "openassistant", "openassistant-pairs", "preferences",
    "judgements", "feedback",
]  # fmt: skip
Rows = Iterable[tuple[str, dict[str, Any]]]
Samples = Callable[[Rows], Iterator[Sample | Removed]]

TABLE: Mapping[Form, tuple[Samples, Kind]] = {
    "documents": (documents.samples, "documents"),
    "messages": (messages.samples, "conversations"),
    "sharegpt": (sharegpt.samples, "conversations"),
    "alpaca": (alpaca.samples, "conversations"),
    "openassistant": (openassistant.samples, "conversations"),
    "openassistant-pairs": (openassistant.pairs, "preferences"),
    "preferences": (preferences.samples, "preferences"),
    "judgements": (judgements.samples, "judgements"),
    "feedback": (feedback.samples, "preferences"),
}
"""What makes samples of rows, and of which kind they are."""

WHOLE_FILES: frozenset[Form] = frozenset({"openassistant", "openassistant-pairs"})
"""Forms in which a row belongs to others of its file: several processes must not share the file."""
