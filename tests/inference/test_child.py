"""A child never outlives its parent, and says why it died."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from causerie.errors import EngineUnavailable, ModelFileError
from causerie.inference import child as children

PARENT = """
import asyncio, sys

import structlog

from causerie.inference import catalogue
from causerie.inference.pool import ModelPool
from causerie.settings import load_settings

structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))

async def main():
    settings = load_settings(context_tokens=256)
    async with ModelPool(settings) as pool, pool.use(catalogue.find(settings, "starter")) as engine:
        print(engine.child.pid, engine.child.address, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def module(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "strange_child.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return "strange_child"


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_dies_with_its_parent_however_it_dies(number: int) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, address = parent.stdout.readline().split()
    assert psutil.pid_exists(int(pid))
    os.kill(parent.pid, number)
    parent.wait(timeout=60)
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while alive(int(pid)) or listens(int(address.rsplit(":", 1)[1])):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.engine
def test_the_secret_is_on_no_command_line() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, _ = parent.stdout.readline().split()
    assert psutil.Process(int(pid)).cmdline()[-2:] == ["-m", "causerie.inference.llama_child"]
    parent.kill()
    parent.wait(timeout=60)
    parent.stdout.close()


async def test_a_child_that_dies_at_once_is_an_error_with_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module(tmp_path, "import sys\nsys.exit('no such instruction')", monkeypatch)
    with pytest.raises(EngineUnavailable, match=r"loaded the model \(exit code 1\): no such instruction"):
        await children.start(name, "odd", {}, timeout_s=60)


async def test_a_child_killed_by_the_system_is_an_error_with_the_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", monkeypatch)
    with pytest.raises(EngineUnavailable, match=r"\(SIGKILL\): it said nothing"):
        await children.start(name, "odd", {}, timeout_s=60)


async def test_a_child_may_say_that_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "from causerie.inference.guard import guard\n_, tell = guard()\ntell(error='unknown architecture')"
    with pytest.raises(ModelFileError, match="'odd' cannot be loaded: unknown architecture"):
        await children.start(module(tmp_path, body, monkeypatch), "odd", {}, timeout_s=60)


async def test_what_native_code_prints_is_not_taken_for_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "import os, time\nfrom causerie.inference.guard import guard\n_, tell = guard()\n"
        "os.write(1, b'noise\\n' * 3)\nos.write(1, b'x' * 200_000 + b'\\nlast words\\n')\n"
        "tell(address='http://127.0.0.1:1')\ntime.sleep(60)"
    )
    child = await children.start(module(tmp_path, body, monkeypatch), "odd", {}, timeout_s=60)
    try:
        assert child.address == "http://127.0.0.1:1"
        assert child.alive
        assert child.memory_bytes() > 10**6
        for _ in range(3000):
            if child.last_words == "last words":
                break
            await asyncio.sleep(0.02)
        assert child.last_words == "last words"
    finally:
        await child.stop()
    assert child.memory_bytes() == 0


async def test_a_child_that_does_not_listen_to_orders_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "STOP_S", 0.3)
    body = "import json, os, sys, time\nprint(json.dumps({'address': 'x'}), flush=True)\ntime.sleep(60)"
    child = await children.start(module(tmp_path, body, monkeypatch), "odd", {}, timeout_s=60)
    await child.stop()
    assert not child.alive
