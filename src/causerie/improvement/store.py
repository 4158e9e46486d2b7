"""Rounds of the loop as people see them: asked for, listed, looked at; and what is wanted of the loop.

Does: read and write the room's tables in the caller's session. A round is a job of the kind `improve`.
Does not: do rounds; see `job.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.database.tables import now
from causerie.errors import Conflict, NotFound
from causerie.improvement.contract import Wishes, wished
from causerie.improvement.recipe import recipe_of
from causerie.improvement.steps import STEPS
from causerie.improvement.tables import ImprovementSettings, ImprovementStep
from causerie.jobs import store as jobs
from causerie.jobs.marks import UNFINISHED
from causerie.jobs.tables import Job
from causerie.registry import releases

KIND = "improve"
StepState = Literal["waiting", "running", "done", "failed", "cancelled", "skipped"]
_MOST = 1
"""The only row of the settings."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a round's timeline."""

    name: str
    state: StepState
    began_at: datetime | None
    ended_at: datetime | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Improvement:
    """A round."""

    job: Job
    steps: list[Step]
    """All of them in their order, also those to come."""


async def wishes(session: AsyncSession) -> Wishes:
    """What is wanted of the loop."""
    row = await session.get(ImprovementSettings, _MOST)
    return wished(row.wishes) if row else Wishes()


async def set_wishes(session: AsyncSession, given: Mapping[str, Any]) -> Wishes:
    """Want something else; what is not given stays.

    Raises:
        InvalidRequest: As `contract.wished`; or no release can have the alias, or no recipe the changes.
    """
    row = await session.get(ImprovementSettings, _MOST, with_for_update=True)
    new = wished(given, wished(row.wishes) if row else None)
    _check(given, new)
    if row is None:
        session.add(ImprovementSettings(id=_MOST, wishes=new.to_json()))
    else:
        row.wishes = new.to_json()
    await session.flush()
    return new


async def ask(session: AsyncSession, given: Mapping[str, Any], person_id: str | None) -> Job:
    """Ask for a round.

    Args:
        session: To write in.
        given: What this round wants otherwise than the settings; `model`, where not the release is gone on from.
        person_id: Who asks (None = the schedule or the command line).

    Raises:
        InvalidRequest: Something is wrong with what is given.
        Conflict: A round is at work or waits.
    """
    waiting = await session.scalar(select(Job.id).where(Job.kind == KIND, Job.state.in_(UNFINISHED)).limit(1))
    if waiting is not None:
        raise Conflict(
            "a round is at work already: {job}", job=waiting, hint="wait for its end: `causerie improve list`"
        )
    model = {"model": given["model"]} if given.get("model") else {}
    own = {name: value for name, value in given.items() if name != "model"}
    whole = wished(own, await wishes(session))
    _check(own, whole)
    return await jobs.ask(session, KIND, {**whole.to_json(), **model}, person_id)


def _check(given: Mapping[str, Any], whole: Wishes) -> None:
    """See to it that a round does not collect and train before it learns that it cannot end.

    What is not given is not looked at: settings that an older version took stay readable, and can be changed.
    """
    if "alias" in given:
        releases.checked(releases.Wanted(model="", version="", alias=whole.alias))
    if "changes" in given:
        recipe_of(whole.method, whole.changes)


async def listed(session: AsyncSession, *, before: str | None = None, limit: int = 20) -> list[Improvement]:
    """Rounds, the newest first."""
    found = await jobs.listed(session, kind=KIND, before=before, limit=limit)
    query = select(ImprovementStep).where(ImprovementStep.job_id.in_([job.id for job in found]))
    rows: dict[str, list[ImprovementStep]] = {}
    for row in await session.scalars(query.order_by(ImprovementStep.job_id, ImprovementStep.number)):
        rows.setdefault(row.job_id, []).append(row)
    return [_improvement(job, rows.get(job.id, [])) for job in found]


async def get(session: AsyncSession, job_id: str) -> Improvement:
    """One round.

    Raises:
        NotFound: There is none of that id.
    """
    job = await jobs.get(session, job_id)
    if job.kind != KIND:
        raise NotFound("there is no round {id}", id=job_id, hint="`causerie improve list` lists them")
    query = select(ImprovementStep).where(ImprovementStep.job_id == job_id).order_by(ImprovementStep.number)
    return _improvement(job, list(await session.scalars(query)))


def _improvement(job: Job, rows: list[ImprovementStep]) -> Improvement:
    by_name = {row.name: row for row in rows}
    return Improvement(job=job, steps=[_step(job, name, by_name.get(name)) for name in STEPS])


def _step(job: Job, name: str, row: ImprovementStep | None) -> Step:
    if row is None:
        state: StepState = "waiting" if job.state in UNFINISHED else "skipped"
        return Step(name=name, state=state, began_at=None, ended_at=None, facts={})
    if row.ended_at is not None:
        state = "done"
    elif job.state in {"failed", "cancelled"}:
        state = "failed" if job.state == "failed" else "cancelled"
    else:
        state = "running"
    return Step(name=name, state=state, began_at=row.began_at, ended_at=row.ended_at, facts=row.facts)


async def began(session: AsyncSession, job_id: str, name: str) -> None:
    """Mark a step as begun, again if it was before."""
    key = (job_id, STEPS.index(name) + 1)
    row = await session.get(ImprovementStep, key)
    if row is None:
        session.add(ImprovementStep(job_id=job_id, number=key[1], name=name, began_at=now(), facts={}))
    else:
        row.began_at, row.ended_at, row.facts = now(), None, {}


async def ended(session: AsyncSession, job_id: str, name: str, facts: Mapping[str, Any]) -> None:
    """Mark a step as done, with what came of it."""
    row = await session.get(ImprovementStep, (job_id, STEPS.index(name) + 1))
    if row is not None:
        row.ended_at, row.facts = now(), dict(facts)


async def last_until(session: AsyncSession) -> datetime | None:
    """Up to when the last round that has begun took statements (None = there was none)."""
    query = select(Job.created_at).where(Job.kind == KIND).order_by(Job.id.desc()).limit(1)
    return await session.scalar(query)


async def collected_until(session: AsyncSession, model: str) -> datetime | None:
    """Up to when the round that made a model had collected statements (None = no round made it)."""
    query = select(ImprovementStep).where(ImprovementStep.name == "register")
    made = [row for row in await session.scalars(query) if row.facts.get("model") == model]
    if not made:
        return None
    collected = await session.get(ImprovementStep, (made[-1].job_id, STEPS.index("collect") + 1))
    until = collected.facts.get("until") if collected else None
    return datetime.fromisoformat(until) if until else None
