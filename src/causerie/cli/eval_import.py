"""`causerie eval import` and `causerie eval contamination`: results of other programs, items in training data.

Does: take in a results file of lm-evaluation-harness or a log of Inspect; look for a suite's items in built data.
Does not: read either; see `evaluation/importing/table.py` and `evaluation/contamination.py`.
Try it: causerie eval import logs/2026-11-25T20-00-00_task.eval
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from causerie.cli.language import language, t
from causerie.cli.models import print_table
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from causerie.database.engine import Database
    from causerie.evaluation.contamination import Contamination
    from causerie.evaluation.contract import Evaluation, Suite
    from causerie.settings import Settings

Made = TypeVar("Made")
SHOWN = 20
"""Items of the training data that the terminal lists."""
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


def import_results(
    file: Annotated[
        Path, typer.Argument(help=t("A results file of lm-evaluation-harness or its folder, or a log of Inspect."))
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", help=t("The model of the catalogue that was measured (none = as the file says).")),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Take in the results of another program."""
    from causerie.evaluation.folder import REPORT, folder_of
    from causerie.evaluation.importing.table import read, take_in
    from causerie.inference.catalogue import find
    from causerie.registry.standing import evaluation_in_service
    from causerie.settings import load_settings

    settings = load_settings()
    measured = find(settings, model) if model else None
    judged = read(file)

    async def work(database: "Database") -> "Evaluation":
        return await take_in(
            database, settings, judged, model=measured, language=language(), in_service=evaluation_in_service
        )

    kept = _with_database(settings, work)
    if as_json:
        print_json(kept.to_json())
        return
    rows = [
        (each.task, each.name, f"{each.value:.4g}", f"{each.low:.4g} .. {each.high:.4g}", str(each.items))
        for each in kept.metrics
    ]
    print_table((t("task"), t("figure"), t("value"), t("interval"), t("items")), rows)
    console().print(t("kept as {id}; its report: {path}", id=kept.id, path=folder_of(settings, kept.id) / REPORT))


def contamination(
    suite: Annotated[str, typer.Argument(help=t("The suite."))],
    data: Annotated[Path, typer.Option("--data", help=t("A folder that `causerie data build` made."))],
    words: Annotated[
        int, typer.Option("--words", min=0, max=100, help=t("Words of a run (0 = 8 to 13, by the items' lengths)."))
    ] = 0,
    evaluation: Annotated[
        str | None, typer.Option("--report", help=t("Id of an evaluation: its report then says what was found."))
    ] = None,
    as_json: _Json = False,
) -> None:
    """Look for a suite's items in training data."""
    from causerie.evaluation.contamination import look_for
    from causerie.evaluation.finding import find
    from causerie.settings import load_settings

    settings = load_settings()
    wanted = find(settings, suite)
    # Before the data, which can take long to read.
    noted = _with_database(settings, lambda database: _of_suite(database, evaluation, wanted)) if evaluation else None
    items = [item for task in wanted.tasks for item in task.items]
    with errors().status(t("reading the training data")) as status:
        found = look_for(
            items, data, words=words, progress=lambda read: status.update(t("{count} texts read", count=read))
        )
    if noted:
        _with_database(settings, lambda database: _noted(database, settings, noted, found))
    if as_json:
        print_json(found.to_json())
    else:
        _say(found)


async def _of_suite(database: "Database", evaluation_id: str, suite: "Suite") -> "Evaluation":
    """The evaluation, if it is by this suite: what is found of another says nothing of it."""
    from causerie.errors import InvalidRequest
    from causerie.evaluation import store
    from causerie.evaluation.suite_file import is_of

    async with database.read() as session:
        evaluation = await store.get(session, evaluation_id)
    if not is_of(evaluation.suite, suite):
        raise InvalidRequest(
            "the evaluation {id} is by the suite {other}, not by {suite}", id=evaluation.id, other=evaluation.suite,
            suite=suite.name, hint="name the suite that it was judged by",
        )  # fmt: skip
    return evaluation


async def _noted(
    database: "Database", settings: "Settings", evaluation: "Evaluation", found: "Contamination"
) -> None:
    """Keep what was found with an evaluation, and write its report anew."""
    from causerie.evaluation.contamination import FILE
    from causerie.evaluation.evaluating import keep
    from causerie.evaluation.folder import folder_of, write_json
    from causerie.registry.standing import evaluation_in_service

    write_json(folder_of(settings, evaluation.id) / FILE, found.to_json())
    await keep(database, settings, evaluation, language=language(), in_service=evaluation_in_service)


def _with_database(settings: "Settings", work: "Callable[[Database], Coroutine[Any, Any, Made]]") -> "Made":
    """What `work` does with the database that the settings name."""
    from causerie.database.engine import open_database
    from causerie.database.migrate import migrate

    async def run() -> "Made":
        database = open_database(settings)
        try:
            await migrate(database, settings.home)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _say(found: "Contamination") -> None:
    said = t(
        "{found} of {items} items share a run of {words} words with {texts} training texts; {short} are too short",
        found=len(found.found), items=found.items, words=found.words, texts=found.texts, short=found.too_short,
    )  # fmt: skip
    console().print(said)
    rows = [(each.task, each.id, f"{each.share:.0%}", each.document) for each in found.found[:SHOWN]]
    if rows:
        print_table((t("task"), t("item"), t("share of its runs"), t("first found in")), rows)
