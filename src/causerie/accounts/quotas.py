"""Quotas: reserved before an answer, settled after it, so that answers at the same moment cannot overspend.

Does: reserve the most that an answer may use, refuse when a quota would not hold it, settle what was really used,
give back what an answer that died had reserved.
Does not: write anything for a caller whom no quota counts.

    reservation = await reserve(database, rules, caller, model, Used(tokens_in=120, tokens_out=2048))
    try: ...                                     # the answer
    finally: await settle(database, rules, reservation, Used(tokens_in=118, tokens_out=240))

Each counter is changed by one UPDATE whose WHERE holds the limit: two databases, no race.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import Caller
from causerie.accounts.ledger_tables import Quota, QuotaCounter, QuotaReservation
from causerie.accounts.rules import QuotaRule, Rules, Unit
from causerie.accounts.upserts import insert_into
from causerie.database.engine import Database
from causerie.database.tables import new_id, now
from causerie.errors import PriceUnknown, QuotaExceeded

SENTENCES = {
    "tokens day": "the quota of {limit} tokens a day does not hold this: {left} are left, it may take {amount}",
    "tokens month": "the quota of {limit} tokens a month does not hold this: {left} are left, it may take {amount}",
    "requests day": "the quota of {limit} requests a day does not hold this: {left} are left",
    "requests month": "the quota of {limit} requests a month does not hold this: {left} are left",
    "money day": "the quota of {limit} {currency} a day does not hold this: {left} are left, it may take {amount}",
    "money month": (
        "the quota of {limit} {currency} a month does not hold this: {left} are left, it may take {amount}"
    ),
}
"""What is said of a quota that does not hold an answer, by its unit and its period."""
LEASE = timedelta(hours=1)
"""After which an answer that never came to its end is taken for dead."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What an answer used."""

    tokens_in: int = 0
    tokens_out: int = 0
    requests: int = 1
    """0 = no request of a person's: it failed before its beginning, or the server asked by itself."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one quota after a reservation, in the quota's own unit."""

    unit: Unit
    limit: int
    left: int
    resets_s: int
    """Seconds until its period ends."""


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What was reserved for one answer."""

    id: str
    model: str
    parts: tuple[tuple[QuotaRule, date], ...]
    """Each quota, and the beginning of the period that it counts in."""
    left: tuple[Left, ...]


@dataclass(frozen=True, kw_only=True)
class QuotaState:
    """A quota, and how much of it is gone in this period."""

    quota: Quota
    used: int
    reserved: int
    resets_at: datetime


def period_start(period: str, at: datetime) -> date:
    """The first day of the period around `at`."""
    day = at.astimezone(UTC).date()
    return day if period == "day" else day.replace(day=1)


def period_end(period: str, start: date) -> datetime:
    """When the period that began then ends."""
    following = start + timedelta(days=1) if period == "day" else (start + timedelta(days=32)).replace(day=1)
    return datetime.combine(following, time(), UTC)


async def reserve(database: Database, rules: Rules, caller: Caller, model: str, most: Used) -> Reservation | None:
    """Reserve what an answer may use at most.

    Args:
        database: Where the counters are.
        rules: Those in force.
        caller: Whose answer it is.
        model: Canonical name.
        most: Of prompt and answer.

    Returns:
        What `settle` takes (None = no quota counts, and nothing was written).

    Raises:
        QuotaExceeded: A quota does not hold it; nothing was reserved.
        PriceUnknown: A quota of money counts, and the model has no price.
    """
    counting = rules.quotas_of(caller)
    if not counting:
        return None
    moment, reservation_id = now(), new_id("reservation")
    parts, lefts = [], []
    async with database.write() as session:
        for rule in counting:
            amount, start = _amount(rules, rule, model, most), period_start(rule.period, moment)
            if amount is None:
                raise PriceUnknown(
                    "a quota of money applies, and model {model!r} has no price", model=model,
                    hint="an administrator sets its price, which may be 0",
                )  # fmt: skip
            left = await _reserve_one(session, rules, rule, start, amount, moment)
            if left is None:
                continue  # it was removed a moment ago
            session.add(
                QuotaReservation(
                    id=reservation_id, quota_id=rule.id, period_start=start, amount=amount, expires_at=moment + LEASE
                )
            )
            parts.append((rule, start))
            lefts.append(left)
    return Reservation(id=reservation_id, model=model, parts=tuple(parts), left=tuple(lefts))


async def settle(database: Database, rules: Rules, reservation: Reservation | None, used: Used) -> None:
    """Count what was used, and give back the rest of what was reserved."""
    if reservation is None:
        return
    failed = used == Used(requests=0)
    async with database.write() as session:
        for rule, start in reservation.parts:
            mine = QuotaReservation.id == reservation.id, QuotaReservation.quota_id == rule.id
            back = await session.scalar(delete(QuotaReservation).where(*mine).returning(QuotaReservation.amount))
            amount = 0 if failed else _amount(rules, rule, reservation.model, used)
            if amount is None:  # its price was taken away meanwhile: count what it could have cost
                amount = back or 0
            await _count(session, rule.id, start, used=amount, reserved=-(back or 0))


async def give_back_the_dead(database: Database) -> None:
    """Give back what answers had reserved that were cut off with the server."""
    async with database.write() as session:
        dead = delete(QuotaReservation).where(QuotaReservation.expires_at < now()).returning(QuotaReservation)
        for row in sorted(await session.scalars(dead), key=lambda row: row.quota_id):
            await _count(session, row.quota_id, row.period_start, used=0, reserved=-row.amount)


async def states(session: AsyncSession, quotas: list[Quota]) -> list[QuotaState]:
    """How much of each of these quotas is gone."""
    moment, found = now(), []
    for quota in quotas:
        start = period_start(quota.period, moment)
        counter = await session.get(QuotaCounter, (quota.id, start))
        found.append(
            QuotaState(
                quota=quota,
                used=counter.used if counter else 0,
                reserved=counter.reserved if counter else 0,
                resets_at=period_end(quota.period, start),
            )
        )
    return found


async def _reserve_one(
    session: AsyncSession, rules: Rules, rule: QuotaRule, start: date, amount: int, moment: datetime
) -> Left | None:
    fresh = select(Quota.id, literal(start), literal(0), literal(0)).where(Quota.id == rule.id)
    columns = ["quota_id", "period_start", "used", "reserved"]
    await session.execute(insert_into(session, QuotaCounter).from_select(columns, fresh).on_conflict_do_nothing())
    limit = select(Quota.limit).where(Quota.id == rule.id).scalar_subquery()
    spent = QuotaCounter.used + QuotaCounter.reserved
    mine = QuotaCounter.quota_id == rule.id, QuotaCounter.period_start == start
    taken = update(QuotaCounter).where(*mine, spent + amount <= limit)
    taken = taken.values(reserved=QuotaCounter.reserved + amount).returning(spent, limit)
    resets_s = max(1, int((period_end(rule.period, start) - moment).total_seconds()))
    found = (await session.execute(taken.execution_options(synchronize_session=False))).first()
    if found is not None:
        return Left(rule.unit, found[1], found[1] - found[0], resets_s)
    known = (await session.execute(select(Quota.limit, spent).join(QuotaCounter).where(*mine))).first()
    if known is None:
        return None
    raise QuotaExceeded(
        SENTENCES[f"{rule.unit} {rule.period}"], unit=rule.unit, currency=rules.currency,
        limit=_readable(rule, known[0]), left=_readable(rule, max(0, known[0] - known[1])),
        amount=_readable(rule, amount), retry_after=resets_s,
        hint="ask for less (max_tokens), wait until the quota begins anew, or ask an administrator for more",
    )  # fmt: skip


async def _count(session: AsyncSession, quota_id: str, start: date, *, used: int, reserved: int) -> None:
    mine = QuotaCounter.quota_id == quota_id, QuotaCounter.period_start == start
    counted = {"used": QuotaCounter.used + used, "reserved": QuotaCounter.reserved + reserved}
    await session.execute(
        update(QuotaCounter).where(*mine).values(counted).execution_options(synchronize_session=False)
    )


def _amount(rules: Rules, rule: QuotaRule, model: str, used: Used) -> int | None:
    if rule.unit == "requests":
        return used.requests
    if rule.unit == "tokens":
        return used.tokens_in + used.tokens_out
    return rules.cost_micros(model, used.tokens_in, used.tokens_out)


def _readable(rule: QuotaRule, amount: int) -> str:
    return f"{amount / 1e6:.4f}" if rule.unit == "money" else str(amount)
