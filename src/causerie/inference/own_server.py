"""The causerie that is up on this machine, as a command beside it sees it.

Does: find it at the settings' address; send it a request with the key of this machine; turn what it refuses back into
the errors that it came from.
Does not: start one; choose what to ask, or of which model.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp

from causerie.accounts import operator_key
from causerie.errors import CauserieError, EngineUnavailable, InvalidRequest, Unauthenticated, family
from causerie.inference.wire import Failures, Timeouts, post
from causerie.settings import Settings

LOOK = aiohttp.ClientTimeout(total=10, connect=2)
"""A server on this machine is reached at once, or there is none; one that is busy may take a while to answer."""


@dataclass(frozen=True)
class OwnServer:
    """A server that said what it has."""

    session: aiohttp.ClientSession
    url: str
    key: str
    """Empty = it asks for none that is known here."""
    default: str
    """The model that answers where none is named (empty = there is none)."""
    models: list[dict[str, Any]]
    """As `/api/models` tells them."""

    async def has(self, path: str) -> bool:
        """Whether there is something at this path."""
        try:
            async with self.session.get(self.url + path, headers=_headers(self.key), timeout=LOOK) as answer:
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False

    def post(
        self, operation: str, body: Mapping[str, Any], timeouts: Timeouts
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Its answer to a request of `/v1`, for `wire.read_events` or `wire.read_whole` with `FAILURES`."""
        url, raw = f"{self.url}/v1/{operation}", json.dumps(body).encode()
        return post(self.session, url, raw, key=self.key or None, timeouts=timeouts, failures=FAILURES)


async def find(settings: Settings, session: aiohttp.ClientSession) -> OwnServer | None:
    """The server at the settings' address (None = nothing of ours listens there).

    Raises:
        Unauthenticated: A causerie listens there that does not take our key.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    key = operator_key.known(settings)
    try:
        async with session.get(f"{url}/api/models", headers=_headers(key), timeout=LOOK) as answer:
            said = await answer.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    if answer.status == Unauthenticated.status and isinstance(said, dict) and "error" in said:
        raise operator_key.refused()
    if not isinstance(said, dict) or not {"default", "models"} <= said.keys():
        return None
    return OwnServer(session, url, key, str(said["default"] or ""), said["models"])


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _stopped(reason: str) -> CauserieError:
    return EngineUnavailable("the server stopped answering: {reason}", reason=reason, hint="is it still up?")


def _refused(status: int, said: dict[str, Any], wait_s: float | None) -> CauserieError:
    kind = _by_code().get(str(said.get("code")), InvalidRequest if status < 500 else EngineUnavailable)
    return kind("{message}", message=said["message"], retry_after=wait_s, hint=_braced(said.get("hint") or ""))


@cache
def _by_code() -> dict[str, type[CauserieError]]:
    """Every error by its `code`: a failure is the same one, whether a server is up or not."""
    return {cls.code: cls for cls in family()}


def _braced(text: str) -> str:
    # The server's words are no template of ours.
    return text.replace("{", "{{").replace("}", "}}")


FAILURES = Failures(unreachable=_stopped, timed_out=_stopped, broken=_stopped, refused=_refused)
"""What each way to fail is called, for the readers of `wire`."""
