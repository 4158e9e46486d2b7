"""`causerie eval` and the job `evaluate`: from names to an evaluation that is kept, with its report.

Does: find the suite, open the model (and the judge), run, keep the result in the database, write the report with the
differences to the model's evaluation before and to the release in service.
Does not: present; see `cli/eval.py` and `server/evaluations.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import rules
from causerie.database.engine import Database
from causerie.evaluation import contamination, finding, running, store
from causerie.evaluation.contract import Evaluation, Subject
from causerie.evaluation.folder import folder_of, result_of
from causerie.evaluation.overview import with_answers
from causerie.evaluation.running import Options, Progress
from causerie.evaluation.subjects.opening import opened
from causerie.inference.pool import Check
from causerie.settings import Settings

if TYPE_CHECKING:
    from causerie.evaluation.comparing import Judged
    from causerie.evaluation.contamination import Contamination
    from causerie.evaluation.report import Other, Role

MICROS = 1_000_000
_logger = structlog.get_logger(__name__)
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
    """Put an evaluation that is over into the database, and write its report.

    It is in the database first: nothing that fails in its report, or in another's files, loses it.
    """
    async with database.write() as session:
        await store.add(session, evaluation)
    async with database.read() as session:
        others = await compared_with(session, settings, evaluation, in_service)
    await asyncio.to_thread(_report, settings, evaluation, others, language)


async def compared_with(
    session: AsyncSession, settings: Settings, evaluation: Evaluation, in_service: InService | None
) -> "list[tuple[Role, Evaluation]]":
    """What a report shows the differences to: the version before, and the release in service."""
    earlier = await store.before(session, evaluation)
    released = await in_service(session, settings, evaluation) if in_service else None
    others: list[tuple[Role, Evaluation]] = [("previous", earlier)] if earlier else []
    if released is not None and released.id not in {evaluation.id, *(each.id for _, each in others)}:
        others.append(("released", released))
    return others


def reported(
    settings: Settings, evaluation: Evaluation, others: "Sequence[tuple[Role, Evaluation]]"
) -> "tuple[Judged, list[Other], Contamination | None]":
    """What `report.page` takes, read from the folders: long work, not for an event loop or a transaction.

    Args:
        settings: Where the folders are.
        evaluation: What is reported.
        others: As `compared_with` gives them; one whose answers cannot be read is left out.
    """
    from causerie.evaluation.report import Other

    found = []
    for role, other in others:
        try:
            found.append(Other(role, with_answers(settings, other)))
        except OSError as error:
            _logger.warning("the answers of an evaluation cannot be read", evaluation=other.id, reason=str(error))
    folder = folder_of(settings, evaluation.id)
    return with_answers(settings, evaluation), found, contamination.read(folder)


def _report(
    settings: Settings, evaluation: Evaluation, others: "Sequence[tuple[Role, Evaluation]]", language: str
) -> None:
    from causerie.evaluation.report import write_report

    judged, found, known = reported(settings, evaluation, others)
    folder = folder_of(settings, evaluation.id)
    write_report(folder, judged, language=language, others=found, contamination=known)
