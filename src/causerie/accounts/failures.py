"""Failed sign-ins in the audit log: that somebody tries, without a flood of lines.

Does: write down who was tried, from which address and with what, of the 1st, 2nd, 4th, 8th... failure in a row, with
the count in the line; never more than so many lines an hour, of whatever accounts and addresses.
Does not: count failures or make anybody wait (`lockout.py`); keep what was shown or the name that was typed.

An account is named by its id, as everywhere in the log, which keeps nothing of the person when the account goes. A
name that nobody has is not kept at all: people type passwords into the wrong field, and no line can be taken out.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import audit
from causerie.accounts.ledger_tables import AuditEntry
from causerie.database.tables import now

ACTION = "sign_in_failed"
MOST_AN_HOUR = 100
"""Lines: more would bury all other entries, which cannot be removed. The last says that more is not written."""
_HOUR = timedelta(hours=1)

Shown = Literal["password", "code", "passkey"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A sign-in that failed."""

    shown: Shown
    """What was wrong, or belongs to nobody: which, is not said to who tries."""
    address: str
    """Of the client (empty = not known)."""
    number: int
    """So many in a row, by this account and address."""
    person_id: str = ""
    """Whose account it was (empty = nobody's)."""

    @property
    def deserves_a_line(self) -> bool:
        """1, 2, 4, 8...: an attack that goes on for a day is a few lines."""
        return self.number > 0 and self.number & (self.number - 1) == 0


async def note(session: AsyncSession, failure: Failure) -> None:
    """Write a failure into the audit log, where it deserves a line and there is room for it."""
    if not failure.deserves_a_line:
        return
    query = select(AuditEntry.at).where(AuditEntry.action == ACTION)
    newest = await session.scalars(query.order_by(AuditEntry.sequence.desc()).limit(MOST_AN_HOUR))
    since = now() - _HOUR
    written = sum(at > since for at in newest)
    if written >= MOST_AN_HOUR:
        return
    said: dict[str, str | int | bool | None] = {"shown": failure.shown, "failures": failure.number}
    if failure.address:
        said["address"] = failure.address[:64]
    if written == MOST_AN_HOUR - 1:
        said["more_not_written"] = True
    await audit.record(session, None, ACTION, failure.person_id, **said)
