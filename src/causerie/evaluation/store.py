"""Evaluations as people and the gate see them: kept, listed, looked for.

Does: read and write the room's table in the caller's session.
Does not: evaluate, or hold the answers; they are lines of the evaluation's folder (`folder.py`).
"""

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.errors import NotFound
from causerie.evaluation.contract import Evaluation
from causerie.evaluation.tables import EvaluationRow

MAX_LIST = 200


async def add(session: AsyncSession, evaluation: Evaluation) -> None:
    """Keep an evaluation that is over; one that is kept already is written anew, as after a crash."""
    row = EvaluationRow(
        id=evaluation.id, model=evaluation.model, version=evaluation.version, suite=evaluation.suite,
        suite_sha256=evaluation.suite_sha256, began_at=evaluation.began_at, ended_at=evaluation.ended_at,
        result=evaluation.to_json(),
    )  # fmt: skip
    await session.merge(row)
    await session.flush()


async def get(session: AsyncSession, evaluation_id: str) -> Evaluation:
    """One evaluation.

    Raises:
        NotFound: There is none of that id.
    """
    row = await session.get(EvaluationRow, evaluation_id)
    if row is None:
        raise NotFound("there is no evaluation {id}", id=evaluation_id[:64], hint="`causerie eval list` lists them")
    return Evaluation.from_json(row.result)


async def list_of(
    session: AsyncSession,
    *,
    version: str | None = None,
    model: str | None = None,
    suite: str | None = None,
    suite_sha256: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Evaluation]:
    """Evaluations, the newest first.

    Args:
        session: To read in.
        version: Only those of this model version.
        model: Only those of a model of this name.
        suite: Only those of a suite of this name.
        suite_sha256: Only those of a suite with this content: several may have one name.
        before: Only those that began before the one of this id.
        limit: At most so many, and at most `MAX_LIST`.
    """
    query = _newest_first().limit(min(limit, MAX_LIST))
    wanted = {"version": version, "model": model, "suite": suite, "suite_sha256": suite_sha256}
    query = query.filter_by(**{name: value for name, value in wanted.items() if value is not None})
    if before is not None:
        query = query.where(EvaluationRow.id < before)
    return [Evaluation.from_json(row.result) for row in await session.scalars(query)]


async def before(session: AsyncSession, evaluation: Evaluation) -> Evaluation | None:
    """The newest earlier evaluation of a model of the same name by the same questions (None = there is none).

    One of another version is taken before one of the same.
    """
    alike = {"model": evaluation.model, "suite": evaluation.suite, "suite_sha256": evaluation.suite_sha256}
    query = _newest_first().filter_by(**alike).where(EvaluationRow.id < evaluation.id).limit(1)
    # An upstream's version is unknown, and may be any.
    another = query.where(or_(EvaluationRow.version != evaluation.version, EvaluationRow.version == ""))
    row = await session.scalar(another) or await session.scalar(query)
    return Evaluation.from_json(row.result) if row else None


async def latest(session: AsyncSession, version: str, suite: str, suite_sha256: str) -> Evaluation | None:
    """The newest evaluation of a model version by a suite of this name and this content.

    None = there is none, or the version is unknown.
    """
    if not version:
        return None
    found = await list_of(session, version=version, suite=suite, suite_sha256=suite_sha256, limit=1)
    return next(iter(found), None)


async def every(session: AsyncSession, version: str, suite: str, suite_sha256: str) -> list[Evaluation]:
    """All evaluations of a model version by a suite of this name and content (none where the version is unknown)."""
    if not version:
        return []
    query = _newest_first().filter_by(version=version, suite=suite, suite_sha256=suite_sha256)
    return [Evaluation.from_json(row.result) for row in await session.scalars(query)]


def _newest_first() -> Select[EvaluationRow]:
    return select(EvaluationRow).order_by(EvaluationRow.id.desc())
