"""From a request's headers to who it is from; and which path needs what.

Does: take `Authorization: Bearer`, `x-api-key` and the session's cookie; refuse what is wrong, whatever else is
right; check what a key is for and the least role, by path, so that no route can forget it.
Does not: look into the database while nobody has an account, or for callers that were seen a moment ago.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from starlette.types import Scope

from causerie.accounts.doorkeeper import Doorkeeper
from causerie.accounts.identity import LOCAL_OWNER, Caller, Role
from causerie.errors import Forbidden, Unauthenticated
from causerie.server.browsers import SESSION, Ours, cookie

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
OPEN = frozenset(
    (
        ("GET", "/api/session"),
        ("POST", "/api/session"),
        ("POST", "/api/session/second-factor"),
        ("POST", "/api/session/passkey/options"),
        ("POST", "/api/session/passkey"),
        ("POST", "/api/links/look"),
        ("POST", "/api/links/accept"),
        ("POST", "/api/shared"),
    )
)
"""What one may ask before one is known: how to become so."""
NO_KEY = "an API key is required"
NO_KEY_HINT = "send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`"
WRONG_KEY = "the API key is not one of this server's"


class Needs(NamedTuple):
    """What a path below `prefix` needs."""

    prefix: str
    scope: str
    """Of a key (empty = any key will do)."""
    role: Role


NEEDS = (
    Needs("/v1", "models", Role.VIEWER),
    Needs("/api/models", "models", Role.VIEWER),
    Needs("/api/settings", "", Role.VIEWER),
    Needs("/api/session", "", Role.VIEWER),
    Needs("/api/me", "account", Role.VIEWER),
    Needs("/api/admin", "administration", Role.ADMINISTRATOR),
    Needs("/api/jobs", "administration", Role.ADMINISTRATOR),
    Needs("/api/runs", "administration", Role.BUILDER),
    Needs("/api/improvements", "administration", Role.BUILDER),
    Needs("/api/releases", "administration", Role.BUILDER),
    Needs("/api/overrides", "administration", Role.ADMINISTRATOR),
    Needs("/api/pauses", "administration", Role.BUILDER),
    Needs("/api/recipes", "administration", Role.BUILDER),
    Needs("/api/versions", "administration", Role.BUILDER),
    Needs("/api/evaluations", "administration", Role.BUILDER),
    Needs("/api/suites", "administration", Role.BUILDER),
    Needs("/api/plans", "administration", Role.BUILDER),
    Needs("/metrics", "metrics", Role.ADMINISTRATOR),
    Needs("/api", "conversations", Role.VIEWER),
)
"""The first that fits; a path that none fits is the page's files, health or the schema, which need nobody."""


def needs_of(path: str) -> Needs | None:
    """What this path needs (None = nobody)."""
    return next((each for each in NEEDS if path == each.prefix or path.startswith(each.prefix + "/")), None)


class Recognition:
    """One for each server; see the module.

    Args:
        doors: Who knows the people.
        keys: Those of `causerie.toml`; if there are any, nobody comes in without one.
        operator_key: Of this machine's own commands; good wherever those of `causerie.toml` are (empty = none).
        ours: For the names of cookies.
    """

    def __init__(self, doors: Doorkeeper, keys: tuple[str, ...], operator_key: str, ours: Ours) -> None:
        self._doors = doors
        self._asks_for_keys = bool(keys)
        known = (*keys, operator_key) if operator_key else keys
        self._digests = tuple(sha256(key.encode()).digest() for key in known)
        self._ours = ours

    async def __call__(self, scope: Scope, headers: Mapping[bytes, bytes], needs: Needs) -> Caller | None:
        """Who this is from (None = nobody known, on an open path).

        Raises:
            Unauthenticated: Nobody known, or something that was shown is wrong.
            Forbidden: Somebody known who may not ask this.
        """
        try:
            caller = await self._shown(scope, headers)
        except Unauthenticated:
            if (scope["method"], scope["path"]) in OPEN:
                return None
            raise
        if caller.scopes is not None and needs.scope and needs.scope not in caller.scopes:
            raise Forbidden("this key is not for {scope}", scope=needs.scope, hint="make a key that is")
        caller.require(needs.role)
        return caller

    async def _shown(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Caller:
        if self._doors.personal:
            if self._asks_for_keys and not all(map(self._is_settings_key, shown_keys(headers) or _missing())):
                raise Unauthenticated(WRONG_KEY)
            return LOCAL_OWNER
        if tokens := shown_keys(headers):
            callers = [await self._by_key(token) for token in tokens]
            if len({caller.person_id for caller in callers}) > 1:
                raise Unauthenticated("the two API keys are of different people")
            return callers[0]
        return await self._by_cookie(scope, headers)

    async def _by_key(self, token: bytes) -> Caller:
        if self._is_settings_key(token):
            caller = await self._doors.local_owner_account()
        else:
            caller = await self._doors.by_key(token)
        if caller is None:
            raise Unauthenticated(WRONG_KEY)
        return caller

    async def _by_cookie(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Caller:
        token = session_token(scope, headers, self._ours)
        caller = await self._doors.by_session(token) if token else None
        if caller is None:
            raise Unauthenticated(
                NO_KEY, hint="sign in; a program sends `Authorization: Bearer KEY` or `x-api-key: KEY`"
            )
        # A browser says where a request comes from, and `security.py` has checked it. What says nothing is no
        # browser of today: with a cookie it may read, and change nothing.
        if scope["method"] not in SAFE and not (b"origin" in headers or b"sec-fetch-site" in headers):
            raise Forbidden(
                "a change with a session's cookie must say where it comes from",
                hint="send `Origin` with this server's address; programs use an API key",
            )
        return caller

    def _is_settings_key(self, token: bytes) -> bool:
        digest = sha256(token).digest()
        # All are compared whichever fits, so that the time tells nothing.
        fits = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(fits)


def session_token(scope: Scope, headers: Mapping[bytes, bytes], ours: Ours) -> str:
    """What the cookie of a session holds (empty = there is none)."""
    return cookie(headers, SESSION, secure=ours.is_secure(scope, headers))


def shown_keys(headers: Mapping[bytes, bytes]) -> list[bytes]:
    """The keys that a client shows, right or wrong (empty bytes = one that is none)."""
    given = []
    if (bearer := headers.get(b"authorization")) is not None:
        scheme, _, token = bearer.partition(b" ")
        given.append(token.strip() if scheme.lower() == b"bearer" else b"")
    if (key := headers.get(b"x-api-key")) is not None:
        given.append(key.strip())
    return given


def _missing() -> list[bytes]:
    raise Unauthenticated(NO_KEY, hint=NO_KEY_HINT)
