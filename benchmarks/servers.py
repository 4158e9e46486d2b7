"""Starting what is measured, knowing when it answers, how much memory it takes, and stopping it.

Does: run a command on one processor core, poll it until a chat request is answered, sum the resident memory of its
process tree, and end that tree.
Does not: know any server's options; see the benchmarks.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

POLL_S = 0.01
STOP_S = 10.0


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    port: int
    process: psutil.Process
    start_up_s: float
    """From the start of its process to its first answer."""

    def memory_bytes(self) -> int:
        """Resident memory now, its child processes included."""
        return sum(each.memory_info().rss for each in [self.process, *self.process.children(recursive=True)])


def on_core(core: int) -> tuple[str, ...]:
    """What to put before a command so that it runs on that core only; nothing where that cannot be said."""
    cores = psutil.cpu_count() or 1
    return ("taskset", "-c", str(core)) if shutil.which("taskset") and core < cores else ()


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def post(port: int, body: dict[str, Any], key: str = "", timeout_s: float = 120.0) -> dict[str, Any]:
    """One chat request, its answer as JSON."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        content: dict[str, Any] = json.load(answer)
        return content


def get_status(port: int, path: str) -> int:
    """Status of a GET (0 = nobody answers)."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10.0) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def stop(process: psutil.Process) -> None:
    """Ask the process and its children to end, then insist."""
    tree = [process, *process.children(recursive=True)] if process.is_running() else []
    for each in tree:
        if each.is_running():
            each.terminate()
    for late in psutil.wait_procs(tree, timeout=STOP_S)[1]:
        late.kill()
    psutil.wait_procs(tree, timeout=STOP_S)


@contextmanager
def server(
    command: list[str],
    port: int,
    *,
    probe: dict[str, Any] | str,
    key: str = "",
    folder: Path | None = None,
    limit_s: float = 120.0,
) -> Iterator[Running]:
    """Run a server until the block ends.

    Args:
        command: With everything that it needs, `env NAME=VALUE` included.
        port: Where it will listen.
        probe: A chat request that it must answer, or a path to GET, before it counts as started.
        key: Bearer token of the probe.
        folder: Where it runs (None = here).
        limit_s: Seconds that it may take.

    Raises:
        RuntimeError: It ended or did not answer in time; the end of its output is in the message.
    """
    with tempfile.TemporaryFile("w+") as log:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        process = psutil.Process(child.pid)
        try:
            while not _answers(port, probe, key):
                if child.poll() is not None or time.perf_counter() - began > limit_s:
                    log.seek(0)
                    raise RuntimeError(f"{command} does not answer on port {port}: {log.read()[-2000:]}")
                time.sleep(POLL_S)
            yield Running(port, process, time.perf_counter() - began)
        finally:
            stop(process)
            child.wait()


def _answers(port: int, probe: dict[str, Any] | str, key: str) -> bool:
    try:
        if isinstance(probe, str):
            return get_status(port, probe) == 200
        post(port, probe, key)
    except OSError:
        return False
    return True
