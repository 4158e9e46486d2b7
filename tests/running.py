"""The real server, in a process of its own, for the tests that talk to it from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

IS_UP = re.compile(r"(http://\S+?)/?\s")


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
    command = [sys.executable, "-m", "causerie.cli.main", "up", "--no-browser", "--port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env={**clean, "CAUSERIE_HOME": str(home), "LANG": "C.UTF-8", **variables},
            stderr=output, stdout=output,
        )  # fmt: skip
    try:
        yield RunningServer(_address(process, log), process.pid, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(2400):
        lines = log.read_text().splitlines(True)
        found = next((IS_UP.search(line) for line in lines if line.startswith("causerie is up")), None)
        if found:
            return found[1]
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
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
