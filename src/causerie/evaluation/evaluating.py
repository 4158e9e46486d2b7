"""`causerie eval` and the job `evaluate`: from names to an evaluation that is kept, with its report.

Does: find the suite, open the model (and the judge), run, keep the result in the database, write the report with the
differences to the model's evaluation before and to the release in service.
Does not: present; see `cli/eval.py` and `server/evaluations.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import rules
from causerie.database.engine import Database
from causerie.evaluation import contamination, finding, running, store
from causerie.evaluation.comparing import Judged
from causerie.evaluation.contract import Evaluation, Subject
from causerie.evaluation.folder import folder_of, read_items, result_of
from causerie.evaluation.running import Options, Progress
from causerie.evaluation.subjects.opening import opened
from causerie.inference.pool import Check
from causerie.settings import Settings

if TYPE_CHECKING:
    from causerie.evaluation.report import Other

MICROS = 1_000_000
InService = Callable[[AsyncSession, Settings, Evaluation], Awaitable[Evaluation | None]]
"""The evaluation of the release in service by the suite of this one: the registry knows it, and is handed down."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to evaluate, and how."""

    model: str | None
    """None = the default one."""
    suite: str = finding.DEFAULT
    shots: int | None = None
    """Examples before each item (None = as the suite says)."""
    examples: str = ""
    """As `finding.find`."""
    judge: str = ""
    """Model that judges answers (empty = none)."""
    evaluation_id: str = ""
    """As `running.Options`."""
    cached: bool = True
    anywhere: bool = True
    """Paths may be named too; a request over HTTP may not."""
    language: str = "en"
    """Of the report: `en` or `fr`."""
    in_service: InService | None = None
    check: Check | None = None
    """What a model's file must pass before it is loaded here."""


async def evaluate(
    database: Database,
    settings: Settings,
    wanted: Wanted,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    heed: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Evaluate, keep, report.

    Raises:
        CauserieError: The suite or the model is not there or damaged, or the model does not answer.
    """
    over = result_of(settings, wanted.evaluation_id) if wanted.evaluation_id else None
    if over is not None:  # a process died between the result and the row
        await keep(database, settings, over, language=wanted.language, in_service=wanted.in_service)
        return over
    suite = await asyncio.to_thread(
        finding.find, settings, wanted.suite, anywhere=wanted.anywhere, shots=wanted.shots, examples=wanted.examples
    )
    async with AsyncExitStack() as stack:

        async def opening(name: str | None) -> Subject:
            opening_it = opened(settings, name, anywhere=wanted.anywhere, check=wanted.check)
            return await stack.enter_async_context(opening_it)

        subject = await opening(wanted.model)
        judge = await opening(wanted.judge) if wanted.judge else None
        async with database.read() as session:
            known = await rules.load(session)

        def cost_of(model: Subject | None) -> Callable[[int, int], float]:
            name = model.name if model else ""
            return lambda tokens_in, tokens_out: (known.cost_micros(name, tokens_in, tokens_out) or 0) / MICROS

        options = Options(
            judge=judge, cost=cost_of(subject), judge_cost=cost_of(judge), progress=progress, heed=heed,
            cached=wanted.cached, evaluation_id=wanted.evaluation_id,
        )  # fmt: skip
        evaluation = await running.run(settings, suite, subject, options)
    await keep(database, settings, evaluation, language=wanted.language, in_service=wanted.in_service)
    return evaluation


async def keep(
    database: Database,
    settings: Settings,
    evaluation: Evaluation,
    *,
    language: str = "en",
    in_service: InService | None = None,
) -> None:
    """Put an evaluation that is over into the database, and write its report."""
    from causerie.evaluation.report import write_report

    async with database.write() as session:
        others = await compared_with(session, settings, evaluation, in_service)
        await store.add(session, evaluation)
    folder = folder_of(settings, evaluation.id)
    await asyncio.to_thread(
        write_report, folder, _judged(settings, evaluation), language=language, others=others,
        contamination=contamination.read(folder),
    )  # fmt: skip


async def compared_with(
    session: AsyncSession, settings: Settings, evaluation: Evaluation, in_service: InService | None
) -> "list[Other]":
    """What a report shows the differences to: the version before, and the release in service."""
    from causerie.evaluation.report import Other

    earlier = await store.before(session, evaluation)
    released = await in_service(session, settings, evaluation) if in_service else None
    others = [Other("previous", _judged(settings, earlier))] if earlier else []
    known = {evaluation.id, *(each.judged.evaluation.id for each in others)}
    if released is not None and released.id not in known:
        others.append(Other("released", _judged(settings, released)))
    return others


def _judged(settings: Settings, evaluation: Evaluation) -> Judged:
    return Judged(evaluation=evaluation, items=read_items(folder_of(settings, evaluation.id)))
