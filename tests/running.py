"""The real server, in a process of its own, for the tests that talk to it from outside.

Each is forked from a process that has imported what a server imports: that takes longer than all else until it is up.
`server/test_serve.py`, `cli/test_up.py` and `journeys/test_wheel.py` start the command itself.
"""

import atexit
import json
import multiprocessing
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["causerie.server.serve", __name__])
IS_UP = re.compile(r"(http://\S+?)/?\s")
ONE_THREAD = {"CAUSERIE_THREADS": "1"}
"""For models of tests: other tests have the other cores, and the threads of llama.cpp wait for each other without
sleeping (docs/explanation/decisions/003-threads.md)."""


@dataclass(frozen=True)
class RunningServer:
    """A server that is up."""

    address: str
    """Without a slash at the end."""
    pid: int
    log: Path
    """What it writes on both outputs."""


@contextmanager
def running_server(home: Path, config: str = "", **variables: str) -> Iterator[RunningServer]:
    """A server with its data in `home`, until the context ends; Ctrl-C ends it.

    Args:
        home: The data folder.
        config: What `causerie.toml` holds.
        **variables: More environment variables.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "causerie.toml").write_text(config)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CAUSERIE_", "HF_", "OTEL_"))}
    log = home / "server.log"
    log.write_text("")
    environment = {**clean, **ONE_THREAD, "CAUSERIE_HOME": str(home), "LANG": "C.UTF-8", **variables}
    process = FORKING.Process(target=_be_server, args=(environment, log))
    process.start()
    assert process.pid is not None
    try:
        yield RunningServer(_address(process, log), process.pid, log)
    finally:
        if process.is_alive():
            os.kill(process.pid, signal.SIGINT)
        process.join(60)
        if process.is_alive():
            process.kill()
            process.join()


def _be_server(environment: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    said = os.open(log, os.O_APPEND | os.O_WRONLY)
    os.dup2(said, 1)
    os.dup2(said, 2)
    # Imported here, because the help that it declares is in the language of its environment.
    from causerie.cli.main import run

    try:
        run(["up", "--no-browser", "--port", "0"])
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out


def _address(process: BaseProcess, log: Path) -> str:
    for _ in range(6000):
        lines = log.read_text().splitlines(True)
        found = next((IS_UP.search(line) for line in lines if line.startswith("causerie is up")), None)
        if found:
            return found[1]
        process.join(0.02)
        if not process.is_alive():
            break
    pytest.fail(f"the server did not come up:\n{log.read_text()}")


def answer_of(address: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of a server's answer, asked as the page asks it."""
    request = urllib.request.Request(
        address + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def answer_or_error(address: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """As `answer_of`; of a refusal the error alone."""
    status, told = answer_of(address, method, path, body)
    return status, told if status < 400 else told["error"]
