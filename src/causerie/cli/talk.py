"""Who answers `causerie chat`: the server that is up, or else a model loaded for this conversation alone.

Does: find out which, list the models, resolve a name, and give an answer as the chunks of a chat completion.
Does not: print.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

import aiohttp

from causerie.cli.server_key import key_for, refused
from causerie.errors import (
    CauserieError,
    EngineUnavailable,
    InvalidRequest,
    ModelNotFound,
    Unauthenticated,
    family,
)
from causerie.inference.pool import Check
from causerie.inference.router import Released, Router
from causerie.inference.wire import Failures, Timeouts, client_session, post, read_events
from causerie.settings import Settings

_LOOK = aiohttp.ClientTimeout(total=10, connect=2)
"""A server on this machine is reached at once, or there is none; one that is busy may take a while to answer."""


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
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{host}:{settings.port}"
        key = key_for(settings)
        found = await _server_models(session, url, key)
        if found is not None:
            yield _Server(session, url, key, found)
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


async def _server_models(session: aiohttp.ClientSession, url: str, key: str | None) -> dict[str, Any] | None:
    """What `/api/models` says, or None when nothing of ours listens there.

    Raises:
        Unauthenticated: A causerie listens there that does not take our key.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with session.get(f"{url}/api/models", headers=headers, timeout=_LOOK) as answer:
            said = await answer.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    if answer.status == Unauthenticated.status and isinstance(said, dict) and "error" in said:
        raise refused()
    return said if isinstance(said, dict) and {"default", "models"} <= said.keys() else None


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


class _Server:
    """A causerie that is up on this machine."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str | None, found: dict[str, Any]) -> None:
        self._session = session
        self._url = url
        self._key = key
        self._found = found

    async def models(self) -> list[str]:
        return [model["name"] for model in self._found["models"] if model["chat"]]

    async def resolve(self, name: str | None) -> str:
        wanted = name or self._found["default"]
        if not wanted:
            raise ModelNotFound("there is no model to talk with", hint="`causerie pull starter` gets a small one")
        if wanted == "starter":
            own = {model["name"]: model for model in self._found["models"] if not model.get("release")}
            wanted = next((name for name, model in own.items() if model["starter"]), wanted)
        if wanted not in await self.models() and not await self._answers_to(wanted):
            raise ModelNotFound("no model is named {name!r}", name=wanted, hint="`causerie models` lists those here")
        return wanted

    async def _answers_to(self, name: str) -> bool:
        """Whether it is a released name: the server says for each request which model that is."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        path = f"{self._url}/v1/models/{quote(name, safe='')}"
        try:
            async with self._session.get(path, headers=headers, timeout=_LOOK) as answer:
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def events(self, payload: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        timeouts, body = Timeouts(connect_s=2), json.dumps(payload).encode()
        url = f"{self._url}/v1/chat/completions"
        async with post(self._session, url, body, key=self._key, timeouts=timeouts, failures=_FAILURES) as response:
            async for chunk in _chunks(read_events(response, timeouts, _FAILURES)):
                yield chunk


def _stopped(reason: str) -> CauserieError:
    return EngineUnavailable("the server stopped answering: {reason}", reason=reason, hint="is it still up?")


def _refused(status: int, said: dict[str, Any], wait_s: float | None) -> CauserieError:
    kind = _by_code().get(str(said.get("code")), InvalidRequest if status < 500 else EngineUnavailable)
    return kind("{message}", message=said["message"], retry_after=wait_s, hint=_braced(said.get("hint") or ""))


@cache
def _by_code() -> dict[str, type[CauserieError]]:
    """Every error by its `code`: a failure exits alike, whether a server is up or not."""
    return {cls.code: cls for cls in family()}


def _braced(text: str) -> str:
    # The server's words are no template of ours.
    return text.replace("{", "{{").replace("}", "}}")


_FAILURES = Failures(unreachable=_stopped, timed_out=_stopped, broken=_stopped, refused=_refused)
