"""One job at work, in the worker's process: its steps made durable with DBOS, what it says kept in our tables.

Does: what `contract.Running` promises to a kind.
Does not: choose jobs; see `worker.py`. This file and that one alone import dbos, which costs 0.65 s and 18 MB.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from dbos import DBOS

from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import CauserieError, DatabaseUnavailable
from causerie.jobs import marks
from causerie.jobs.contract import Cancelled, Parameters, Result
from causerie.jobs.kinds import kind as module_of
from causerie.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

NOTE_S = 0.5
"""Seconds between two writings of what a job says: it may say it as often as it likes."""


class Work:
    """A job at work. Both threads and the loop may call `progress`, `say` and `heed`."""

    def __init__(self, job_id: str, settings: Settings, database: Database) -> None:
        self.id = job_id
        self.settings = settings
        self.database = database
        self._progress: tuple[float, str] | None = None
        self._said: list[tuple[datetime, str, str]] = []
        self._cancelled = False
        self._step: asyncio.Future[Result] | None = None

    def progress(self, share: float, message: str) -> None:
        """As `contract.Running` says."""
        self._progress = (share, message)

    def say(self, text: str, level: str = "info") -> None:
        """As `contract.Running` says."""
        self._said.append((now(), level, text))

    def heed(self) -> None:
        """As `contract.Running` says."""
        if self._cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Make the step that is at work end, and none begin any more."""
        self._cancelled = True
        if self._step is not None:
            self._step.cancel()

    async def step(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
        """As `contract.Running` says."""
        self.heed()
        return await DBOS.run_step_async({"name": name}, self._once, work)

    async def _once(self, work: Callable[[], Awaitable[Result]]) -> Result:
        self._step = asyncio.ensure_future(work())
        try:
            return await self._step
        except asyncio.CancelledError:
            self.heed()  # it was we who cancelled it
            raise
        finally:
            self._step = None

    @asynccontextmanager
    async def noting(self) -> AsyncIterator[None]:
        """Write what the job says now and then, and what is left at the end."""
        ended = asyncio.Event()

        async def note_now_and_then() -> None:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), NOTE_S)
                    return
                with suppress(DatabaseUnavailable):  # it is said again the next time
                    await self._note()

        # Told to end and not cancelled: a write that is broken off may have been done, or not.
        writer = asyncio.create_task(note_now_and_then())
        try:
            yield
        finally:
            ended.set()
            await writer
            await self._note()

    async def _note(self) -> None:
        progress, said = self._progress, list(self._said)
        if progress is None and not said:
            return
        await marks.noted(self.database, self.id, progress, said)
        del self._said[: len(said)]
        if self._progress is progress:
            self._progress = None


async def do(work: Work, kind: str, parameters: Parameters) -> None:
    """Do the job, and keep how it ended. Done again after a crash, it skips the steps that had finished."""
    if not await marks.started(work.database, work.id):
        return  # cancelled while it waited
    try:
        async with work.noting():
            try:
                result = await module_of(kind).run(work, parameters)
            except Exception as error:
                work.say(_told(error)["message"], "warning" if isinstance(error, Cancelled) else "error")
                raise
    except Cancelled:
        await marks.ended(work.database, work.id, "cancelled")
    except Exception as error:  # noqa: BLE001 - whatever it is, people see it with the job
        await marks.ended(work.database, work.id, "failed", error=_told(error))
    else:
        await marks.ended(work.database, work.id, "done", result=result)


def _told(error: Exception) -> dict[str, str]:
    if isinstance(error, Cancelled):
        return {"code": "cancelled", "message": "it was cancelled", "hint": ""}
    if isinstance(error, CauserieError):
        return {"code": error.code, "message": error.message, "hint": error.hint}
    return {"code": "internal_error", "message": f"{type(error).__name__}: {error}", "hint": ""}
