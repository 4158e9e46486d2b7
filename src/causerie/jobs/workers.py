"""Keeps a worker's process alive while there are jobs, and lets it go when there are none.

Does: look now and then, and when woken, whether there is something to do; start the worker, log what it says, start
it again with growing delay when it dies; ask for what is due by the schedule.
Does not: do jobs, nor import what does them: the server stays light (`worker.py`).
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import structlog

from causerie.database.engine import Database
from causerie.errors import DatabaseUnavailable
from causerie.jobs import marks
from causerie.jobs.appointments import keep_appointments
from causerie.settings import Settings

LOOK_S = 10.0
"""Seconds between two looks when nobody wakes it: what the command line asks for begins within them."""
STOP_S = 5.0
"""Seconds that the worker may take to end when the server stops."""
MAX_DELAY_S = 60.0
MODULE = "causerie.jobs.worker"
EXIT_NOT_NOW = 75
"""The worker's way to say that another process does the jobs (EX_TEMPFAIL of BSD's sysexits.h)."""
_logger = structlog.get_logger(__name__)
Due = Callable[[Database], Awaitable[object]]


class Workers:
    """An asynchronous context: at work within it.

    Args:
        database: Migrated.
        settings: Handed to the worker.
        module: What the worker's process runs.
        due: Asks for jobs that a room above finds due.
    """

    def __init__(self, database: Database, settings: Settings, module: str = MODULE, due: Due | None = None) -> None:
        self._database, self._settings, self._module, self._due = database, settings, module, due
        self._woken = asyncio.Event()
        self._failures = 0
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None
        self._attending: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the worker; what it had not finished is taken up at the next start."""
        self._stopping = True
        self.wake()
        if self._watching is not None:
            await self._watching  # not cancelled: it may be in the middle of a transaction
        if self._process is not None:
            await _end(self._process)
        if self._attending is not None:
            self._attending.cancel()
            await asyncio.gather(self._attending, return_exceptions=True)

    def wake(self) -> None:
        """There is something to do: look now."""
        self._woken.set()

    async def _watch(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await keep_appointments(self._database, self._settings)
                if self._due is not None:
                    await self._due(self._database)
                if self._process is None and await marks.unfinished(self._database):
                    await self._start()
            except DatabaseUnavailable as error:
                _logger.warning("jobs wait for the database", error=error.message)
            except Exception:  # whatever it was, jobs are looked at again
                _logger.exception("jobs could not be looked at")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._woken.wait()

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        # By standard input, so that no other user sees the database's password.
        parameters = {
            "parent": os.getpid(),
            "home": str(self._settings.home),
            "database_url": self._settings.database_url.get_secret_value(),
            "backups_kept": self._settings.backups_kept,
        }
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(parameters).encode() + b"\n")
        self._attending = asyncio.create_task(self._attend(self._process))

    async def _attend(self, process: asyncio.subprocess.Process) -> None:
        """Pass on what the worker says until it ends, and wait before the next may start if it failed."""
        while process.stderr is not None and (line := await _line(process.stderr)):
            _logger.warning("the worker of jobs says", line=line.decode(errors="replace").rstrip())
        code = await process.wait()
        if code in {0, EXIT_NOT_NOW}:
            self._failures = 0
        else:
            self._failures += 1
            delay = min(2.0**self._failures, MAX_DELAY_S)
            _logger.error("the worker of jobs died", exit_code=code, next_start_in_s=delay)
            await asyncio.sleep(delay)
        self._process = None
        if code != EXIT_NOT_NOW:
            self.wake()  # something may have been asked for while it ended


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None and process.stdin is not None:
        process.stdin.close()  # the worker takes this as the order to end
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:  # longer than the reader's limit: what was read is dropped, the next line counts again
        return b"(a line too long to keep)\n"
