"""`/api/jobs`: background work, for administrators.

Does: list, ask for, show, cancel and try again; give a job's log.
Does not: do jobs; the worker is woken (`jobs/workers.py`).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from causerie.accounts import audit
from causerie.database.engine import Database
from causerie.jobs import store
from causerie.jobs.store import State
from causerie.jobs.tables import Job, JobLine
from causerie.jobs.workers import Workers
from causerie.server.accounts_schema import Asked, Id, Page, Told
from causerie.server.identity import ADMINISTRATORS, Administrator


class JobError(Told):
    """Why a job failed."""

    code: str
    message: str
    hint: str


class JobTold(Told):
    """A job."""

    id: str
    kind: str
    state: State
    cancelling: bool
    """It was asked to stop and has not yet."""
    share: float
    """What is done of it, 0 to 1."""
    message: str
    """What it is at now."""
    parameters: dict[str, Any]
    result: dict[str, Any] | None
    error: JobError | None
    attempt: int
    """1 = the first."""
    person_id: str | None
    """Who asked (null = the schedule or the command line)."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobLineTold(Told):
    """A line of a job's log."""

    number: int
    at: datetime
    level: Literal["info", "warning", "error"]
    text: str


class JobLog(Told):
    """Some of a job's log."""

    items: list[JobLineTold]
    next: int | None
    """What `after` takes for the following lines (null = none of them is there yet)."""


class JobAsked(Asked):
    """A job to be done."""

    kind: Annotated[str, Field(min_length=1, max_length=48)]
    parameters: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it


def jobs_routes(database: Database, workers: Workers) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["Jobs"], dependencies=[ADMINISTRATORS])

    @routes.get("/api/jobs", summary="List the jobs, the newest first")
    async def list_jobs(
        state: State | None = None,
        kind: Annotated[str | None, Query(max_length=48)] = None,
        before: Id | None = None,
        limit: Annotated[int, Query(ge=1, le=store.MAX_LIST)] = 50,
    ) -> Page[JobTold]:
        async with database.read() as session:
            found = await store.listed(session, state=state, kind=kind, before=before, limit=limit)
        return Page(items=[_told(job) for job in found], next=found[-1].id if len(found) == limit else None)

    @routes.post("/api/jobs", summary="Ask for a job", status_code=201)
    async def ask(caller: Administrator, body: JobAsked) -> JobTold:
        async with database.write() as session:
            job = await store.ask(session, body.kind, body.parameters, caller.person_id)
            await audit.record(session, caller.person_id, "job.ask", job.id, kind=job.kind)
        workers.wake()
        return _told(job)

    @routes.get("/api/jobs/{job_id}", summary="Show a job")
    async def show(job_id: str) -> JobTold:
        async with database.read() as session:
            return _told(await store.get(session, job_id))

    @routes.get("/api/jobs/{job_id}/log", summary="Show a job's log")
    async def log(
        job_id: str,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=store.MAX_LINES)] = 200,
    ) -> JobLog:
        async with database.read() as session:
            found = await store.lines(session, job_id, after=after, limit=limit)
        following = found[-1].number if len(found) == limit else None
        return JobLog(items=[_line_told(line) for line in found], next=following)

    @routes.post("/api/jobs/{job_id}/cancel", summary="Ask a job to stop")
    async def cancel(caller: Administrator, job_id: str) -> JobTold:
        async with database.write() as session:
            job = await store.cancel(session, job_id)
            await audit.record(session, caller.person_id, "job.cancel", job_id)
        return _told(job)

    @routes.post("/api/jobs/{job_id}/retry", summary="Try a job again, from its last finished step")
    async def retry(caller: Administrator, job_id: str) -> JobTold:
        async with database.write() as session:
            job = await store.retry(session, job_id)
            await audit.record(session, caller.person_id, "job.retry", job_id)
        workers.wake()
        return _told(job)

    return routes


def _told(job: Job) -> JobTold:
    return JobTold.model_validate(
        {
            **{name: getattr(job, name) for name in JobTold.model_fields if name != "cancelling"},
            "cancelling": job.state == "running" and job.cancel_asked_at is not None,
        }
    )


def _line_told(line: JobLine) -> JobLineTold:
    return JobLineTold.model_validate({name: getattr(line, name) for name in JobLineTold.model_fields})
