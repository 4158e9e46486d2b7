"""What a conversation looks like to the page: the forms of the answers of `/api/...` and of the live events.

Does: name the fields, and make them of rows.
Does not: read rows. docs/reference/api.md shows the same, from the schema that is made of these.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

if TYPE_CHECKING:  # the child process that reads an import checks `Parameters`, and needs no table
    from sqlalchemy import Row

    from causerie.chat.personal_tables import Attachment as AttachmentRow
    from causerie.chat.tables import Conversation as ConversationRow
    from causerie.chat.tables import Feedback as FeedbackRow
    from causerie.chat.tables import Folder as FolderRow

DOCUMENTED = ConfigDict(use_attribute_docstrings=True)
STRICT = ConfigDict(use_attribute_docstrings=True, extra="forbid", strict=True)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(_instant, return_type=str)]
Status = Literal["complete", "running", "stopped", "interrupted", "failed"]
Verdict = Literal["winner", "all_good", "all_bad"]


class Parameters(BaseModel):
    """How answers are drawn; what is absent is the model's own."""

    model_config = STRICT
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    stop: list[Annotated[str, Field(min_length=1, max_length=100)]] | None = Field(None, max_length=4)
    leave_out_oldest: bool | None = None
    """When the conversation outgrows the context, its oldest messages are left out, and the answer says how many;
    otherwise it fails with `context_length_exceeded`."""


class Folder(BaseModel):
    """A name under which conversations are put."""

    model_config = DOCUMENTED
    id: str
    name: str
    position: int
    created_at: Instant


class Summary(BaseModel):
    """A conversation without its messages."""

    model_config = DOCUMENTED
    id: str
    title: str
    title_origin: Literal["none", "question", "model", "person"]
    folder_id: str | None
    pinned: bool
    archived: bool
    deleted_at: Instant | None
    model: str | None
    """Asked last: a model, or a released name."""
    head_id: str | None
    running: bool
    """An answer is being written."""
    shared: bool
    """A link to it is open."""
    created_at: Instant
    updated_at: Instant


class Attachment(BaseModel):
    """A file that goes with a question."""

    model_config = DOCUMENTED
    id: str
    name: str
    kind: Literal["image", "document", "text"]
    media_type: str
    size_bytes: int
    text_characters: int
    """Of the text that a model reads."""
    text_cut: bool
    """There was more text than is kept."""
    created_at: Instant


class Failure(BaseModel):
    """Why an answer failed."""

    model_config = DOCUMENTED
    code: str
    message: str
    hint: str | None = None


class AnswerUsage(BaseModel):
    """What an answer used."""

    model_config = DOCUMENTED
    tokens_in: int
    tokens_out: int
    first_token_ms: int | None
    total_ms: int


class Feedback(BaseModel):
    """What the person thinks of an answer."""

    model_config = DOCUMENTED
    rating: Literal[1, -1]
    reasons: list[str]
    text: str
    better: str
    """The answer that there should have been (empty = the person wrote none)."""
    consent: bool
    """A model may be trained on it."""
    updated_at: Instant


class Message(BaseModel):
    """Something said."""

    model_config = DOCUMENTED
    id: str
    parent_id: str | None
    role: Literal["user", "assistant"]
    content: str
    reasoning: str
    status: Status
    error: Failure | None
    model: str | None
    """Hidden (null) in a blind comparison until the vote."""
    model_version: str | None
    finish_reason: str | None
    usage: AnswerUsage | None
    left_out: int
    """Oldest messages that the model did not see."""
    comparison_id: str | None
    attachments: list[Attachment]
    feedback: Feedback | None
    seq: int
    """Number of the last live piece that is in it already (0 unless it is running)."""
    created_at: Instant
    ended_at: Instant | None


class Comparison(BaseModel):
    """Several models' answers to one question."""

    model_config = DOCUMENTED
    id: str
    question_id: str
    answer_ids: list[str]
    blind: bool
    verdict: Verdict | None
    winner_id: str | None
    voted_at: Instant | None


class Draft(BaseModel):
    """What was typed and not sent."""

    model_config = DOCUMENTED
    key: str
    content: str
    attachments: list[Attachment]
    updated_at: Instant


class Conversation(Summary):
    """A conversation with its whole tree, parents before children."""

    system: str
    parameters: Parameters
    messages: list[Message]
    comparisons: list[Comparison]
    draft: Draft | None
    event_id: str
    """Where the live events go on from this."""


def folder(row: "FolderRow") -> Folder:
    """A folder's row as people see it."""
    return Folder(id=row.id, name=row.name, position=row.position, created_at=row.created_at)


def summary(row: "Row[Any]") -> Summary:
    """A row of `conversations.with_state` as people see it."""
    return Summary(**summary_fields(row), running=row.running, shared=row.shared)


def summary_fields(row: "ConversationRow | Row[Any]") -> dict[str, Any]:
    """What of a summary stands in the conversation's row itself."""
    return {
        "id": row.id, "title": row.title, "title_origin": row.title_origin, "folder_id": row.folder_id,
        "pinned": row.pinned_at is not None, "archived": row.archived_at is not None, "deleted_at": row.deleted_at,
        "model": row.model, "head_id": row.head_id, "created_at": row.created_at, "updated_at": row.updated_at,
    }  # fmt: skip


def attachment(row: "AttachmentRow | Row[Any]") -> Attachment:
    """An attachment's row as people see it."""
    return Attachment(**{name: getattr(row, name) for name in Attachment.model_fields})


def feedback(row: "FeedbackRow") -> Feedback:
    """Feedback's row as people see it."""
    return Feedback.model_validate(row, from_attributes=True)


def comparison(row: "Row[Any]", answer_ids: list[str]) -> Comparison:
    """A comparison's row as people see it."""
    return Comparison(
        id=row.id, question_id=row.question_id, answer_ids=answer_ids, blind=row.blind,
        verdict=row.verdict, winner_id=row.winner_id, voted_at=row.voted_at,
    )  # fmt: skip


def message(row: "Row[Any]", attachments: list[Attachment], said: Feedback | None, *, hide_model: bool) -> Message:
    """A message's row as people see it.

    Args:
        row: Its columns.
        attachments: Of a question, in order.
        said: What the person said of it.
        hide_model: It takes part in a blind comparison without a verdict.
    """
    used = None
    if row.total_ms is not None:
        used = AnswerUsage(
            tokens_in=row.tokens_in or 0, tokens_out=row.tokens_out or 0,
            first_token_ms=row.first_token_ms, total_ms=row.total_ms,
        )  # fmt: skip
    return Message(
        id=row.id, parent_id=row.parent_id, role=row.role, content=row.content, reasoning=row.reasoning,
        status=row.status, error=Failure(**row.error) if row.error else None,
        model=None if hide_model else row.model, model_version=None if hide_model else row.model_version,
        finish_reason=row.finish_reason, usage=used, left_out=row.left_out, comparison_id=row.comparison_id,
        attachments=attachments, feedback=said, seq=0, created_at=row.created_at, ended_at=row.ended_at,
    )  # fmt: skip
