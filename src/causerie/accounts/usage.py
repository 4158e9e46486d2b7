"""What was used: tokens, time to the first token, cost; written after the last token, many answers at once.

Does: keep entries in memory for a second and write them together, also when the server stops; sum them for charts.
Does not: stand in an answer's way, or hold a word of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from causerie.accounts.identity import Caller
from causerie.accounts.ledger_tables import Usage
from causerie.accounts.rules import Rules
from causerie.accounts.tables import Person
from causerie.accounts.upserts import insert_into
from causerie.database.engine import Database
from causerie.database.repeated import Repeated
from causerie.database.tables import new_id, now
from causerie.errors import DatabaseUnavailable

EVERY_S = 1.0
"""Seconds between two writes."""
AT_ONCE = 500
"""Entries of one transaction: SQLite's other writers wait for it."""
MOST = 100_000
"""Entries kept while the database does not answer; then the oldest are lost, and the log says so."""
LOOKED_AT = 500
"""Requests that say how a model does."""
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer that has ended."""

    caller: Caller
    model: str
    operation: str
    status: int
    tokens_in: int
    tokens_out: int
    first_token_s: float
    """0 = there was none."""
    total_s: float


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What some answers used together."""

    of: str
    """What they have in common: a day, a model's name, a person's id (empty = everything, or nobody any more)."""
    requests: int
    tokens_in: int
    tokens_out: int
    cost_micros: int | None
    """None = some of them have no price."""
    first_token_ms: float | None
    """Mean (None = none gave a token)."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was used in a time."""

    total: Sum
    days: list[Sum]
    models: list[Sum]
    people: list[Sum]


@dataclass(frozen=True)
class Health:
    """How a model answers."""

    requests: int
    failed: int
    """Those that failed by no fault of who asked."""
    seconds: tuple[float, ...]
    """To the first token, of those that had one; the newest first."""


class UsageWriter:
    """Entries on their way to the database. Use it as a context manager.

    Args:
        database: Where they go.
        rules: Gives the rules in force, for the prices.
    """

    def __init__(self, database: Database, rules: Callable[[], Rules]) -> None:
        self._database = database
        self._rules = rules
        self._waiting: list[dict[str, Any]] = []
        self._repeated: Repeated | None = None

    async def __aenter__(self) -> Self:
        self._repeated = Repeated(EVERY_S, self.flush, "usage waits for the database")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._repeated is not None:
            await self._repeated.stop()
        await self.flush()

    def note(self, answered: Answered) -> None:
        """Remember an answer; it is written within a second or so."""
        moment = now()
        self._waiting.append(
            {
                "id": new_id("usage"),
                "at": moment,
                "day": moment.date(),
                "person_id": answered.caller.person_id,
                "key_id": answered.caller.key_id,
                "app_id": None,
                "model": answered.model[:96],
                "operation": answered.operation,
                "status": answered.status,
                "tokens_in": answered.tokens_in,
                "tokens_out": answered.tokens_out,
                "first_token_ms": round(answered.first_token_s * 1000) if answered.first_token_s else None,
                "total_ms": round(answered.total_s * 1000),
                "cost_micros": self._rules().cost_micros(answered.model, answered.tokens_in, answered.tokens_out),
            }
        )
        if len(self._waiting) > MOST:
            del self._waiting[:AT_ONCE]
            _logger.error("usage is lost: the database has not answered for long", entries=AT_ONCE)

    async def flush(self) -> None:
        """Write all that waits, if the database answers."""
        while self._waiting:
            batch = self._waiting[:AT_ONCE]
            try:
                async with self._database.write() as session:
                    await _write(session, batch)
            except DatabaseUnavailable as error:
                _logger.warning("usage waits for the database", entries=len(self._waiting), error=error.message)
                return
            # By their ids: while they were written, the oldest may have been thrown away.
            written = {entry["id"] for entry in batch}
            self._waiting = [entry for entry in self._waiting if entry["id"] not in written]


async def _write(session: AsyncSession, batch: list[dict[str, Any]]) -> None:
    ids = {entry["person_id"] for entry in batch}
    # Who deletes their account at this moment waits for us, or is gone already: then the entry is nobody's.
    lock = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(read=True, key_share=True)
    known = set(await session.scalars(lock))
    rows = [entry if entry["person_id"] in known else {**entry, "person_id": None} for entry in batch]
    # At the end of the server a write may be broken off when its rows are there already.
    await session.execute(insert_into(session, Usage).on_conflict_do_nothing(index_elements=["id"]), rows)


async def report(session: AsyncSession, days: int, person_id: str | None = None) -> Report:
    """What was used in the last days, today among them.

    Args:
        session: To read in.
        days: How many.
        person_id: By whom (None = everybody).
    """
    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    total = await _sums(session, since, person_id, None)
    return Report(
        total=total[0],
        days=sorted(await _sums(session, since, person_id, Usage.day), key=lambda each: each.of),
        models=await _sums(session, since, person_id, Usage.model),
        people=[] if person_id else await _sums(session, since, None, Usage.person_id),
    )


async def health(
    session: AsyncSession, model: str, *, since: datetime | None = None, until: datetime | None = None
) -> Health:
    """How a model answered its last requests, at most `LOOKED_AT`.

    Args:
        session: To read in.
        model: Its name.
        since: Only after this.
        until: Only before this.
    """
    query = select(Usage.status, Usage.first_token_ms).where(Usage.model == model[:96])
    if since is not None:
        query = query.where(Usage.day >= since.date(), Usage.at >= since)
    if until is not None:
        query = query.where(Usage.day <= until.date(), Usage.at < until)
    rows = (await session.execute(query.order_by(Usage.id.desc()).limit(LOOKED_AT))).all()
    failed = sum(row.status >= 500 for row in rows)
    return Health(len(rows), failed, tuple(row.first_token_ms / 1000 for row in rows if row.first_token_ms))


async def _sums(
    session: AsyncSession, since: date, person_id: str | None, by: InstrumentedAttribute[Any] | None
) -> list[Sum]:
    group: ColumnElement[Any] | InstrumentedAttribute[Any] = literal("") if by is None else by
    query = select(
        group.label("of"),
        func.count().label("requests"),
        func.coalesce(func.sum(Usage.tokens_in), 0).label("tokens_in"),
        func.coalesce(func.sum(Usage.tokens_out), 0).label("tokens_out"),
        func.sum(Usage.cost_micros).label("cost"),
        func.count(Usage.cost_micros).label("priced"),
        func.avg(Usage.first_token_ms).label("first_token_ms"),
    ).where(Usage.day >= since)
    if person_id is not None:
        query = query.where(Usage.person_id == person_id)
    if by is not None:
        query = query.group_by(by).order_by(func.count().desc())
    return [
        Sum(
            of=str(row.of or ""),
            requests=row.requests,
            tokens_in=int(row.tokens_in),
            tokens_out=int(row.tokens_out),
            cost_micros=int(row.cost or 0) if row.priced == row.requests else None,
            first_token_ms=None if row.first_token_ms is None else float(row.first_token_ms),
        )
        for row in await session.execute(query)
    ]
