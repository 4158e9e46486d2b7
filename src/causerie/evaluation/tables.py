"""The table of evaluations.

Does: hold the columns by which people look for one; the whole of it is JSON beside them, as `evaluation.json` is.
Does not: read or write; see `store.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from causerie.database.tables import Base


class EvaluationRow(Base):
    """What came of one suite for one model version."""

    __tablename__ = "evaluations"
    __table_args__ = (Index("ix_evaluations_version_suite", "version", "suite"),)

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    """Sorted by the time it began, as all identifiers are."""
    model: Mapped[str] = mapped_column(String(255))
    version: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the model's file (empty = unknown)."""
    suite: Mapped[str] = mapped_column(String(255))
    suite_sha256: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    result: Mapped[dict[str, Any]]
    """The whole, in the form of `contract.Evaluation.to_json`."""
