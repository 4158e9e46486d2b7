"""The program `causerie up`: listens, serves, stops.

Does: refuse addresses that other machines can reach, say plainly that a port is taken, call back once it listens, and
on Ctrl-C or SIGTERM end what is being answered within a bounded time, with every child process.
Does not: route; see `app.py`.
Try it: causerie up --no-browser
"""

import errno
import gc
import signal
import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn

from causerie.errors import ConfigError
from causerie.server.app import create_app
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
            self._listens()


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until told to stop.

    Args:
        settings: Where to listen, and all the rest.
        ready: Called with the address, such as `http://127.0.0.1:8080`, once requests are answered.

    Raises:
        ConfigError: The address is not this machine's own, the port is taken, or an upstream's key cannot be read.
    """
    configure_logs(settings)
    for upstream in settings.upstreams:
        upstream.api_key()  # a missing key is said before anything starts
    address = loopback_address(settings.host)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = bound(address, settings.port)
    name = f"[{address}]" if ":" in address else address
    url = f"http://{name}:{listener.getsockname()[1]}"
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
        Server(config, lambda: ready(url)).run(sockets=[listener])
    except KeyboardInterrupt:
        return  # this is how a person, or a system, stops it: nothing failed
    finally:
        listener.close()


def loopback_address(host: str) -> str:
    """The address to bind for a host name or address.

    Raises:
        ConfigError: It does not exist, or other machines could reach it.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:  # the latter for what cannot be a name: an empty or overlong part
        raise ConfigError("the host {host!r} is not known", host=host, param="host") from error
    if not all(ip_address(address).is_loopback for address in found):
        raise ConfigError(
            "{host!r} can be reached from other machines; until accounts exist, only loopback addresses are served",
            host=host, param="host", hint="use 127.0.0.1, and a tunnel (ssh -L) to reach it from elsewhere",
        )  # fmt: skip
    return min(found, key=lambda address: (":" in address, address))


def bound(address: str, port: int) -> socket.socket:
    """A socket bound to the address.

    Raises:
        ConfigError: The port is taken, or not ours to take.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
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
