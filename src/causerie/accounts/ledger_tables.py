"""The tables of what is allowed, used and done: quotas, prices, usage, the audit log.

Does: hold the columns, and forbid in the database itself that an audit entry is changed or removed.
Does not: read or write; `quotas.py`, `prices.py`, `usage.py` and `audit.py` do.

Money is in millionths of the server's currency (`settings.currency`), as whole numbers: sums must be exact.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, Date, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from causerie.accounts.tables import HASH, ID
from causerie.database.tables import Base, now


class Quota(Base):
    """How much a person, a group or a key may use in a day or a month."""

    __tablename__ = "quotas"
    __table_args__ = (UniqueConstraint("subject_kind", "subject_id", "unit", "period"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(8))
    """`person`, `group` or `key`."""
    subject_id: Mapped[str] = mapped_column(ID)
    unit: Mapped[str] = mapped_column(String(8))
    """`tokens`, `requests` or `money`."""
    period: Mapped[str] = mapped_column(String(8))
    """`day` or `month`, of UTC."""
    limit: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)


class QuotaCounter(Base):
    """What of a quota is used and reserved in one period."""

    __tablename__ = "quota_counters"

    quota_id: Mapped[str] = mapped_column(ForeignKey("quotas.id", ondelete="CASCADE"), primary_key=True)
    period_start: Mapped[date] = mapped_column(Date, primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)


class QuotaReservation(Base):
    """What an answer in progress may use at most; gone when it is settled."""

    __tablename__ = "quota_reservations"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    """Of the answer: one for all quotas that it counts against."""
    quota_id: Mapped[str] = mapped_column(ForeignKey("quotas.id", ondelete="CASCADE"), primary_key=True)
    period_start: Mapped[date] = mapped_column(Date)
    amount: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """After this the answer is taken for dead and the amount is given back."""


class Price(Base):
    """What a model costs; a model without a row has no known price."""

    __tablename__ = "prices"

    model: Mapped[str] = mapped_column(String(96), primary_key=True)
    input_micros: Mapped[int] = mapped_column(BigInteger)
    """Of a million tokens read."""
    output_micros: Mapped[int] = mapped_column(BigInteger)
    """Of a million tokens written."""


class Usage(Base):
    """One answer: what it used, and how fast it was. Never its text."""

    __tablename__ = "usage"
    __table_args__ = (Index("ix_usage_person_id_at", "person_id", "at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    day: Mapped[date] = mapped_column(Date)
    """The day of `at` in UTC: what charts group by, alike on every database."""
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """None = the account is gone; the sums stay."""
    key_id: Mapped[str | None] = mapped_column(ID)
    app_id: Mapped[str | None] = mapped_column(ID)
    model: Mapped[str] = mapped_column(String(96))
    operation: Mapped[str] = mapped_column(String(32))
    status: Mapped[int]
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    first_token_ms: Mapped[int | None]
    total_ms: Mapped[int]
    cost_micros: Mapped[int | None] = mapped_column(BigInteger)
    """None = the model had no price then."""


class AuditEntry(Base):
    """Something that was done, chained to the entry before it."""

    __tablename__ = "audit_log"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[str | None] = mapped_column(ID, index=True)
    """No name and no foreign key: the entry stays when the account goes, and then says nothing of the person."""
    action: Mapped[str] = mapped_column(String(48), index=True)
    target: Mapped[str] = mapped_column(String(128))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous: Mapped[str] = mapped_column(HASH)
    hash: Mapped[str] = mapped_column(HASH)


APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()",
    ),
}
"""What makes the audit log append-only, by database; the migration runs the same statements."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        _trigger = DDL(_statement)  # type: ignore[no-untyped-call] # SQLAlchemy's
        event.listen(AuditEntry.__table__, "after_create", _trigger.execute_if(dialect=_dialect))
