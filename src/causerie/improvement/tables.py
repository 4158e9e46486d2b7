"""The tables of the closed loop.

Does: hold the columns. A round is a job (`jobs/tables.py`); here stands what each of its steps did.
Does not: read or write; see `store.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from causerie.database.tables import Base, now
from causerie.jobs.tables import ID


class ImprovementSettings(Base):
    """What is wanted of the loop: one row."""

    __tablename__ = "improvement_settings"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """Always 1."""
    wishes: Mapped[dict[str, Any]]
    """As `contract.Wishes`; a key that is missing has its default."""


class ImprovementStep(Base):
    """One step of one round."""

    __tablename__ = "improvement_steps"

    job_id: Mapped[str] = mapped_column(ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """From 1."""
    name: Mapped[str] = mapped_column(String(48))
    began_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What came of it, for people."""
