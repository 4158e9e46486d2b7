"""What a browser sends and keeps: where it is, under which name it found us, its cookies.

Does: read addresses, behind trusted proxies too; know the origins that are ours; set and read cookies.
Does not: recognise anyone; `recognition.py` does.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import Scope

from causerie.accounts.passkeys import RelyingParty
from causerie.accounts.sessions import LASTS, PENDING_LASTS, Client, OpenedSession
from causerie.settings import Settings

SESSION = "causerie_session"
TICKET = "causerie_oidc"
SECURE_PREFIX = "__Host-"
"""Browsers take a cookie of this name from https alone, and let no other host set it."""


class Ours:
    """The names under which this server may be found.

    Args:
        settings: For the host it is bound to, its public address, further names and proxies.
    """

    def __init__(self, settings: Settings) -> None:
        self._public_host, self._public_origin = "", ""
        if settings.public_url is not None:
            parts = urlsplit(str(settings.public_url))
            self._public_host = (parts.hostname or "").lower()
            self._public_origin = f"{parts.scheme}://{parts.netloc}".lower()
        names = (settings.host, self._public_host, *settings.allowed_hosts)
        self.hosts = frozenset(name.lower().strip("[]") for name in names if name)
        """Host names that requests may name, beside loopback's."""
        self._proxies = frozenset(settings.trusted_proxies)

    def origin(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The origin of our page, as the browser that sent this sees it."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self._public_host and urlsplit(f"//{host}").hostname == self._public_host:
            return self._public_origin
        return f"{scope['scheme']}://{host}"

    def client(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Client:
        """Where a request comes from; what a proxy says counts only if the settings trust it."""
        peer = scope.get("client")
        address = peer[0] if peer else ""
        if address in self._proxies:
            hops = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
            # The nearest that is no proxy of ours: what stands before it, the client itself may have written.
            outside = [hop.strip() for hop in hops if hop.strip() and hop.strip() not in self._proxies]
            address = _address(outside[-1]) if outside else address
        return Client(address=address, agent=headers.get(b"user-agent", b"").decode("latin-1"))

    def is_secure(self, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the browser reaches us by https."""
        return self.origin(scope, headers).startswith("https:")

    def party_host(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The host that passkeys would be bound to."""
        return urlsplit(self.origin(scope, headers)).hostname or ""

    def party(self, scope: Scope, headers: Mapping[bytes, bytes]) -> RelyingParty:
        """This server, as passkeys are bound to it.

        Raises:
            InvalidRequest: It was found by an address, not a name.
        """
        return RelyingParty(host=self.party_host(scope, headers), origin=self.origin(scope, headers))


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """A request's headers by their names in small letters."""
    return dict(scope["headers"])


def cookie(headers: Mapping[bytes, bytes], name: str, *, secure: bool) -> str:
    """The value of a cookie of ours (empty = there is none)."""
    wanted = (SECURE_PREFIX + name if secure else name).encode()
    for pair in headers.get(b"cookie", b"").split(b";"):
        key, _, value = pair.strip().partition(b"=")
        if key == wanted:
            return value.decode("latin-1")
    return ""


def keep_session(response: Response, opened: OpenedSession, *, secure: bool) -> None:
    """Give the browser its session."""
    lasts = PENDING_LASTS if opened.row.pending else LASTS
    _set(response, SESSION, opened.token, int(lasts.total_seconds()), secure=secure)


def drop_session(response: Response, *, secure: bool) -> None:
    """Take the session from the browser."""
    _set(response, SESSION, "", 0, secure=secure)


def keep_ticket(response: Response, text: str, *, secure: bool) -> None:
    """Give the browser what it must bring back from an OIDC provider (empty = take it away)."""
    _set(response, TICKET, text, int(PENDING_LASTS.total_seconds()) if text else 0, secure=secure)


def _set(response: Response, name: str, value: str, lasts_s: int, *, secure: bool) -> None:
    # `__Host-` wants the path `/`. Lax: a link from elsewhere opens our page signed in; no form of theirs may act.
    response.set_cookie(
        SECURE_PREFIX + name if secure else name, value,
        max_age=lasts_s, path="/", secure=secure, httponly=True, samesite="lax",
    )  # fmt: skip
