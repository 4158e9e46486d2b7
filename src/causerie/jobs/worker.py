"""The process that does jobs, `python -m causerie.jobs.worker`: started by the server, gone when nothing is to do.

Does: take up what an earlier worker left, begin what is queued, stop what is cancelled, and end when idle.
Does not: start itself; see `workers.py`, which writes its parameters on standard input.

Which steps of a job have finished is kept by DBOS in a database of its own: the file `jobs.db` of the data folder, or
the schema `dbos` of the same PostgreSQL. What people see is in our tables. The two need not agree at every moment:
each job's end is written to ours inside the workflow, so that a workflow that is done again after a crash writes it
again; and what DBOS has given up is marked here.
"""

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from threading import Thread
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from causerie.database import schema
from causerie.database.engine import Database, open_database
from causerie.database.locks import alone
from causerie.database.migrate import revision_of
from causerie.jobs import marks
from causerie.jobs.contract import Parameters
from causerie.jobs.kinds import LONG
from causerie.jobs.running import Work, do
from causerie.jobs.tables import Job
from causerie.jobs.workers import EXIT_NOT_NOW
from causerie.settings import Settings, load_settings

POLL_S = 0.3
IDLE_S = 5.0
"""Seconds without anything to do after which the process ends."""
MAX_RECOVERIES = 10
"""Times that a job may take the worker down with it before it is given up."""
NAME = "causerie"
"""To DBOS: of the program, and of its only executor, so that every worker takes up what the one before it left."""
QUEUES = {"jobs": 2, "long jobs": 1}
"""Jobs at the same time, by the queue that they wait in: a backup need not wait for a training."""
APPLICATION_VERSION = "1"
"""DBOS goes on only with workflows of the same version. A program that has changed the order of a kind's steps fails
that job with a clear error instead, and it can be tried again."""
PR_SET_PDEATHSIG = 1
"""Asks for a signal when the parent dies: prctl(2), https://man7.org/linux/man-pages/man2/prctl.2.html"""
OVER = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}
Workflow = Callable[[str, str, Parameters], Coroutine[Any, Any, None]]


class NotNow(Exception):
    """The jobs of this database are not this process's to do."""


class Worker:
    """All that one process does."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._at_work: dict[str, Work] = {}

    async def work(self, stop: asyncio.Event) -> None:
        """Do jobs until there are none, or until told to stop."""
        workflow = await self._launch()
        loop = asyncio.get_running_loop()
        busy_at = loop.time()
        while not stop.is_set() and loop.time() - busy_at < IDLE_S:
            for job in await marks.unfinished(self._database):
                busy_at = loop.time()
                await self._look_after(job, workflow)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await stop.wait()
        if self._at_work:
            # As if it were killed: whatever were done now would be kept as the end of those jobs.
            os._exit(0)
        await asyncio.to_thread(DBOS.destroy)

    async def _launch(self) -> Workflow:
        DBOS(config=_config(self._settings, self._database))
        logger = logging.getLogger("dbos")
        logger.handlers.clear()  # its own: its lines go the way of all others
        logger.propagate = True

        @DBOS.workflow(name="job", max_recovery_attempts=MAX_RECOVERIES)
        async def workflow(job_id: str, kind: str, parameters: Parameters) -> None:
            # DBOS calls it for new jobs and for those that an earlier worker left.
            work = self._at_work[job_id] = Work(job_id, self._settings, self._database)
            try:
                await do(work, kind, parameters)
            finally:
                del self._at_work[job_id]

        DBOS.launch()
        for queue, at_once in QUEUES.items():
            await DBOS.register_queue_async(queue, worker_concurrency=at_once, polling_interval_sec=POLL_S)
        return workflow

    async def _look_after(self, job: Job, workflow: Workflow) -> None:
        """Bring the two accounts of a job together: ours, which people see and change, and DBOS's."""
        work = self._at_work.get(job.id)
        if work is not None:
            if job.cancel_asked_at is not None:
                work.cancel()
            return
        known = await DBOS.get_workflow_status_async(job.id)
        if known is None:
            with SetWorkflowID(job.id):
                await DBOS.enqueue_workflow_async(_queue(job), workflow, job.id, job.kind, job.parameters)
        elif known.status in OVER and job.state == "queued":
            await self._go_on(job)
        elif known.status in OVER:  # it did not come to write its end itself
            message = f"it was given up ({known.status}): the worker died each time that it did this"
            error = {"code": "interrupted", "message": message, "hint": "see its log, then try it again"}
            await marks.ended(self._database, job.id, "failed", error=error)

    async def _go_on(self, job: Job) -> None:
        """Do a job that is tried again from the first step that it had not finished."""
        steps = await DBOS.list_workflow_steps_async(job.id)
        failed = [step["function_id"] for step in steps if step["error"] is not None]
        start = min(failed, default=max((step["function_id"] for step in steps), default=0) + 1)
        await DBOS.rewind_workflow_async(job.id, start_step=start, queue_name=_queue(job))


def _queue(job: Job) -> str:
    return "long jobs" if job.kind in LONG else "jobs"


def _config(settings: Settings, database: Database) -> DBOSConfig:
    if database.dialect == "sqlite":
        file = settings.home / "jobs.db"
        file.touch(mode=0o600)  # SQLite would make it for everybody to read
        url = f"sqlite:///{file}"
    else:
        url = database.url.render_as_string(hide_password=False)
    return DBOSConfig(
        name=NAME,
        system_database_url=url,
        executor_id=NAME,
        application_version=APPLICATION_VERSION,
        serializer=DBOSPortableJSONSerializer(),  # what DBOS takes by itself, pickle, runs what it reads
        log_level="WARNING",
        use_listen_notify=False,
        sys_db_pool_size=4,
    )


async def _run(settings: Settings) -> int:
    def give_up() -> None:
        raise NotNow

    stop = asyncio.Event()
    Thread(target=_stop_with_input, args=(asyncio.get_running_loop(), stop), daemon=True).start()
    database = open_database(settings)
    try:
        if await revision_of(database) != schema.head():
            return EXIT_NOT_NOW  # the server migrates at its start, and nobody else does
        async with alone(database, "jobs", give_up):
            await Worker(settings, database).work(stop)
    except NotNow:
        return EXIT_NOT_NOW
    finally:
        await database.close()
    return 0


def _stop_with_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):  # sys.stdin's lock, held by a thread, would break Python's end
        pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended by itself
        loop.call_soon_threadsafe(stop.set)


def main() -> int:
    """Read the parameters, and do jobs until there are none; the parent's death is this process's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    parameters = json.loads(sys.stdin.buffer.readline())
    if os.getppid() != parameters.pop("parent"):
        return EXIT_NOT_NOW  # it died before the kernel was asked to watch it
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    return asyncio.run(_run(load_settings(**parameters)))


if __name__ == "__main__":
    sys.exit(main())
