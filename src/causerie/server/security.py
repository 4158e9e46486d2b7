"""Who may ask at all: the layer just inside `observation.py`.

Does: refuse hosts that are not this machine (DNS rebinding), browsers on other origins, requests without a key when
keys are set, headers and bodies over the limits, and more requests at once than the limit.
Does not: know people or roles; that is for the accounts, when they come.
Try it: curl -i -H 'Host: evil.example' http://127.0.0.1:8080/v1/models
"""

import hmac
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from causerie.errors import BodyTooLarge, Forbidden, HeadersTooLarge, RateLimited, Unauthenticated
from causerie.server.records import record_of
from causerie.settings import Settings

MIB = 2**20
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
"""Of one request, names and values together."""
PRIVATE_PREFIXES = ("/v1/", "/api/", "/metrics")
"""Paths that a key protects, when keys are set; the rest is the page's files, health and the schema."""
RETRY_AFTER_S = 1
"""Seconds after which an answer may have ended; nobody can know."""


@lru_cache(maxsize=256)
def is_own_host(header: bytes, bound: str) -> bool:
    """Whether a `Host` header names this machine: loopback by name or address, or the host it is bound to.

    The port does not matter: tunnels and containers change it, and DNS rebinding is about the name.
    """
    try:
        parts = urlsplit("//" + header.decode("ascii"))
        name, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not name or parts.username is not None or parts.path or parts.query or parts.fragment:
        return False
    if name in ("localhost", bound.lower()):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def check_origin(scope: Scope, headers: dict[bytes, bytes]) -> None:
    """Refuse what a browser sends from a page of another origin, except opening our own page.

    Browsers say where a request comes from in `Origin` and `Sec-Fetch-Site`; other clients send neither.

    Raises:
        Forbidden: The request comes from another origin.
    """
    site = headers.get(b"sec-fetch-site")
    origin = headers.get(b"origin")
    if site is None and origin is None:
        return
    own = b"%s://%s" % (scope["scheme"].encode(), headers.get(b"host", b"").lower())
    if site in (None, b"same-origin", b"none") and origin in (None, own):
        return
    opens_page = (
        scope["method"] in ("GET", "HEAD")
        and origin is None
        and not is_private(scope["path"])
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )
    if not opens_page:
        raise Forbidden(
            "requests from a page of another origin are refused",
            hint="ask from the page that this server serves, or from a program that is not a browser",
        )


def is_private(path: str) -> bool:
    """Whether a key is asked for this path, when keys are set."""
    return path.startswith(PRIVATE_PREFIXES)


class KeyCheck:
    """Compares keys without telling by its timing how much of one was right.

    Args:
        keys: The accepted keys (empty = none is asked for).
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._digests = tuple(sha256(key.encode()).digest() for key in keys)

    def __call__(self, headers: dict[bytes, bytes]) -> None:
        """Check the credentials of one request: `Authorization: Bearer` and `x-api-key` alike.

        Raises:
            Unauthenticated: There is no key, or one of those given is wrong.
        """
        if not self._digests:
            return
        given = []
        if (bearer := headers.get(b"authorization")) is not None:
            scheme, _, token = bearer.partition(b" ")
            given.append(token.strip() if scheme.lower() == b"bearer" else b"")
        if (key := headers.get(b"x-api-key")) is not None:
            given.append(key.strip())
        if not given:
            raise Unauthenticated(
                "an API key is required", hint="send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`"
            )
        known = [self._is_known(token) for token in given]
        if not all(known):
            raise Unauthenticated("the API key is not one of this server's")

    def _is_known(self, token: bytes) -> bool:
        digest = sha256(token).digest()
        # All are compared whichever fits, so that the time tells nothing.
        fits = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(fits)


class Gate:
    """Pure ASGI middleware; see the module.

    Args:
        app: What it wraps.
        settings: For the host, the keys and the limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._host = settings.host
        self._check_key = KeyCheck(tuple(key.get_secret_value() for key in settings.api_keys))
        self._max_body = int(settings.max_body_mib * MIB)
        self._limit = settings.max_concurrent_requests
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or raise why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = self._checked_headers(scope)
        private = is_private(scope["path"])
        if private:
            self._check_key(headers)
        receive = self._limited_body(headers, receive)
        if not private or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        free = self._limit - self._running
        record_of(scope).headers = (
            (b"x-ratelimit-limit-requests", b"%d" % self._limit),
            (b"x-ratelimit-remaining-requests", b"%d" % max(0, free - 1)),
            (b"x-ratelimit-reset-requests", b"%ds" % (RETRY_AFTER_S if free <= 1 else 0)),
        )
        if free <= 0:
            raise RateLimited(
                "{limit} requests are being answered, which is the limit",
                limit=self._limit, retry_after=RETRY_AFTER_S,
                hint="try again when one has ended, or raise max_concurrent_requests",
            )  # fmt: skip
        self._running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running -= 1

    def _checked_headers(self, scope: Scope) -> dict[bytes, bytes]:
        raw = scope["headers"]
        headers = dict(raw)
        if len(raw) > MAX_HEADERS or sum(len(name) + len(value) for name, value in raw) > MAX_HEADER_BYTES:
            raise HeadersTooLarge(
                "the headers are over the limit of {count} or of {size} bytes",
                count=MAX_HEADERS,
                size=MAX_HEADER_BYTES,
            )
        hosts = [value for name, value in raw if name == b"host"]
        if len(hosts) != 1 or not is_own_host(hosts[0], self._host):
            raise Forbidden(
                "the Host header does not name this machine",
                hint="open http://127.0.0.1 or http://localhost with the server's port",
            )
        check_origin(scope, headers)
        return headers

    def _limited_body(self, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._max_body:
            raise self._too_large()
        received = 0

        async def receive_limited() -> Message:
            # What was announced may be a lie, and a chunked body announces nothing: count.
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_body:
                    raise self._too_large()
            return message

        return receive_limited

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            "the request's body is over the limit of {limit} bytes", limit=self._max_body,
            hint="setting max_body_mib raises it",
        )  # fmt: skip
