"""Starts `causerie up` without the second that its imports take: `python -m tests.journeys.starter`.

Does: for each line on standard input, which names a log, fork itself into a server; answer with the server's pid. A
server that dies leaves nothing behind.
Does not: stop servers.
"""

import os
import signal
import sys

import causerie.server.serve  # noqa: F401 - what a server imports at its start, once for all of them
from causerie.cli.main import run


def serve(log: str) -> None:
    """Be the server, until killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, said = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    os.dup2(nothing, 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    run(["up", "--no-browser", "--port", "0"])


def main() -> None:
    """Until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system itself removes what has died
    for line in sys.stdin:
        server = os.fork()
        if server == 0:
            serve(line.strip())
        print(server, flush=True)


if __name__ == "__main__":
    main()
