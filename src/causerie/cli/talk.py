"""Who answers `causerie chat`: the server that is up, or else a model loaded for this conversation alone.

Does: find out which, list the models, resolve a name, and give an answer as the chunks of a chat completion.
Does not: print.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from causerie.errors import ModelNotFound
from causerie.inference import own_server
from causerie.inference.own_server import OwnServer
from causerie.inference.pool import Check
from causerie.inference.router import Released, Router
from causerie.inference.wire import Timeouts, client_session, read_events
from causerie.settings import Settings


class Talk(Protocol):
    """Something that answers."""

    async def models(self) -> list[str]:
        """Names of the models that chat."""
        ...

    async def resolve(self, name: str | None) -> str:
        """The model of this name (None = the default one).

        Raises:
            ModelNotFound: There is none.
        """
        ...

    def events(self, payload: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The chunks of an answer, parsed.

        Raises:
            CauserieError: Whatever ended it.
        """
        ...


@asynccontextmanager
async def talk(settings: Settings) -> AsyncIterator[Talk]:
    """The server that is up at the settings' address, or this process itself."""
    async with client_session(keep_alive=True) as session:
        server = await own_server.find(settings, session)
        if server is not None:
            yield _Served(server)
            return
    async with _registry(settings) as known, Router(settings, check=known.check, released=known.released) as router:
        yield _Alone(router, settings.max_tokens)


class _Known(NamedTuple):
    """What the registry knows: of a model before it is loaded, and which one answers to a released name."""

    check: Check | None = None
    released: Released | None = None


@asynccontextmanager
async def _registry(settings: Settings) -> AsyncIterator[_Known]:
    """What the registry knows; nothing where there is no database."""
    from causerie.database.engine import FILE_NAME, open_database
    from causerie.database.migrate import migrate
    from causerie.registry.aliases import Aliases
    from causerie.registry.versions import load_check

    if not settings.database_url.get_secret_value() and not (settings.home / FILE_NAME).exists():
        yield _Known()
        return
    database = open_database(settings)
    try:
        await migrate(database, settings.home)
        aliases = Aliases(database)
        await aliases.refresh()
        yield _Known(load_check(database, settings), aliases.resolve)
    finally:
        await database.close()


async def _chunks(events: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    async for event in events:
        if event.startswith(b"data: {"):
            yield json.loads(event[len(b"data: ") :])


class _Alone:
    """A model loaded into this process's own child."""

    def __init__(self, router: Router, max_tokens: int) -> None:
        self._router = router
        self._max_tokens = max_tokens
        self._conversation = secrets.token_hex(8)

    async def models(self) -> list[str]:
        return [status.name for status in self._router.models() if status.capabilities.chat]

    async def resolve(self, name: str | None) -> str:
        return self._router.resolve(name, self._conversation)

    async def events(self, payload: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        limited = {"max_tokens": self._max_tokens, **payload}  # as the server does: an answer must end
        async with self._router.send("chat/completions", limited) as reply:
            async for chunk in _chunks(reply.events()):
                yield chunk


class _Served:
    """A causerie that is up on this machine."""

    def __init__(self, server: OwnServer) -> None:
        self._server = server

    async def models(self) -> list[str]:
        return [model["name"] for model in self._server.models if model["chat"]]

    async def resolve(self, name: str | None) -> str:
        wanted = name or self._server.default
        if not wanted:
            raise ModelNotFound("there is no model to talk with", hint="`causerie pull starter` gets a small one")
        if wanted == "starter":
            own = {model["name"]: model for model in self._server.models if not model.get("release")}
            wanted = next((name for name, model in own.items() if model["starter"]), wanted)
        if wanted not in await self.models() and not await self._server.has(f"/v1/models/{quote(wanted, safe='')}"):
            raise ModelNotFound("no model is named {name!r}", name=wanted, hint="`causerie models` lists those here")
        return wanted

    async def events(self, payload: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        timeouts = Timeouts(connect_s=2)
        async with self._server.post("chat/completions", payload, timeouts) as response:
            async for chunk in _chunks(read_events(response, timeouts, own_server.FAILURES)):
                yield chunk
