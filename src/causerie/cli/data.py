"""`causerie data`: clean text, conversations and token shards, from a recipe.

Does: build, show what was built, and list the steps that a recipe can name; the last two also as JSON. Write what
people said of answers into a file that a recipe can name.
Does not: clean anything; see `data/build.py`.
Try it: causerie data build recipes/sample.toml        causerie data show data/sample
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.language import language, t
from causerie.cli.models import print_table
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from causerie.data.card import Card

app = typer.Typer(no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]
_Report = Callable[[str, int, int], None]


@app.command("build", help=t("Build data from a recipe; the same command again goes on where it stopped."))
def build(
    recipe: Annotated[Path, typer.Argument(help=t("The recipe, a TOML file."))],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=t("Folder for the data (none = data/NAME, by the recipe)."))
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help=t("Processes that clean (0 = one for each core)."))
    ] = 0,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help=t("Change a key of the recipe: key=value; may be repeated."))
    ] = None,
    as_json: _Json = False,
) -> None:
    """Build data."""
    from causerie.data.build import build as build_data
    from causerie.data.recipe import load_recipe

    wanted = load_recipe(recipe, changes or [])
    folder = out or Path("data") / wanted.name
    try:
        with _progress(shown=not as_json) as report:
            card = build_data(
                wanted, folder, beside=recipe.parent, workers=workers, progress=report, language=language()
            )
    except KeyboardInterrupt:
        errors().print(t("stopped; the same command again goes on from here"))
        raise
    if as_json:
        print_json(asdict(card) | {"folder": str(folder)})
    else:
        _say(card, folder)


@app.command("show", help=t("Show what was built: sources, steps, counts; and check every file."))
def show(
    folder: Annotated[Path, typer.Argument(help=t("The folder of the data."))],
    verify: Annotated[bool, typer.Option("--verify", help=t("Compare every file with its hash."))] = False,
    as_json: _Json = False,
) -> None:
    """What was built."""
    from causerie.data import card as cards

    card = cards.read_card(folder)
    if verify:
        cards.verify(card, folder)
    if as_json:
        print_json(asdict(card))
        return
    headings = (t("source"), t("licence"), t("read"), t("kept"), t("repeated"), t("characters"))
    rows = [
        (each.name, each.licence, _number(each.samples), _number(each.kept), f"{each.repeats:g}",
         _number(each.training_characters))
        for each in card.sources
    ]  # fmt: skip
    print_table(headings, rows, right=(2, 3, 4, 5))
    console().print()
    step_headings = (t("step"), t("texts seen"), t("removed"), t("characters removed"))
    print_table(
        step_headings,
        [
            (each.name, _number(each.seen), _number(sum(each.removed.values())), _number(each.removed_characters))
            for each in card.steps
        ],
        right=(1, 2, 3),
    )
    console().print()
    _say(card, folder)
    if verify:
        console().print(t("every file is what the card says"), markup=False)


@app.command("steps", help=t("List the steps that a recipe can name, with their options."))
def steps(as_json: _Json = False) -> None:
    """The steps."""
    from causerie.data.steps.table import TABLE

    if as_json:
        print_json({name: step.model_json_schema()["properties"] for name, step in TABLE.items()})
        return
    for name, step in TABLE.items():
        console().print(name, style="bold", markup=False)
        for option, field in step.model_fields.items():
            if option != "use":
                about = " ".join((field.description or "").split())
                default = t("needed") if field.is_required() else _written(field.default)
                console().print(f"  {option} = {default}  {about}".rstrip(), markup=False, soft_wrap=True)


@app.command("feedback", help=t("Write what people said of answers and allowed to train on, for a recipe to read."))
def feedback(
    file: Annotated[Path, typer.Argument(help=t("The file to write, JSON Lines."))],
    thumbs: Annotated[
        bool,
        typer.Option("--thumbs", help=t("Single answers with their thumbs, not a better one beside a worse one.")),
    ] = False,
) -> None:
    """What people said, personal data masked."""
    count = asyncio.run(_feedback_into(file, thumbs=thumbs))
    console().print(t("{file}: {count} lines", file=file, count=_number(count)), markup=False, soft_wrap=True)


async def _feedback_into(file: Path, *, thumbs: bool) -> int:
    """How many lines there were. Nobody waits for it: what takes its time, to read and to mask, holds no lock."""
    from causerie.accounts import audit, people
    from causerie.database.engine import open_database
    from causerie.database.migrate import migrate
    from causerie.database.tables import now
    from causerie.improvement import collecting, feedback_file
    from causerie.settings import load_settings

    settings = load_settings()
    database = open_database(settings)
    try:
        await migrate(database, settings.home)
        await people.prepare(database)
        async with database.read() as session:
            said = await collecting.collect(session, None, now())
        count = feedback_file.write(said.statements, file, thumbs=thumbs)
        async with database.write() as session:
            await audit.record(session, None, "feedback.export", file.name)
        return count
    finally:
        await database.close()


def _written(value: object) -> str:
    """A default as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_written(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _number(value: int) -> str:
    return f"{value:_}".replace("_", " ")


def _say(card: "Card", folder: Path) -> None:
    for split, name in (("train", t("training")), ("validation", t("validation"))):
        if card.samples(split):
            told = t("{split}: {samples} texts, {characters} characters", split=name,
                     samples=_number(card.samples(split)), characters=_number(card.characters(split)))  # fmt: skip
            console().print(told, markup=False)
    console().print(t("report: {path}", path=folder / "report.html"), markup=False, soft_wrap=True)
    console().print(t("card: {path}", path=folder / "card.md"), markup=False, soft_wrap=True)


@contextmanager
def _progress(*, shown: bool) -> Iterator[_Report]:
    """A bar on standard error where that is a terminal; nothing in a pipe."""
    if not shown or not errors().is_terminal:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    words = {"clean": t("reading and cleaning"), "compare": t("looking for duplicates"), "write": t("writing")}
    with Progress(*columns, console=errors(), transient=True) as progress:
        bars: dict[str, int] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                bars[stage] = progress.add_task(words[stage], total=max(total, 1))
            progress.update(bars[stage], completed=done)  # type: ignore[arg-type] # rich's own number of a bar

        yield report
