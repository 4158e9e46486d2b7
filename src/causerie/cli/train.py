"""`causerie train`: makes a model from a recipe, with a live panel in a terminal.

Does: parse, run or dry-run, show what happens, say at the end how to talk with the model.
Does not: train; see `training/run.py`. Several processes: torchrun --nproc-per-node 2 -m causerie.cli.main train ...
Try it: causerie train recipes/starter.toml --dry-run        causerie train recipes/starter.toml --resume
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.language import t
from causerie.cli.terminal import console, errors, print_error, print_json
from causerie.errors import CauserieError

if TYPE_CHECKING:
    from causerie.settings import Settings
    from causerie.training.dry_run import Plan
    from causerie.training.events import Event


ALONE = 0.8
"""With this share of the processor or more, a process has it to itself, but for what a machine always does."""


def train(
    recipe: Annotated[Path, typer.Argument(help=t("The recipe, a TOML file."))],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help=t("Change a key of the recipe: key=value; may be repeated."))
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help=t("Say what it would take: memory, operations, time, money; train nothing.")),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help=t("Go on from the last good checkpoint of the run's folder, if there is one.")),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print JSON: the plan, or one object an event."))] = False,
) -> None:
    """Train a model."""
    from causerie.data.packages import needed

    needed("numpy", "torch", "tokenizers", "tiktoken", "safetensors", "gguf", "jinja2")
    from causerie.training.recipe_file import read_recipe

    wanted = read_recipe(recipe, changes or [])
    if dry_run:
        from causerie.training.dry_run import plan

        _say_plan(plan(wanted), as_json=as_json)
        return
    from causerie.registry.permits import permitted
    from causerie.settings import load_settings
    from causerie.training import runs
    from causerie.training.run import train as train_model

    settings, known = load_settings(), list[Path]()
    with _shown(as_json=as_json) as tell:

        def everyone(event: "Event") -> None:
            if not known:  # the page and `causerie runs` show it from its first word
                known.append(runs.show(settings, Path(wanted.run)))
            tell(event)

        with permitted(settings, wanted) as permit:
            folder = train_model(wanted, resume=resume, tell=everyone, permit=permit)
    # Of several processes only the first is told anything, and speaks.
    if known and not as_json and (folder.export / "model.gguf").is_file():
        console().print(t("the model is in {folder}", folder=str(folder.export)), markup=False)
        _offer(settings, folder.path)


def _offer(settings: "Settings", run: Path) -> None:
    """To a person: install the model at once; to a log: the command that does."""
    from causerie.cli import models_registry
    from causerie.cli.pull import say_what_came

    try:
        if sys.stdin.isatty() and errors().is_terminal and _agreed():
            _, model, version = models_registry.add_run(str(run), None)
            say_what_came(settings, model)
            models_registry.say_registered(version)
            return
    except CauserieError as error:  # the run is a success whatever comes of this
        print_error(error)
    console().print(t("talk with it: {command}", command=f"causerie models add {run}"), markup=False)


def _agreed() -> bool:
    try:
        return typer.confirm(t("Add it to the models, to talk with it here?"), default=True, err=True)
    except typer.Abort:
        return False


@contextmanager
def _shown(*, as_json: bool) -> Iterator[Callable[["Event"], None]]:
    """Who is told: a program, a person at a terminal, or a log."""
    if as_json:
        yield _print_event
    elif errors().is_terminal:
        from causerie.cli.train_panel import panel

        with panel() as tell:
            yield tell
    else:
        yield print_line


def _print_event(event: "Event") -> None:
    import json

    row = {"kind": event.kind, "step": event.step, **event.facts}
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_line(event: "Event") -> None:
    """One line for what a log should have; a line for each step would drown the rest."""
    from causerie.cli.train_panel import in_a_line

    facts = event.facts
    if event.kind == "step" and event.step % 10 and event.step > 1:
        return
    words = " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in facts.items()
    )
    errors().print(in_a_line(f"{event.kind} step={event.step} {words}"), markup=False, soft_wrap=True)


def _say_plan(plan: "Plan", *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json(asdict(plan))
        return
    from rich.table import Table

    table = Table(show_header=False, box=None)
    table.add_column()
    table.add_column(justify="right")
    names = {
        "weights": t("memory: weights"), "gradients": t("memory: gradients"), "optimiser": t("memory: optimiser"),
        "activations": t("memory: activations"), "logits": t("memory: logits"),
    }  # fmt: skip
    rows = [
        (t("parameters"), f"{plan.parameters:,}"),
        (t("of these trained"), f"{plan.trained_parameters:,}"),
        *((names[part], _bytes(size)) for part, size in plan.memory_bytes.items()),
        (t("memory of a process"), _bytes(sum(plan.memory_bytes.values()))),
        (t("steps"), f"{plan.steps:,}"),
        (t("tokens"), f"{plan.tokens:,}"),
        (t("operations"), f"{plan.flops:.2e}"),
        (t("processes"), f"{plan.processes:,}"),
        (t("time"), _duration(plan.seconds)),
    ]
    if plan.currency:
        rows.append((t("price"), f"{plan.price:,.2f} {plan.currency}"))
    for name, value in rows:
        table.add_row(name, value)
    console().print(table)
    if plan.timed:
        console().print(t("The time is from steps timed on this machine just now; joined operations may be faster."))
        if plan.share < ALONE:
            console().print(
                t(
                    "Other programs or a limit left {share} of the processor: while that is so, it takes {time}.",
                    share=f"{plan.share:.0%}", time=_duration(plan.seconds / plan.share),
                )
            )  # fmt: skip
    else:
        console().print(t("The time is an estimate from the operations a second that training usually reaches."))


def _bytes(size: int) -> str:
    return f"{size / 2**30:,.2f} GiB" if size >= 2**30 else f"{size / 2**20:,.1f} MiB"


def _duration(seconds: float) -> str:
    """Days and hours, hours and minutes, or minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return t("{days} d {hours} h", days=days, hours=hours)
    return (
        t("{hours} h {minutes} min", hours=hours, minutes=minutes)
        if hours
        else t("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    )
