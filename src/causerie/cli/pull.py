"""`causerie pull`: gets a model, with a progress bar in a terminal.

Does: show how far it is, the rate and the time left; say what came, under which licence, and how to talk with it.
Does not: fetch; see `inference/pull.py`.
Try it: causerie pull starter        causerie pull smollm3        causerie pull hf:Qwen/Qwen3-8B-GGUF:Q5_K_M
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.language import t
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from causerie.inference.contract import Model
    from causerie.settings import Settings


def pull(
    source: Annotated[
        str,
        typer.Argument(
            help=t(
                "`starter`, a name of `causerie models suggest`, hf:owner/repository[:quantisation], or a GGUF file."
            )
        ),
    ],
    name: Annotated[
        str | None, typer.Option("--name", "-n", help=t("What to call it here (none = from its file)."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print one JSON object."))] = False,
) -> None:
    """Get a model; the same command again goes on where it stopped."""
    from causerie.inference.pull import pull as pull_model
    from causerie.settings import load_settings

    settings = load_settings()
    try:
        with _progress(source, shown=not as_json) as report:
            model = asyncio.run(pull_model(settings, source, name, report))
    except KeyboardInterrupt:
        errors().print(t("stopped; the same command again goes on from here"))
        raise
    if as_json:
        from causerie.cli.models import facts

        print_json(facts(model))
    else:
        say_what_came(settings, model)


@contextmanager
def _progress(source: str, *, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error where that is a terminal; nothing in a pipe."""
    if not shown or not errors().is_terminal:
        yield None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors(), transient=True) as bar:
        task = bar.add_task(source, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say_what_came(settings: "Settings", model: "Model") -> None:
    """Which model is here now, and how to talk with it."""
    from rich.markup import escape

    from causerie.cli.models import sized
    from causerie.inference.suggestions import this_machine

    licence = model.licence or t("not stated")
    console().print(
        t(
            "{name} is here: {size}, licence {licence}",
            name=escape(model.name),
            size=sized(model.size_bytes),
            licence=licence,
        )
    )
    budget = this_machine(settings).memory_bytes
    if model.size_bytes > budget:
        errors().print(
            t("it is larger than the memory for models ({budget}): it will not run here", budget=sized(budget))
        )
    elif not model.embedding:
        console().print(t("talk with it: causerie chat --model {name}", name=escape(model.name)))
