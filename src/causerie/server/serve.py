"""The program `causerie up`: listens, serves, stops.

Does: refuse addresses that other machines can reach while nobody has an account, say plainly that a port is taken,
call back once it listens, and on Ctrl-C or SIGTERM end what is being answered within a bounded time, with every child
process.
Does not: route; see `app.py`.
Try it: causerie up --no-browser
"""

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn

from causerie.errors import ConfigError
from causerie.server import heap
from causerie.server.app import create_app
from causerie.server.first_start import Standing, look
from causerie.server.logs import configure_logs
from causerie.settings import Settings

STOP_S = 3
"""Seconds that answers may still take when the server is told to stop."""
KEEP_ALIVE_S = 75
"""Seconds that an idle connection of a client is kept; longer than most clients keep theirs, so that it is they who
close and no request meets a connection that is closing."""
BACKLOG = 2048
COLLECT_AFTER = (10_000, 20, 50)
"""Thresholds of the garbage collector. With Python's own, and with what start-up made in its rounds, each full round
stops the server for 40 ms, once in a thousand requests; with these, p99 at 32 connections fell from 45 ms to 9."""

SWITCH_S = 0.0005
"""How long a thread of the database waits at most for Python's lock while the server computes: Python's own 5 ms, for
each statement that crosses into a thread, were half of the time that a question waited with 100 people at once."""


class Server(uvicorn.Server):
    """uvicorn, calling back once it listens."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then the call."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            gc.collect()
            gc.freeze()  # what start-up made stays: it need not be looked through again and again
            gc.set_threshold(*COLLECT_AFTER)
            sys.setswitchinterval(SWITCH_S)
            self._listens()


def serve(settings: Settings, ready: Callable[[str, str], None]) -> None:
    """Serve until told to stop.

    Args:
        settings: Where to listen, and all the rest.
        ready: Called once requests are answered, with the address, such as `http://127.0.0.1:8080`, and with the
            one-time link that opens the first account (empty unless this is the first start).

    Raises:
        ConfigError: Others could reach the address and nobody has an account, the port is taken, or an upstream's key
            or a provider's secret cannot be read.
        DatabaseUnavailable: The database cannot be reached.
    """
    heap.keep_small()
    configure_logs(settings)
    for upstream in settings.upstreams:
        upstream.api_key()  # a missing key is said before anything starts
    for provider in settings.oidc:
        provider.client_secret()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener, standing = _bind_and_look(settings)
    address, port = listener.getsockname()[:2]
    url = f"http://{_host_in_url(address)}:{port}"
    setup = f"{url}/#setup={standing.setup_token}" if standing.setup_token else ""
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # else any program on this machine could say where it comes from
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
        backlog=BACKLOG,
    )
    # uvicorn stops on SIGTERM and then sends it to itself again: that must not end Python before its last traces are
    # sent, which it does at its exit.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Server(config, lambda: ready(url, setup)).run(sockets=[listener])
    except KeyboardInterrupt:
        return  # this is how a person, or a system, stops it: nothing failed
    finally:
        listener.close()


def _bind_and_look(settings: Settings) -> tuple[socket.socket, Standing]:
    """The port, which does not listen yet, and how things stand in the database, migrated."""
    addresses = addresses_of(settings.host)
    if not _are_loopback(addresses):  # whether others may be served, the database says
        standing = asyncio.run(look(settings))
        address = address_to_bind(settings.host, addresses, accounts=standing.accounts)
        return bound(address, settings.port), standing
    # The port first: a causerie that is up must not have its database migrated under it by a second, newer one.
    listener = bound(address_to_bind(settings.host, addresses, accounts=False), settings.port)
    try:
        return listener, asyncio.run(look(settings))
    except BaseException:
        listener.close()
        raise


def addresses_of(host: str) -> set[str]:
    """The addresses of a host name or address.

    Raises:
        ConfigError: It does not exist.
    """
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:  # the latter for what cannot be a name: an empty or overlong part
        raise ConfigError("the host {host!r} is not known", host=host, param="host") from error


def address_to_bind(host: str, addresses: set[str], *, accounts: bool) -> str:
    """The one of a host's addresses to bind.

    Args:
        host: As it was given.
        addresses: Its addresses.
        accounts: Somebody has an account: whoever comes must sign in.

    Raises:
        ConfigError: Other machines could reach it, and nobody has an account.
    """
    if not accounts and not _are_loopback(addresses):
        raise ConfigError(
            "{host!r} can be reached from other machines; until there is an account, only loopback is served",
            host=host, param="host",
            hint="`causerie accounts create NAME` makes the first; or use 127.0.0.1, and a tunnel (ssh -L)",
        )  # fmt: skip
    return min(addresses, key=lambda address: (":" in address, address))


def _are_loopback(addresses: set[str]) -> bool:
    return all(ip_address(address).is_loopback for address in addresses)


def _host_in_url(address: str) -> str:
    if ip_address(address).is_unspecified:  # every address of this machine: here it is reached by loopback
        address = "::1" if ":" in address else "127.0.0.1"
    return f"[{address}]" if ":" in address else address


def bound(address: str, port: int) -> socket.socket:
    """A socket bound to the address.

    Raises:
        ConfigError: The port is taken, or not ours to take.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With the protocol by name: else asyncio leaves Nagle's delay on, 40 ms for each answer of two pieces.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                "port {port} is taken, perhaps by a causerie that is up already", port=port, param="port",
                hint="open it in a browser, or take another: `causerie up --port 0`",
            ) from error  # fmt: skip
        raise ConfigError(
            "port {port} cannot be used: {reason}", port=port, reason=str(error.strerror), param="port",
            hint="take another: `causerie up --port 0`",
        ) from error  # fmt: skip
    return listener
