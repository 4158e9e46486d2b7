"""Evaluations as people see them: those that are over, and those that a job is at, in one list.

Does: join the room's table and the jobs of the kind `evaluate`; give the answers of an evaluation, page by page.
Does not: evaluate; see `running.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.errors import NotFound
from causerie.evaluation import store
from causerie.evaluation.comparing import Judged
from causerie.evaluation.contract import Evaluation, Scored
from causerie.evaluation.folder import ITEMS, folder_of, read_items
from causerie.jobs import store as jobs
from causerie.jobs.tables import Job
from causerie.settings import Settings

KIND = "evaluate"
"""Of the jobs."""
_JOB, _EVALUATION = "job_", "eval_"
State = Literal["queued", "running", "done", "failed", "cancelled"]
Which = Literal["all", "good", "bad"]
WHICH: tuple[Which, ...] = get_args(Which)
RIGHT = 0.5
"""Least score of an answer that counts as a good one."""


@dataclass(frozen=True)
class Entry:
    """An evaluation, over or not."""

    id: str
    model: str
    suite: str
    state: State
    began_at: datetime
    evaluation: Evaluation | None = None
    """None = it is not over."""
    share: float = 1.0
    """What is done of it, 0 to 1."""
    message: str = ""
    """What it is at now."""
    error: dict[str, Any] | None = None
    """Why it failed: `code`, `message`, `hint`."""
    job_id: str | None = None
    """None = the command line's."""
    shots: int | None = None
    """Examples before each item: as asked for, then the most of any task (None = none, or as the suite says)."""


def id_of(job_id: str) -> str:
    """The id that a job's evaluation has from its beginning on."""
    return _EVALUATION + job_id.removeprefix(_JOB)


async def listed(
    session: AsyncSession,
    *,
    model: str | None = None,
    suite: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Evaluations, the newest first; arguments as `store.list_of`."""
    over = [_over(each) for each in
            await store.list_of(session, model=model, suite=suite, before=before, limit=limit)]  # fmt: skip
    earlier = None if before is None else _JOB + before.removeprefix(_EVALUATION)
    at_work = [
        _at_work(job)
        for job in await jobs.listed(session, kind=KIND, before=earlier, limit=jobs.MAX_LIST)
        if job.state != "done"
        and model in {None, job.parameters["model"]}
        and suite in {None, job.parameters["suite"]}
    ]
    known = {entry.id for entry in over}
    entries = [*over, *(entry for entry in at_work if entry.id not in known)]
    return sorted(entries, key=lambda entry: entry.id, reverse=True)[:limit]


async def get(session: AsyncSession, evaluation_id: str) -> Entry:
    """One of them.

    Raises:
        NotFound: There is none of that id.
    """
    try:
        return _over(await store.get(session, evaluation_id))
    except NotFound:
        job = await session.get(Job, _JOB + evaluation_id.removeprefix(_EVALUATION))
        if job is None or job.kind != KIND:
            raise
        return _at_work(job)


def with_answers(settings: Settings, evaluation: Evaluation) -> Judged:
    """An evaluation with every answer, read from its folder: long work, not for an event loop or a transaction."""
    return Judged(evaluation=evaluation, items=read_items(folder_of(settings, evaluation.id)))


def answers(
    settings: Settings, evaluation_id: str, *, which: Which = "all", task: str = "", after: int = 0, limit: int = 50
) -> tuple[list[Scored], int | None]:
    """Some answers of an evaluation, and how many were passed over when more follow (None = none do).

    Args:
        settings: Where the evaluation is.
        evaluation_id: Which.
        which: All, or those that are good or bad.
        task: Only those of this task (empty = all).
        after: Pass over so many of them.
        limit: At most so many.
    """
    folder = folder_of(settings, evaluation_id)
    rows = read_items(folder) if (folder / ITEMS).is_file() else []
    wanted = [
        row for row in rows if (not task or row.task == task) and (which == "all" or _good(row) == (which == "good"))
    ]
    page = wanted[after : after + limit]
    return page, after + limit if after + limit < len(wanted) else None


def _good(row: Scored) -> bool:
    return not row.error and row.score >= RIGHT


def _over(evaluation: Evaluation) -> Entry:
    return Entry(
        evaluation.id, evaluation.model, evaluation.suite, "done", evaluation.began_at, evaluation=evaluation,
        shots=max((each["count"] for each in evaluation.shots.values()), default=None),
    )  # fmt: skip


def _at_work(job: Job) -> Entry:
    state: State = job.state if job.state in get_args(State) else "failed"  # type: ignore[assignment]
    return Entry(
        id_of(job.id), job.parameters["model"], job.parameters["suite"], state, job.started_at or job.created_at,
        share=job.share, message=job.message, error=job.error, job_id=job.id, shots=job.parameters.get("shots"),
    )  # fmt: skip
