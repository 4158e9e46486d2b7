"""`causerie eval`: judges a model by a suite: figures with intervals, every answer kept, a report.

Does: evaluate with a bar of progress; list suites and evaluations, show one, compare two; each also as JSON.
Does not: compute; see `evaluation/evaluating.py`.
Try it: causerie eval starter --suite quick        causerie eval list        causerie eval compare ID ID

`causerie eval MODEL` is `causerie eval run MODEL`: a first word that is no command is a model.
"""

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli import eval_import
from causerie.cli.accounts import done
from causerie.cli.default_command import WithDefault
from causerie.cli.language import language, retold, t
from causerie.cli.models import print_table
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncSession

    from causerie.evaluation.contract import Evaluation, Metric
    from causerie.evaluation.evaluating import Wanted
    from causerie.evaluation.running import Progress
    from causerie.settings import Settings


app = typer.Typer(cls=WithDefault, no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]
_Id = Annotated[str, typer.Argument(help=t("The evaluation's id."))]
PLACES = {"share": 3, "bits/byte": 3}
"""Decimals of figures, by their unit."""


@app.command("run", help=t("Judge a model by a suite; `run` may be left out."))
def run(
    model: Annotated[
        str, typer.Argument(help=t("A model's name; `run:NAME` of a training run; or the path of a model."))
    ],
    suite: Annotated[
        str, typer.Option("--suite", "-s", help=t("A suite's name or folder, or a public set: gsm8k:FILE."))
    ] = "core",
    shots: Annotated[
        int | None,
        typer.Option(min=0, max=100, help=t("Examples before each question (default: as the suite says).")),
    ] = None,
    examples: Annotated[
        str,
        typer.Option(help=t("Where those of a public set are (default: in its own development or training part).")),
    ] = "",
    judge: Annotated[
        str, typer.Option(help=t("The model that judges answers, where the suite has such tasks."))
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help=t("Ask everything anew, also what this model answered before."))
    ] = False,
    as_json: _Json = False,
) -> None:
    """One evaluation."""
    from causerie.evaluation.evaluating import Wanted
    from causerie.evaluation.folder import REPORT, folder_of
    from causerie.settings import load_settings

    settings = load_settings()
    wanted = Wanted(
        model=model, suite=suite, shots=shots, examples=examples, judge=judge, cached=not fresh, language=language()
    )
    try:
        with _shown() as tell:
            evaluation = asyncio.run(_evaluated(settings, wanted, tell))
    except KeyboardInterrupt:
        errors().print(t("stopped; the same command goes on from here"))
        raise
    if as_json:
        print_json(evaluation.to_json())
        return
    _say(evaluation)
    console().print(t("report: {path}", path=str(folder_of(settings, evaluation.id) / REPORT)), markup=False)


@app.command("list", help=t("List the evaluations, the newest first."))
def list_evaluations(
    model: Annotated[str | None, typer.Option(help=t("Only those of this model."))] = None,
    suite: Annotated[str | None, typer.Option(help=t("Only those by this suite."))] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help=t("At most so many."))] = 50,
    as_json: _Json = False,
) -> None:
    """The evaluations, one a line."""
    from causerie.evaluation import store

    async def work(session: "AsyncSession") -> "list[Evaluation]":
        return await store.list_of(session, model=model, suite=suite, limit=limit)

    found = done(work)
    if as_json:
        print_json([evaluation.to_json() for evaluation in found])
        return
    rows = [(each.id, f"{each.began_at:%Y-%m-%d %H:%M}", each.model, each.suite, _headline(each)) for each in found]
    print_table((t("id"), t("began (UTC)"), t("model"), t("suite"), t("figure")), rows)
    if not found:
        errors().print(t("there are no evaluations"))


@app.command("show", help=t("Show an evaluation's figures."))
def show(evaluation_id: _Id, as_json: _Json = False) -> None:
    """One that is over."""
    from causerie.evaluation import store

    async def work(session: "AsyncSession") -> "Evaluation":
        return await store.get(session, evaluation_id)

    evaluation = done(work)
    if as_json:
        print_json(evaluation.to_json())
    else:
        _say(evaluation)


@app.command("suites", help=t("List the suites that models can be judged by."))
def suites(as_json: _Json = False) -> None:
    """Those of the program and one's own."""
    from causerie.evaluation import finding
    from causerie.settings import load_settings

    found = finding.listed(load_settings())
    facts = [
        {"name": suite.name, "title": suite.title, "version": suite.version, "languages": list(suite.languages),
         "items": sum(len(task.items) for task in suite.tasks), "licence": suite.licence, "sha256": suite.sha256,
         "description": dict(suite.description)}
        for suite in found
    ]  # fmt: skip
    if as_json:
        print_json(facts)
        return
    rows = [
        (suite.name, str(each["items"]), " ".join(suite.languages), suite.description.get(language(), suite.title))
        for suite, each in zip(found, facts, strict=True)
    ]
    print_table((t("suite"), t("items"), t("languages"), t("what it asks")), rows, right=(1,))


@app.command("compare", help=t("Compare two evaluations of one suite, with p-values."))
def compare(
    first: Annotated[str, typer.Argument(help=t("The id of the earlier evaluation."))],
    second: Annotated[str, typer.Argument(help=t("The id of the later one."))],
    as_json: _Json = False,
) -> None:
    """Figure by figure."""
    from dataclasses import asdict

    from causerie.evaluation import store
    from causerie.evaluation.comparing import SOUGHT
    from causerie.evaluation.comparing import compare as rows_of
    from causerie.evaluation.folder import finite
    from causerie.evaluation.overview import with_answers
    from causerie.settings import load_settings

    settings = load_settings()

    async def work(session: "AsyncSession") -> "tuple[Evaluation, Evaluation]":
        return await store.get(session, first), await store.get(session, second)

    one, other = done(work, settings)
    found = rows_of(with_answers(settings, one), with_answers(settings, other))
    if as_json:
        print_json([finite(asdict(row)) for row in found])
        return
    verdicts = {"better": t("better"), "worse": t("worse"), "apart": t("different"), "alike": t("no difference seen")}
    rows = [
        (_named(row.task, row.name), _number(row.first, row.unit), _number(row.second, row.unit),
         f"{row.difference:+.3f}", f"{row.low:+.3f} … {row.high:+.3f}",
         "" if row.p_corrected is None else f"{row.p_corrected:.3f}",
         "" if row.seen_from is None else f"{row.seen_from:.3f}",
         "" if row.items_needed is None else f"{row.items_needed:,}", verdicts[row.verdict])
        for row in found
    ]  # fmt: skip
    headings = (t("figure"), t("first"), t("second"), t("difference"), t("interval"), t("p (corrected)"),
                t("seen from"), t("for {sought}", sought=SOUGHT), "")  # fmt: skip
    print_table(headings, rows, right=(1, 2, 3, 4, 5, 6, 7))
    told = t("seen from: the least difference that so many items show four times in five; "
             "for {sought}: how many items show one of {sought} as often", sought=SOUGHT)  # fmt: skip
    console().print(told, style="dim", markup=False, soft_wrap=True)


app.command("import", help=t("Take in the results of lm-evaluation-harness or of Inspect."))(
    eval_import.import_results
)
app.command("contamination", help=t("Look for a suite's items in training data."))(eval_import.contamination)


async def _evaluated(settings: "Settings", wanted: "Wanted", tell: "Callable[[Progress], None]") -> "Evaluation":
    from dataclasses import replace

    from causerie.database.engine import open_database
    from causerie.database.migrate import migrate
    from causerie.evaluation.evaluating import evaluate
    from causerie.registry.standing import evaluation_in_service
    from causerie.registry.versions import load_check

    database = open_database(settings)
    try:
        await migrate(database, settings.home)
        checked = replace(wanted, check=load_check(database, settings), in_service=evaluation_in_service)
        return await evaluate(database, settings, checked, progress=tell)
    finally:
        await database.close()


@contextmanager
def _shown() -> "Iterator[Callable[[Progress], None]]":
    """A bar for a person; for a log a line now and then."""
    if not errors().is_terminal:
        yield _line_now_and_then()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=errors(), transient=True) as bar:
        task = bar.add_task(t("the model is loaded"), total=None)

        def tell(progress: "Progress") -> None:
            bar.update(task, completed=progress.done, total=progress.items, description=_described(progress))

        yield tell


def _line_now_and_then() -> "Callable[[Progress], None]":
    told = -1

    def tell(progress: "Progress") -> None:
        nonlocal told
        tenth = 10 * progress.done // max(1, progress.items)
        if tenth > told:
            told = tenth
            errors().print(f"{progress.done}/{progress.items} {_described(progress)}", markup=False, soft_wrap=True)

    return tell


def _described(progress: "Progress") -> str:
    tokens = progress.tokens_in + progress.tokens_out
    words = t("{task}, {tokens} tokens", task=progress.task, tokens=f"{tokens:,}")
    return words + (f", {progress.cost:.4f}" if progress.cost else "")


def _say(evaluation: "Evaluation") -> None:
    rows = [
        (_named(metric.task, metric.name), _number(metric.value, metric.unit), _range(metric), str(metric.items))
        for metric in evaluation.metrics
    ]
    print_table((t("figure"), t("value"), t("95 % interval"), t("items")), rows, right=(1, 2, 3))
    ways = {
        "log-probabilities": t("judged by log-probabilities"),
        "generation": t("judged by what it wrote"),
        "mixed": t("judged by log-probabilities and by what it wrote"),
    }
    facts = [
        evaluation.id, ways[evaluation.scored_by],
        t("{tokens} tokens", tokens=f"{evaluation.tokens_in + evaluation.tokens_out:,}"),
        t("{seconds} s", seconds=f"{evaluation.seconds:.1f}"),
    ]  # fmt: skip
    if evaluation.cost:
        facts.append(t("cost {cost}", cost=f"{evaluation.cost:.4f}"))
    if evaluation.errors:
        facts.append(t("{errors} items without an answer", errors=evaluation.errors))
    console().print(", ".join(facts), markup=False, soft_wrap=True)
    for note in evaluation.notes:
        console().print(retold(note), markup=False, soft_wrap=True)


def _headline(evaluation: "Evaluation") -> str:
    """The figure of the whole suite, else the first."""
    metrics = sorted(evaluation.metrics, key=lambda metric: metric.task != "")
    return f"{metrics[0].name} {_number(metrics[0].value, metrics[0].unit)} ({_range(metrics[0])})" if metrics else ""


def _named(task: str, name: str) -> str:
    return f"{task or t('whole suite')}: {name}"


def _range(metric: "Metric") -> str:
    return f"{_number(metric.low, metric.unit)} … {_number(metric.high, metric.unit)}"


def _number(value: float, unit: str) -> str:
    return f"{value:.{PLACES.get(unit, 2)}f}"
