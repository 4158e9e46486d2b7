"""The tables of conversations: what was asked and answered, and what people said of the answers.

Does: hold the columns. What a person keeps beside conversations stands in `personal_tables.py`, the index of all
words in `search_index.py`.
Does not: read or write; the files named after what they keep do.

A conversation is a tree: a message names its parent, the conversation names its head, and what is shown is the way
from the root to the head. A message does not change once it has ended, except by being removed with its conversation.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from causerie.accounts.tables import ID
from causerie.database.tables import Base, now

MODEL = String(96)
"""Name of a model, as in the settings."""


class Folder(Base):
    """A name under which a person puts conversations."""

    __tablename__ = "folders"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(128))
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Conversation(Base):
    """A tree of messages that belongs to one person."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("person_id", "import_key"),
        Index("ix_conversations_person_id_updated_at", "person_id", "updated_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200), default="")
    title_folded: Mapped[str] = mapped_column(String(400), default="")
    """The title without case and accents, for the search."""
    title_origin: Mapped[str] = mapped_column(String(16), default="none")
    """Who gave it: `none`, `question` (its beginning), `model` or `person`."""
    folder_id: Mapped[str | None] = mapped_column(ForeignKey("folders.id", ondelete="SET NULL"), index=True)
    head_id: Mapped[str | None] = mapped_column(ID)
    """The last message shown; no foreign key, since messages point to conversations already."""
    model: Mapped[str | None] = mapped_column(MODEL)
    """That was asked last."""
    system: Mapped[str] = mapped_column(Text, default="")
    """Its own system prompt."""
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Sampling of its answers, and what to do when it outgrows the context."""
    import_key: Mapped[str | None] = mapped_column(String(128))
    """Where it was imported from, so that the same file twice makes it once."""
    pinned_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it went to the trash."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    """When it was last asked in."""


class Message(Base):
    """Something said, by a person or a model."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        Index("ix_messages_conversation_id_number", "conversation_id", "number"),
        Index("ix_messages_status_conversation_id", "status", "conversation_id"),
        Index("ix_messages_comparison_id", "comparison_id"),
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    """In the order in which they were kept: parents before children, elder branches before younger."""
    id: Mapped[str] = mapped_column(ID, unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ID)
    """Whose conversation it is in: the search needs it where no join can go."""
    parent_id: Mapped[str | None] = mapped_column(ID)
    """In the same conversation, with which both come and go: no foreign key could say more."""
    role: Mapped[str] = mapped_column(String(16))
    """`user` or `assistant`."""
    content: Mapped[str] = mapped_column(Text, default="")
    reasoning: Mapped[str] = mapped_column(Text, default="")
    """What a model thought aloud before it answered."""
    status: Mapped[str] = mapped_column(String(16), default="complete")
    """`complete`, `running`, `stopped` (by the person), `interrupted` (the server stopped) or `failed`."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Why it failed: `code`, `message`, `hint`."""
    model: Mapped[str | None] = mapped_column(MODEL)
    model_version: Mapped[str | None] = mapped_column(String(96))
    """Which of the models that had this name: `sha256:...` of its file (none = nobody can know)."""
    finish_reason: Mapped[str | None] = mapped_column(String(32))
    tokens_in: Mapped[int | None]
    tokens_out: Mapped[int | None]
    first_token_ms: Mapped[int | None]
    total_ms: Mapped[int | None]
    left_out: Mapped[int] = mapped_column(default=0)
    """Oldest messages that the model did not see: they did not fit, and the person had said to leave them out."""
    comparison_id: Mapped[str | None] = mapped_column(ID)
    client_id: Mapped[str | None] = mapped_column(String(64))
    """What the client calls this sending, so that sending it twice asks once."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class Comparison(Base):
    """Several models' answers to one question, and which of them the person preferred."""

    __tablename__ = "comparisons"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str] = mapped_column(ID)
    question_id: Mapped[str] = mapped_column(ID)
    blind: Mapped[bool]
    """The models' names are hidden until the vote."""
    verdict: Mapped[str | None] = mapped_column(String(16))
    """`winner`, `all_good` or `all_bad`."""
    winner_id: Mapped[str | None] = mapped_column(ID)
    consent: Mapped[bool] = mapped_column(default=False)
    """A model may be trained on it."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    voted_at: Mapped[datetime | None]


class Feedback(Base):
    """What a person thinks of an answer. Its branch is the way from the root to the message."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_consent_updated_at", "consent", "updated_at"),)

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    rating: Mapped[int]
    """1 = up, -1 = down."""
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    text: Mapped[str] = mapped_column(Text, default="")
    better: Mapped[str] = mapped_column(Text, default="")
    """The answer that there should have been, as the person wrote it (empty = they did not)."""
    consent: Mapped[bool] = mapped_column(default=False)
    """A model may be trained on it."""
    model: Mapped[str | None] = mapped_column(MODEL)
    model_version: Mapped[str | None] = mapped_column(String(96))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Share(Base):
    """A link through which others read the way to one message, as it was then."""

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the link holds; the link itself is shown once and not kept."""
    title: Mapped[str] = mapped_column(String(200))
    head_id: Mapped[str] = mapped_column(ID)
    audience: Mapped[str] = mapped_column(String(16))
    """`members` (who is signed in) or `anyone` who has the link."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
