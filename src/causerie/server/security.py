"""Who may ask at all: the layer just inside `observation.py`.

Does: refuse hosts that are not this server (DNS rebinding), browsers on other origins, who is not known or may not
ask this path, headers and bodies over the limits, and more requests at once than the limit; write the caller into the
scope.
Does not: find out who it is; `recognition.py` does.
Try it: curl -i -H 'Host: evil.example' http://127.0.0.1:8080/v1/models
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from causerie.accounts.doorkeeper import Doorkeeper
from causerie.chat import attachments
from causerie.errors import BodyTooLarge, Forbidden, HeadersTooLarge, RateLimited
from causerie.server.browsers import Ours
from causerie.server.identity import KEY as CALLER
from causerie.server.recognition import Recognition, needs_of
from causerie.server.records import record_of
from causerie.server.uploads import LIMITS
from causerie.settings import Settings

MIB = 2**20
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
"""Of one request, names and values together."""
RETRY_AFTER_S = 1
"""Seconds after which an answer may have ended; nobody can know."""


@lru_cache(maxsize=256)
def is_own_host(header: bytes, names: frozenset[str]) -> bool:
    """Whether a `Host` header names this server: loopback by name or address, or one of the names in the settings.

    The port does not matter: tunnels and containers change it, and DNS rebinding is about the name.
    """
    try:
        parts = urlsplit("//" + header.decode("ascii"))
        name, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not name or parts.username is not None or parts.path or parts.query or parts.fragment:
        return False
    if name == "localhost" or name in names:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def check_origin(scope: Scope, headers: dict[bytes, bytes], own: str) -> None:
    """Refuse what a browser sends from a page of another origin, except opening our own page.

    Browsers say where a request comes from in `Origin` and `Sec-Fetch-Site`; other clients send neither.

    Args:
        scope: Of the request.
        headers: Of the request.
        own: The origin of our page.

    Raises:
        Forbidden: The request comes from another origin.
    """
    site = headers.get(b"sec-fetch-site")
    origin = headers.get(b"origin")
    if site is None and origin is None:
        return
    if site in (None, b"same-origin", b"none") and origin in (None, own.encode("latin-1")):
        return
    opens_page = (
        scope["method"] in ("GET", "HEAD")
        and origin is None
        and needs_of(scope["path"]) is None
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )
    if not opens_page:
        raise Forbidden(
            "requests from a page of another origin are refused",
            hint="ask from the page that this server serves, or from a program that is not a browser",
        )


class Gate:
    """Pure ASGI middleware; see the module.

    Args:
        app: What it wraps.
        settings: For our names, the keys and the limits.
        doors: Who knows the people.
        operator_key: Of this machine's own commands (empty = none).
    """

    def __init__(self, app: ASGIApp, settings: Settings, doors: Doorkeeper, operator_key: str = "") -> None:
        self._app = app
        self._ours = Ours(settings)
        keys = tuple(key.get_secret_value() for key in settings.api_keys)
        self._recognise = Recognition(doors, keys, operator_key, self._ours)
        self._max_body = int(settings.max_body_mib * MIB)
        self._limit = settings.max_concurrent_requests
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or raise why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = self._checked_headers(scope)
        needs = needs_of(scope["path"])
        if needs is not None:
            scope[CALLER] = await self._recognise(scope, headers, needs)
        own = LIMITS.get(scope["path"])
        if own is None:
            receive = _limited_body(headers, receive, self._max_body, _too_large)
        else:
            receive = _limited_body(headers, receive, own, attachments.too_large)
        if needs is None or scope["method"] != "POST":
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
        if len(hosts) != 1 or not is_own_host(hosts[0], self._ours.hosts):
            raise Forbidden(
                "the Host header does not name this server",
                hint="open http://127.0.0.1 or http://localhost with the server's port; the settings public_url and "
                "allowed_hosts add names",
            )
        check_origin(scope, headers, self._ours.origin(scope, headers))
        return headers


def _limited_body(
    headers: dict[bytes, bytes], receive: Receive, most: int, too_large: Callable[[int], BodyTooLarge]
) -> Receive:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > most:
        raise too_large(most)
    received = 0

    async def receive_limited() -> Message:
        # What was announced may be a lie, and a chunked body announces nothing: count.
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > most:
                raise too_large(most)
        return message

    return receive_limited


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(
        "the request's body is over the limit of {limit} bytes", limit=most, hint="setting max_body_mib raises it"
    )
