"""Training in a process of its own: torch, its memory and its crashes stay away from who asks for it.

Does: start `child.py`, hand on what it tells, end it gently, and turn its failure back into our error.
Does not: import torch; the server and the worker of jobs use this file.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Literal

from causerie.errors import CauserieError, RunError, RunStopped, family

Work = Literal["train", "plan", "export", "score", "quantise"]
Said = dict[str, Any]
MODULE = "causerie.training.child"
STOP_S = 300.0
"""Seconds that a trainer may take to finish its step and write a checkpoint before it is killed."""
KEPT_LINES = 40
MAX_LINE_BYTES = 2**22
_ERRORS = {cls.__name__: cls for cls in family()}


class TrainingProcess:
    """One child; an asynchronous context, at whose end it is gone.

    Args:
        work: What it does.
        folder: Where it is started: relative paths of the recipe are relative to it.
        parameters: What the work needs; see `child.py`.
    """

    def __init__(self, work: Work, folder: Path, parameters: Mapping[str, Any]) -> None:
        self._greeting = {"work": work, "parent": os.getpid(), **parameters}
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._last_words: deque[str] = deque(maxlen=KEPT_LINES)
        self._asked_to_stop = False
        self._failure: Said | None = None

    async def __aenter__(self) -> "TrainingProcess":
        """Start it."""
        # -P: what lies in the folder must not be taken for a module. A session of its own: Ctrl-C is the parent's.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", MODULE, cwd=self._folder, start_new_session=True, limit=MAX_LINE_BYTES,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(self._greeting).encode() + b"\n")
        self._drain = asyncio.create_task(self._keep_last_words())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it, if it has not ended; a trainer comes to write its checkpoint, whoever is impatient."""
        self.stop()
        ending, cancelled = asyncio.ensure_future(self._end()), False
        while not ending.done():
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError:
                cancelled = True
        if cancelled:
            raise asyncio.CancelledError

    async def _end(self) -> None:
        process = self._running
        try:
            async with asyncio.timeout(STOP_S):
                # What it still says is read, or its pipe would fill and it would never end.
                await asyncio.gather(process.wait(), self._read_out())
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._drain.cancel()
        await asyncio.gather(self._drain, return_exceptions=True)

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the process is used outside its context")
        return self._process

    def stop(self) -> None:
        """Ask it to stop: at the end of its standard input it sends itself SIGTERM, once."""
        self._asked_to_stop = True
        if self._running.stdin is not None:
            self._running.stdin.close()

    async def said(self) -> AsyncIterator[Said]:
        """What it tells, as it tells it.

        Raises:
            RunStopped: It was asked to stop, and has.
            CauserieError: What it failed with.
            RunError: It died.
        """
        while (row := await self._next()) is not None:
            if row.get("kind") == "error":
                self._failure = row
            else:
                yield row
        code = await self._running.wait()
        await asyncio.gather(self._drain, return_exceptions=True)
        if self._failure is not None:
            raise _error_of(self._failure)
        if code and self._asked_to_stop:
            raise RunStopped("it was asked to stop")
        if code:
            raise self._died(code)

    async def _next(self) -> Said | None:
        stream = self._running.stdout
        while stream is not None:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the limit: left out
                continue
            if not line:
                return None
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict):
                    return row
        return None

    async def _read_out(self) -> None:
        while await self._next() is not None:
            pass

    async def _keep_last_words(self) -> None:
        stream = self._running.stderr
        while stream is not None:
            try:
                line = await stream.readline()
            except ValueError:
                continue
            if not line:
                return
            if text := line.decode(errors="replace").strip():
                self._last_words.append(text)

    def _died(self, code: int) -> RunError:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return RunError(
            "the training process died ({how}): {reason}", how=how,
            reason=self._last_words[-1] if self._last_words else "-",
            hint="somebody killed it, or the memory was too small: a lower batch.micro_size needs less"
            if code == -signal.SIGKILL
            else "it can go on from its last checkpoint",
        )  # fmt: skip


async def outcome(work: Work, folder: Path, parameters: Mapping[str, Any]) -> Said:
    """The last thing that a child tells which does one thing and ends.

    Raises:
        CauserieError: As `TrainingProcess.said`.
    """
    last: Said = {}
    async with TrainingProcess(work, folder, parameters) as process:
        async for row in process.said():
            last = row
    return last


def told(error: CauserieError) -> Said:
    """An error as the child tells it."""
    return {
        "kind": "error",
        "class": type(error).__name__,
        "template": error.template,
        "hint": error.hint_template,
        "param": error.param,
        "values": error.values,
    }


def _error_of(said: Said) -> CauserieError:
    """The same error in the parent, so that it can be said in another language, and has its status."""
    cls = _ERRORS.get(said["class"], RunError)
    return cls(said["template"], hint=said["hint"], param=said["param"], **said["values"])
