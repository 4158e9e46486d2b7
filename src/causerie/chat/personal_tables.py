"""The tables of what a person keeps beside conversations: files, drafts, prompts, instructions, memory.

Does: hold the columns.
Does not: read or write; the files named after what they keep do.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from causerie.accounts.tables import HASH, ID
from causerie.database.tables import Base, now


class Attachment(Base):
    """A file that a person gave; its bytes are in the folder `attachments`, named by their hash."""

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_sha256", "sha256"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    """As the person's file was called; only to be shown."""
    kind: Mapped[str] = mapped_column(String(16))
    """`image`, `document` or `text`."""
    media_type: Mapped[str] = mapped_column(String(128))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    text: Mapped[str] = mapped_column(Text, default="", deferred=True)
    """What a model reads of it (empty = an image)."""
    text_characters: Mapped[int] = mapped_column(default=0)
    text_cut: Mapped[bool] = mapped_column(default=False)
    """It holds more text than is kept."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class MessageAttachment(Base):
    """A file that goes with a question."""

    __tablename__ = "message_attachments"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    attachment_id: Mapped[str] = mapped_column(
        ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class Draft(Base):
    """What was typed and not sent."""

    __tablename__ = "drafts"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(ID, primary_key=True)
    """The conversation's id, or `new`."""
    content: Mapped[str] = mapped_column(Text)
    attachment_ids: Mapped[list[Any]] = mapped_column(default=list)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class SavedPrompt(Base):
    """A text that a person uses again, with `{{variables}}`."""

    __tablename__ = "prompts"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Personal(Base):
    """How models should answer this person; no row = nothing was said."""

    __tablename__ = "personal"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    instructions: Mapped[str] = mapped_column(Text, default="")
    instructions_enabled: Mapped[bool] = mapped_column(default=True)
    memory_enabled: Mapped[bool] = mapped_column(default=False)


class Memory(Base):
    """Something that a person wants models to know in every conversation."""

    __tablename__ = "memories"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
