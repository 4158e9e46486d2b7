"""Which model answers to a released name: asked for each request, and so answered from memory.

Does: hold all aliases; tell which people a candidate answers while it has a share; see changes of other processes
within `LOOK_S`, and those of this one at once.
Does not: decide what is released; `releases.py` does.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType, TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import people
from causerie.database.engine import Database
from causerie.database.repeated import Repeated
from causerie.registry import releases
from causerie.registry.releases import Stage
from causerie.registry.tables import ReleaseAlias

LOOK_S = 0.5
"""Seconds between two looks: a rollback at the command line is felt by the server so soon."""


@dataclass(frozen=True, slots=True)
class Route:
    """What answers to an alias."""

    model: str
    """In service."""
    version: str
    """Its id in the registry (empty = it is not registered)."""
    candidate: str
    """The one that is being tried beside it (empty = none)."""
    candidate_version: str
    stage: Stage
    share: float
    """Of people whom the candidate answers, 0 to 1."""
    since: datetime
    """When the present stage began."""

    def reaches(self, who: str) -> bool:
        """Whether the candidate answers somebody, in the stage `share`: the same for the whole stage.

        A hash spreads people evenly from 0 to 1, and those below the share are reached. It needs no memory: every
        process finds the same. The candidate goes in, so that the next one is tried on other people; the share and
        the moment do not, so that a larger share takes nobody back.
        """
        if self.stage != "share":
            return False
        text = f"{self.candidate}\n{self.candidate_version}\n{who}"
        return int.from_bytes(sha256(text.encode()).digest()[:8]) / 2**64 < self.share


class Aliases:
    """One for each server. Use it as a context manager.

    Args:
        database: Where the aliases are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._routes: Mapping[str, Route] = MappingProxyType({})
        self._shadows: Mapping[str, str] = MappingProxyType({})
        self._repeated: Repeated | None = None

    async def __aenter__(self) -> Self:
        """Look for the first time, and go on looking."""
        await self.refresh()
        self._repeated = Repeated(LOOK_S, self.refresh, "the aliases wait for the database")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop looking."""
        if self._repeated is not None:
            await self._repeated.stop()

    @property
    def routes(self) -> Mapping[str, Route]:
        """What answers to each alias now."""
        return self._routes

    def resolve(self, name: str, who: str) -> str | None:
        """The model that answers somebody who asks by a name (None = it is no alias).

        Args:
            name: As it was asked for.
            who: What tells them apart: the id of an account, of an application or of a conversation.
        """
        route = self._routes.get(name)
        if route is None:
            return None
        return route.candidate if route.reaches(who) else route.model

    def shadow_of(self, model: str) -> str | None:
        """The candidate that gets copies of what this model is asked (None = there is none)."""
        return self._shadows.get(model)

    @property
    def database(self) -> Database:
        """Where the aliases are."""
        return self._database

    async def refresh(self) -> None:
        """Look now."""
        async with self._database.read() as session:
            rows = await releases.all_aliases(session)
        found = {row.alias: _route(row) for row in rows if row.model}
        self._routes = MappingProxyType(found)
        self._shadows = MappingProxyType(
            {each.model: each.candidate for each in found.values() if each.stage == "shadow" and each.candidate}
        )

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncSession]:
        """A session to change aliases in; what it changed is felt here before the context is left."""
        async with self._database.write() as session:
            yield session
        await self.refresh()


async def reached(session: AsyncSession, rows: Sequence[ReleaseAlias]) -> list[tuple[int, int]]:
    """For each alias, how many people and applications its candidate answers by its share, and how many there are.

    Both are 0 where nobody has an account: there it answers some of the conversations.
    """
    everybody = await people.joined(session) if await people.accounts_exist(session) else {}
    return [(sum(map(_route(row).reaches, everybody)), len(everybody)) for row in rows]


def _route(row: ReleaseAlias) -> Route:
    return Route(
        model=row.model, version=row.version, candidate=row.candidate, candidate_version=row.candidate_version,
        stage=_stage(row.stage), share=row.share, since=row.since,
    )  # fmt: skip


def _stage(name: str) -> Stage:
    return "shadow" if name == "shadow" else "share" if name == "share" else "all"
