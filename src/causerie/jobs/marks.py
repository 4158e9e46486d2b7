"""What the worker keeps of a job while it does it: that it has begun, how far it is, what it says, how it ended.

Does: write each mark in a transaction of its own, and so that writing it twice is writing it once.
Does not: know what people ask of jobs; see `store.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.jobs.store import State
from causerie.jobs.tables import Job, JobLine

UNFINISHED = ("queued", "running")
AT_ONCE = 50
"""Jobs that the worker looks at together; those behind them wait their turn."""
MESSAGE_CHARACTERS = 200


async def unfinished(database: Database) -> list[Job]:
    """What is to be done or being done, the oldest first."""
    query = select(Job).where(Job.state.in_(UNFINISHED)).order_by(Job.id).limit(AT_ONCE)
    async with database.read() as session:
        return list(await session.scalars(query))


async def started(database: Database, job_id: str) -> bool:
    """Mark a job as being done, again if a worker had begun it and died; False if it was cancelled before."""
    begin = (
        update(Job)
        .where(Job.id == job_id, Job.state.in_(UNFINISHED))
        .values(state="running", started_at=func.coalesce(Job.started_at, now()))
        .returning(Job.id)
    )
    async with database.write() as session:
        return await session.scalar(begin) is not None


async def ended(
    database: Database,
    job_id: str,
    state: State,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    """Mark a job as over."""
    values: dict[str, Any] = {"state": state, "result": result, "error": error, "ended_at": now(), "message": ""}
    if state == "done":
        values["share"] = 1.0
    async with database.write() as session:
        await session.execute(update(Job).where(Job.id == job_id, Job.state.in_(UNFINISHED)).values(**values))


async def noted(
    database: Database, job_id: str, progress: tuple[float, str] | None, said: list[tuple[datetime, str, str]]
) -> None:
    """Keep how far a job is, and what it said since: moment, level and text of each line."""
    async with database.write() as session:
        if progress is not None:
            share, message = progress
            values = {"share": min(max(share, 0.0), 1.0), "message": message[:MESSAGE_CHARACTERS]}
            await session.execute(update(Job).where(Job.id == job_id, Job.state == "running").values(**values))
        session.add_all(JobLine(job_id=job_id, at=at, level=level, text=text) for at, level, text in said)


async def interrupted(database: Database, why: str) -> None:
    """Mark everything unfinished as failed, as after a restore: what was at work then is not now."""
    error = {"code": "interrupted", "message": why, "hint": "try it again if it is still wanted"}
    async with database.write() as session:
        await session.execute(
            update(Job).where(Job.state.in_(UNFINISHED)).values(state="failed", error=error, ended_at=now())
        )
