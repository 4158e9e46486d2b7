"""Wrong passwords and codes: after a few, each next try must wait longer.

Does: count failures by account, by address, and by both together, in the database, so that a restart forgets none.
Does not: ever lock an account for good. What comes too soon is refused and not counted; waits have an upper bound;
and where somebody has signed in to the account before, failures from elsewhere do not count against them.

The subjects are kept as hashes, those of names that nobody has like all others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.tables import FailedSignIns, SessionRow
from causerie.accounts.tokens import hash_of
from causerie.accounts.upserts import insert_into
from causerie.database.tables import now
from causerie.errors import TooManyAttempts

FORGOTTEN_AFTER = timedelta(days=1)
"""Failures older than this count no more."""


@dataclass(frozen=True)
class Limit:
    """How a count of failures becomes a wait: 2 s after `free` of them, doubled by each more, up to `longest_s`."""

    free: int
    longest_s: float

    def wait_s(self, failures: int) -> float:
        """Seconds after the newest failure before the next try."""
        over = failures - self.free
        return 0.0 if over < 0 else min(2.0 ** min(over + 1, 32), self.longest_s)


BOTH = Limit(free=5, longest_s=900)
"""One account from one address."""
ACCOUNT = Limit(free=20, longest_s=60)
"""One account from anywhere it was not used from before."""
ADDRESS = Limit(free=30, longest_s=900)
"""One address, whatever the accounts: it tries a password on many."""


@dataclass(frozen=True)
class Attempt:
    """Who tries to sign in from where.

    Args:
        account: Login as typed, or a person's id for codes.
        address: Of the client (empty = not known: it does not count).
        known: The account was used from this address before.
    """

    account: str
    address: str
    known: bool

    def subjects(self) -> dict[str, Limit]:
        """What is counted, by its hash."""
        account = self.account.strip().lower()
        counted = {hash_of(f"both {account} {self.address}"): BOTH}
        if not self.known:
            counted[hash_of(f"account {account}")] = ACCOUNT
        if self.address:
            counted[hash_of(f"address {self.address}")] = ADDRESS
        return counted


async def was_used_from(session: AsyncSession, person_id: str, address: str) -> bool:
    """Whether there is a session of this person from this address."""
    query = select(SessionRow.id).where(SessionRow.person_id == person_id, SessionRow.address == address)
    return await session.scalar(query.where(SessionRow.pending.is_(False)).limit(1)) is not None


async def begin(session: AsyncSession, attempt: Attempt) -> int:
    """Count a try as failed before it is looked at, so that a hundred at the same moment are a hundred, not one.

    Returns:
        So many failures this would be, if it is one, of this account from this address.

    Raises:
        TooManyAttempts: It comes before its time and is not counted; `retry_after` says how long to wait.
    """
    moment, subjects = now(), attempt.subjects()
    rows = await _rows_of(session, subjects, moment)
    longest = max(_left_s(subjects[row.subject].wait_s(row.failures), moment - row.last_at) for row in rows)
    if longest > 0:
        raise TooManyAttempts("too many wrong tries; wait {seconds:.0f} s", seconds=longest + 1, retry_after=longest)
    for row in rows:
        _count(row, moment)
    return next(row.failures for row in rows if subjects[row.subject] is BOTH)


async def count(session: AsyncSession, subject: str) -> int:
    """Count a failure of something that nobody has to wait for; so many they are now."""
    moment = now()
    (row,) = await _rows_of(session, [hash_of(subject)], moment)
    _count(row, moment)
    return row.failures


async def _rows_of(session: AsyncSession, subjects: Iterable[str], moment: datetime) -> list[FailedSignIns]:
    """The rows of these, made where there are none and held until the transaction ends; what is forgotten goes."""
    await session.execute(delete(FailedSignIns).where(FailedSignIns.last_at < moment - FORGOTTEN_AFTER))
    wanted = sorted(subjects)
    fresh = [{"subject": subject, "failures": 0, "last_at": moment} for subject in wanted]
    await session.execute(insert_into(session, FailedSignIns).on_conflict_do_nothing(), fresh)
    query = select(FailedSignIns).where(FailedSignIns.subject.in_(wanted)).order_by(FailedSignIns.subject)
    return list(await session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def _count(row: FailedSignIns, moment: datetime) -> None:
    row.failures += 1
    row.last_at = max(row.last_at, moment)


def _left_s(wait_s: float, passed: timedelta) -> float:
    # Who waited for the rows' locks may have begun before the newest failure: no wait stays none.
    return wait_s - passed.total_seconds() if wait_s else 0.0


async def succeeded(session: AsyncSession, attempt: Attempt) -> None:
    """It was no failure: those of this account are forgotten; the address may have tried others, and keeps those."""
    for subject, limit in attempt.subjects().items():
        mine = FailedSignIns.subject == subject
        if limit is ADDRESS:
            await session.execute(update(FailedSignIns).where(mine).values(failures=FailedSignIns.failures - 1))
        else:
            await session.execute(delete(FailedSignIns).where(mine))


async def forget(session: AsyncSession, *accounts: str) -> None:
    """An administrator lets somebody try again at once, from where the account's waits hold everyone up."""
    subjects = [hash_of(f"account {account.strip().lower()}") for account in accounts]
    await session.execute(delete(FailedSignIns).where(FailedSignIns.subject.in_(subjects)))
