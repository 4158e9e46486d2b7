"""Who is at the door: from a cookie or a key to a `Caller`, mostly from memory.

Does: know whether anybody has an account yet; recognise sessions and keys; hold the rules in force; see that a change
is felt at once in this process and within `LOOK_S` in the others.
Does not: refuse; `server/security.py` does.

Every change of the accounts' tables counts one number up (`people.changed`). What is remembered here belongs to one
value of that number. While nobody has an account nothing is looked up at all: whoever asks is the local owner.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import keys, people, quotas, rules, sessions
from causerie.accounts.identity import LOCAL_OWNER, Caller, Role
from causerie.accounts.passwords import Passwords
from causerie.accounts.rules import Rules
from causerie.accounts.tables import Person, Version
from causerie.accounts.tokens import Challenges, hash_of
from causerie.database.engine import Database
from causerie.database.repeated import Repeated
from causerie.database.tables import now

LOOK_S = 1.0
"""Seconds between two looks for changes that other processes made."""
REMEMBERED_S = 30.0
"""Seconds that a session or key is recognised without a look at its row: its end is noticed this late at most."""
TIDY_S = 60.0
"""Seconds between two rounds of small duties."""
MOST = 10_000
"""Callers remembered."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until: float


class Doorkeeper:
    """One for each server. `start` it before the first request, `close` it after the last.

    Args:
        database: Where the people are.
        currency: Of prices and quotas of money (ISO 4217).
    """

    def __init__(self, database: Database, currency: str = "") -> None:
        self.database = database
        self._currency = currency
        self.passwords = Passwords()
        self.challenges = Challenges()
        self.rules = Rules()
        """Those in force."""
        self.personal = True
        """Nobody has an account: whoever asks is the local owner."""
        self._version = 0
        self._known: dict[str, _Remembered] = {}
        self._used_sessions: set[str] = set()
        self._used_keys: set[str] = set()
        self._repeated: list[Repeated] = []

    async def start(self) -> None:
        """Look for the first time, and go on looking."""
        await people.prepare(self.database)
        await self.refresh()
        await quotas.give_back_the_dead(self.database)
        waiting = "the accounts wait for the database"
        self._repeated = [Repeated(LOOK_S, self.refresh, waiting), Repeated(TIDY_S, self._tidy, waiting)]

    async def close(self) -> None:
        """Stop looking; note who was last seen."""
        for each in self._repeated:
            await each.stop()
        if self._repeated:
            await self._tidy()

    async def refresh(self) -> None:
        """Forget what is stale, if anything changed."""
        async with self.database.read() as session:
            version = await session.scalar(select(Version.number)) or 0
            if version == self._version:
                return
            self.rules = await rules.load(session, self._currency)
            self.personal = not await people.accounts_exist(session)
        self._version = version
        self._known.clear()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncSession]:
        """A session to change people in; what it changed is felt here before the context is left."""
        async with self.database.write() as session:
            yield session
        await self.refresh()

    async def by_session(self, token: str) -> Caller | None:
        """Whose session this is (None = nobody's, or not any more, or its second factor is still to come)."""
        return self._remembered(hash_of(token)) or await self._look_up_session(token)

    async def by_key(self, secret: bytes) -> Caller | None:
        """Whose key this is (None = nobody's, or not any more)."""
        return self._remembered(hash_of(secret)) or await self._look_up_key(secret)

    async def local_owner_account(self) -> Caller | None:
        """The account that took over from the local owner: the keys of `causerie.toml` act for it (None = gone)."""
        found = self._remembered(LOCAL_OWNER.person_id)
        if found is not None:
            return found
        version = self._version
        async with self.database.read() as session:
            person = await session.get(Person, LOCAL_OWNER.person_id)
        if person is None or person.disabled_at is not None:
            return None
        scopes = frozenset({"models", "metrics"})
        caller = Caller(person.id, person.name, Role(person.role), scopes)
        self._remember(LOCAL_OWNER.person_id, caller, version, REMEMBERED_S)
        return caller

    async def still(self, caller: Caller) -> bool:
        """Whether what the caller showed is good yet: who is sent something for hours is asked for again.

        Noticed at once in this process and within `LOOK_S` in the others; its end by time within `REMEMBERED_S`.
        """
        shown = caller.session_id or caller.key_id
        if shown is None:  # the local owner, or a key of the settings
            return self.personal or (caller.scopes is not None and await self.local_owner_account() is not None)
        if self._remembered(shown) is not None:
            return True
        version = self._version
        async with self.database.read() as session:
            if caller.session_id:
                good = await sessions.is_good(session, shown)
            else:
                good = await keys.is_good(session, shown)
        if good:
            self._remember(shown, caller, version, REMEMBERED_S)
        return good

    def _remembered(self, name: str) -> Caller | None:
        found = self._known.get(name)
        return found.caller if found is not None and found.until > time.monotonic() else None

    def _remember(self, name: str, caller: Caller, version: int, for_s: float) -> None:
        if version != self._version:
            return  # something changed while we looked: what we found may be stale already
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[name] = _Remembered(caller, time.monotonic() + for_s)

    async def _look_up_session(self, token: str) -> Caller | None:
        version = self._version
        async with self.database.read() as session:
            found = await sessions.find(session, token)
        if found is None or found[0].pending:
            return None
        row, person = found
        caller = Caller(person.id, person.name, Role(person.role), session_id=row.id)
        self._used_sessions.add(row.id)
        self._remember(row.token_hash, caller, version, REMEMBERED_S)
        return caller

    async def _look_up_key(self, secret: bytes) -> Caller | None:
        version = self._version
        async with self.database.read() as session:
            found = await keys.find(session, secret)
        if found is None:
            return None
        key, person = found
        caller = Caller(person.id, person.name, Role(person.role), frozenset(key.scopes), key_id=key.id)
        self._used_keys.add(key.id)
        left_s = (key.expires_at - now()).total_seconds() if key.expires_at else REMEMBERED_S
        self._remember(key.key_hash, caller, version, min(left_s, REMEMBERED_S))
        return caller

    async def _tidy(self) -> None:
        used_sessions, self._used_sessions = self._used_sessions, set()
        used_keys, self._used_keys = self._used_keys, set()
        if used_sessions or used_keys:
            async with self.database.write() as session:
                await sessions.seen(session, sorted(used_sessions))
                await keys.seen(session, sorted(used_keys))
        if self.rules.quotas:
            await quotas.give_back_the_dead(self.database)
