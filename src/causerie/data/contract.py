"""What flows through the room: samples of four kinds, and what a source and a step are.

Does: define the values that sources give and steps change, and the two contracts.
Does not: read or write anything; see `records.py` for the form on disk.

A sample is one of:

| kind | what it is | trains |
|---|---|---|
| `Document` | a text | pretraining |
| `Conversation` | messages with answers to learn from | fine-tuning |
| `Preference` | two answers to one question, the better one known | DPO |
| `Judgement` | one answer, found good or bad | KTO |
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")
Kind = Literal["documents", "conversations", "preferences", "judgements"]
KINDS: tuple[Kind, ...] = ("documents", "conversations", "preferences", "judgements")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text."""

    id: str
    """Where it is from, unique within its source: a path, a row, a module's name."""
    text: str
    source: str = ""
    """Name of its source in the recipe."""
    language: str = ""
    """ISO 639-1 code (empty = not known)."""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Messages in order, with at least one answer."""

    id: str
    messages: tuple[Message, ...]
    source: str = ""
    language: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Preference:
    """A better and a worse answer to the same messages."""

    id: str
    messages: tuple[Message, ...]
    """Up to the question; the last is not the assistant's."""
    chosen: str
    rejected: str
    source: str = ""
    language: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """An answer that a person found good or bad."""

    id: str
    messages: tuple[Message, ...]
    """Up to the question; the last is not the assistant's."""
    answer: str
    good: bool
    source: str = ""
    language: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


Sample = Document | Conversation | Preference | Judgement

KIND_OF: Mapping[type[Sample], Kind] = {
    Document: "documents",
    Conversation: "conversations",
    Preference: "preferences",
    Judgement: "judgements",
}


def texts(sample: Sample) -> tuple[str, ...]:
    """Every text of a sample, in a fixed order; `with_texts` takes them back in the same."""
    match sample:
        case Document():
            return (sample.text,)
        case Conversation():
            return tuple(message.content for message in sample.messages)
        case Preference():
            return (*(message.content for message in sample.messages), sample.chosen, sample.rejected)
        case Judgement():
            return (*(message.content for message in sample.messages), sample.answer)


def with_texts(sample: Sample, given: tuple[str, ...]) -> Sample:
    """The same sample with other texts, in the order of `texts`."""
    if isinstance(sample, Document):
        return replace(sample, text=given[0])
    turns = tuple(Message(old.role, text) for old, text in zip(sample.messages, given, strict=False))
    if isinstance(sample, Conversation):
        return replace(sample, messages=turns)
    if isinstance(sample, Preference):
        return replace(sample, messages=turns, chosen=given[-2], rejected=given[-1])
    return replace(sample, messages=turns, answer=given[-1])


def whole_text(sample: Sample) -> str:
    """All that a sample says as one text, for the steps that look at it as a whole."""
    return "\n\n".join(texts(sample))


@dataclass(frozen=True)
class Removed:
    """The step took the document out."""

    reason: str
    """Which rule, a word that the report counts by."""
    detail: str = ""
    """What it measured, for the reader of the report."""


@dataclass(frozen=True)
class Edited:
    """The step changed the document."""

    document: Document
    counts: Mapping[str, int]
    """How often, for each reason."""


Outcome = Document | Edited | Removed


class Step(BaseModel):
    """What is done to each document by itself: its options, as the recipe gives them, and `apply`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    conversations: ClassVar[bool] = False
    """It also makes sense for conversations; otherwise they pass untouched."""
    by_message: ClassVar[bool] = True
    """Of a conversation it sees each message by itself (otherwise the whole as one text, which it must not edit)."""
    shows_what_it_cut: ClassVar[bool] = True
    """The report may show the text before (never for personal data)."""

    def apply(self, document: Document) -> Outcome:
        """The document as it is, changed, or removed with the reason."""
        raise NotImplementedError


class ConversationStep(Step):
    """What is done to a conversation as a whole, a question and its answer together; all else passes untouched."""

    conversations = True

    def apply(self, document: Document) -> Outcome:
        """A text by itself passes."""
        return document

    def change(self, conversation: Conversation) -> tuple[Conversation, Mapping[str, int]]:
        """The conversation with as many messages as before, and how often what was done to it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Portion:
    """A part of a source that one process reads by itself: a file, or a range of a large one.

    It is small and the same on every run; a build is resumed portion by portion.
    """

    name: str
    """Of the file or module, as ids and errors say it."""
    path: str = ""
    member: str = ""
    """File of a ZIP archive (empty = the path is the file itself)."""
    start: int = 0
    """First byte, or first row group of a Parquet file."""
    end: int = 0
    """Where the next portion begins (0 = at the end of the file)."""
    size_bytes: int = 0
    """How much there is to read, for the progress."""
    version: str = ""
    """Changes when the content does: size and time of change, or a hash."""


class Source(Protocol):
    """Where samples come from."""

    def portions(self) -> list[Portion]:
        """Its parts, in an order that never changes."""
        ...

    def read(self, portion: Portion) -> Iterator[Sample | Removed]:
        """The samples of one part, in an order that never changes, one at a time; what is none, with the reason."""
        ...
