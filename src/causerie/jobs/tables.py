"""The tables of background work.

Does: hold the columns. They are what people see of a job; which of its steps are finished, DBOS keeps for itself.
Does not: read or write; see `store.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from causerie.database.tables import Base, now

ID = String(48)


class Job(Base):
    """A piece of work that was asked for."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state", "state"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    """Sorted by the time it was asked for, as all identifiers are."""
    kind: Mapped[str] = mapped_column(String(48))
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    """`queued`, `running`, `done`, `failed` or `cancelled`."""
    share: Mapped[float] = mapped_column(default=0.0)
    """What is done of it, 0 to 1."""
    message: Mapped[str] = mapped_column(String(200), default="")
    """What it is at now."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Why it failed: `code`, `message`, `hint`."""
    attempt: Mapped[int] = mapped_column(default=1)
    """Counts from 1. What the attempt before finished is not done again."""
    person_id: Mapped[str | None] = mapped_column(ID)
    """Who asked (none = the schedule)."""
    cancel_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class JobLine(Base):
    """A line of a job's log."""

    __tablename__ = "job_lines"
    __table_args__ = (Index("ix_job_lines_job_id_number", "job_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    level: Mapped[str] = mapped_column(String(8))
    """`info`, `warning` or `error`."""
    text: Mapped[str] = mapped_column(Text)


class Appointment(Base):
    """When a kind of job is next due by itself."""

    __tablename__ = "job_appointments"

    kind: Mapped[str] = mapped_column(String(48), primary_key=True)
    next_at: Mapped[datetime]
