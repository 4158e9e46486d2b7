"""Jobs as people see them: asked for, listed, looked at, cancelled, tried again.

Does: read and write the room's tables in the caller's session, for the server and the command line alike.
Does not: do any job, nor mark how far it is; the worker does, with `marks.py`.
"""

from typing import Any, Literal, get_args

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.database.tables import new_id, now
from causerie.errors import Conflict, InvalidRequest, NotFound
from causerie.jobs.kinds import kind as module_of
from causerie.jobs.tables import Job, JobLine

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
MAX_LIST = 200
MAX_LINES = 1000


async def ask(session: AsyncSession, kind: str, parameters: dict[str, Any], person_id: str | None) -> Job:
    """A new job, to be done as soon as a worker is there.

    Args:
        session: To write in.
        kind: One of `kinds.KINDS`.
        parameters: What the kind wants.
        person_id: Who asks (None = the command line).

    Raises:
        InvalidRequest: The kind is not known, or its parameters are wrong.
    """
    job = Job(id=new_id("job"), kind=kind, parameters=module_of(kind).check(parameters), person_id=person_id)
    session.add(job)
    await session.flush()
    return job


async def get(session: AsyncSession, job_id: str) -> Job:
    """One job.

    Raises:
        NotFound: There is none of that id.
    """
    job = await session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise NotFound("there is no job {id}", id=job_id, hint="`causerie jobs` lists them")
    return job


async def listed(
    session: AsyncSession,
    *,
    state: str | None = None,
    kind: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Job]:
    """Jobs, the newest first.

    Args:
        session: To read in.
        state: Only those in this state.
        kind: Only those of this kind.
        before: Only those asked for before the job of this id.
        limit: At most so many, and at most `MAX_LIST`.

    Raises:
        InvalidRequest: There is no such state.
    """
    if state is not None and state not in STATES:
        raise InvalidRequest(
            "{state!r} is not a state of jobs", state=state, param="state", hint="known are: {known}",
            known=", ".join(STATES),
        )  # fmt: skip
    query = select(Job).order_by(Job.id.desc()).limit(min(limit, MAX_LIST))
    if state is not None:
        query = query.where(Job.state == state)
    if kind is not None:
        query = query.where(Job.kind == kind)
    if before is not None:
        query = query.where(Job.id < before)
    return list(await session.scalars(query))


async def cancel(session: AsyncSession, job_id: str) -> Job:
    """Ask a job to stop; one that has not begun is over at once, one at work within the step that it is at.

    Raises:
        NotFound: There is none of that id.
        Conflict: It has ended already.
    """
    job = await get(session, job_id)
    moment = now()
    waiting = update(Job).where(Job.id == job_id, Job.state == "queued")
    at_work = update(Job).where(Job.id == job_id, Job.state == "running")
    if not (
        await _changes(session, waiting.values(state="cancelled", cancel_asked_at=moment, ended_at=moment))
        or await _changes(session, at_work.values(cancel_asked_at=moment))
    ):
        raise Conflict("the job {id} has ended: {state}", id=job_id, state=job.state)
    return await get(session, job_id)


async def retry(session: AsyncSession, job_id: str) -> Job:
    """Do a job again that failed or was cancelled, from the first step that it had not finished.

    Raises:
        NotFound: There is none of that id.
        Conflict: It is not over, or it did what it should.
    """
    job = await get(session, job_id)
    over = update(Job).where(Job.id == job_id, Job.state.in_(("failed", "cancelled")))
    again = over.values(
        state="queued", attempt=Job.attempt + 1, message="", error=None, cancel_asked_at=None, ended_at=None
    )
    if not await _changes(session, again):
        raise Conflict(
            "the job {id} cannot be tried again: {state}", id=job_id, state=job.state,
            hint="only what failed or was cancelled can",
        )  # fmt: skip
    return await get(session, job_id)


async def lines(session: AsyncSession, job_id: str, *, after: int = 0, limit: int = 200) -> list[JobLine]:
    """A job's log, the oldest line first.

    Args:
        session: To read in.
        job_id: Whose.
        after: Only lines with a higher number.
        limit: At most so many, and at most `MAX_LINES`.

    Raises:
        NotFound: There is no such job.
    """
    await get(session, job_id)
    query = select(JobLine).where(JobLine.job_id == job_id, JobLine.number > after).order_by(JobLine.number)
    return list(await session.scalars(query.limit(min(limit, MAX_LINES))))


async def _changes(session: AsyncSession, statement: Update) -> bool:
    """Whether the update, which names one job, found it in the state that it wants."""
    changed = statement.returning(Job.id).execution_options(synchronize_session=False)
    return await session.scalar(changed) is not None
