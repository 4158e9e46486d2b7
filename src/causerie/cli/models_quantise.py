"""`causerie models quantise`: a model in another form, smaller or larger.

Does: find the model, have it written and registered, and say what came.
Does not: read or write weights; see `registry/quantising.py`.
Try it: causerie models quantise NAME --kind q8_0
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.language import t
from causerie.cli.terminal import print_json

if TYPE_CHECKING:
    from causerie.database.engine import Database
    from causerie.inference.contract import Model
    from causerie.registry.contract import ModelVersion
    from causerie.settings import Settings


def quantise(
    name: Annotated[str, typer.Argument(help=t("The model's name."))],
    kind: Annotated[str, typer.Option(help=t("q8_0 (8 bits), q4_0 (4 bits) or f16."))] = "q8_0",
    new_name: Annotated[
        str | None,
        typer.Option("--name", "-n", help=t("What to call it (none = the model's name with the form).")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print JSON."))] = False,
) -> None:
    """Another form of a model."""
    from causerie.cli.models import facts
    from causerie.cli.models_registry import asked, say_registered
    from causerie.cli.pull import say_what_came
    from causerie.inference.catalogue import find
    from causerie.registry import quantising

    async def work(database: "Database", settings: "Settings") -> "tuple[Settings, Model, ModelVersion]":
        model = await asyncio.to_thread(find, settings, name)
        return settings, *await quantising.quantise(database, settings, model, kind, new_name)

    settings, model, version = asked(work)
    if as_json:
        print_json(facts(model) | {"version": version.id})
    else:
        say_what_came(settings, model)
        say_registered(version)
