"""Which model answers to a released name: asked for each request, and so answered from memory.

Does: hold all aliases; draw who answers where a candidate has a share; see changes of other processes within
`LOOK_S`, and those of this one at once.
Does not: decide what is released; `releases.py` does.
"""

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession

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
    stage: Stage
    share: float
    """Of requests that the candidate answers, 0 to 1."""
    since: datetime
    """When the present stage began."""


class Aliases:
    """One for each server. Use it as a context manager.

    Args:
        database: Where the aliases are.
        draw: A number from 0 to 1, for shares.
    """

    def __init__(self, database: Database, draw: Callable[[], float] = random.random) -> None:
        self._database = database
        self._draw = draw
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

    def resolve(self, name: str) -> str | None:
        """The model that answers to a name this time (None = it is no alias)."""
        route = self._routes.get(name)
        if route is None:
            return None
        tried = route.stage == "share" and self._draw() < route.share
        return route.candidate if tried else route.model

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


def _route(row: ReleaseAlias) -> Route:
    return Route(row.model, row.version, row.candidate, _stage(row.stage), row.share, row.since)


def _stage(name: str) -> Stage:
    return "shadow" if name == "shadow" else "share" if name == "share" else "all"
