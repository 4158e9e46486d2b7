"""`causerie models lineage|card|verify|bom|register|versions`: what a model is, and where it comes from.

Does: ask the registry, and print as text, JSON, SVG or Markdown.
Does not: release; see `release.py`.
Try it: causerie models lineage NAME
"""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from causerie.cli.language import t
from causerie.cli.models_quantise import quantise
from causerie.cli.terminal import console, errors, print_error, print_json
from causerie.errors import CauserieError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from causerie.database.engine import Database
    from causerie.inference.contract import Model
    from causerie.registry.contract import ModelVersion
    from causerie.registry.story import Story
    from causerie.settings import Settings

Answer = TypeVar("Answer")
_Name = Annotated[str, typer.Argument(help=t("A model's name, or a version's id or the beginning of it."))]
_Json = Annotated[bool, typer.Option("--json", help=t("Print JSON."))]


def add_commands(app: typer.Typer) -> None:
    """Give `causerie models` its verbs of the registry."""
    app.command("lineage", help=t("Draw where a model comes from."))(lineage)
    app.command("card", help=t("Write a model's card, for people and for the hub."))(card)
    app.command("verify", help=t("Compare models with what was registered, every byte."))(verify)
    app.command("bom", help=t("Write a model's bill of materials (CycloneDX)."))(bom)
    app.command("register", help=t("Register a model that is here, as a version that is known by its bytes."))(
        register
    )
    app.command("quantise", help=t("Write a model in another form, smaller or larger, and register it."))(quantise)
    app.command("versions", help=t("List the model versions that are registered, the newest first."))(versions)


def lineage(
    name: _Name,
    as_json: _Json = False,
    svg: Annotated[bool, typer.Option("--svg", help=t("Print a picture, SVG."))] = False,
) -> None:
    """The family of a model."""
    from causerie.registry import lineage_drawing

    story = story_of(name)
    if as_json:
        print_json(lineage_drawing.as_json(story.family, story.evaluations))
    elif svg:
        typer.echo(lineage_drawing.as_svg(story.family, t))
    else:
        typer.echo(lineage_drawing.as_text(story.family, story.evaluations, t))


def card(
    name: _Name,
    summary: Annotated[
        bool, typer.Option("--summary", help=t("The EU's public summary of training content instead."))
    ] = False,
    as_json: _Json = False,
) -> None:
    """The card of a model."""
    from causerie.registry import card as cards
    from causerie.registry import training_summary

    story = story_of(name)
    text = (
        training_summary.summary_of(story.family, story.notes)
        if summary
        else cards.card_of(story.family, story.evaluations, story.notes, story.overrides)
    )
    missing = cards.gaps(story.family, story.evaluations, story.notes)
    if as_json:
        print_json({"markdown": text, "gaps": list(missing)})
        return
    typer.echo(text, nl=False)
    if missing and not summary:
        errors().print(t("{count} things are missing; the card says which", count=len(missing)))


def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=t("Models or versions (none = all that are here)."), metavar="[NAME]..."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Every byte."""
    from causerie.errors import CauserieError, ModelFileError, NotFound
    from causerie.registry import versions as registry

    async def work(database: "Database", settings: "Settings") -> "list[tuple[ModelVersion, CauserieError | None]]":
        found = []
        for version in await _chosen(database, names or []):
            error: CauserieError | None = None
            try:
                model = await asyncio.to_thread(registry.here, settings, version)
                await registry.verify(settings, version, model)
            except (ModelFileError, NotFound) as failed:
                error = failed
            found.append((version, error))
        return found

    found = asked(work)
    if as_json:
        print_json([_verdict(version, error) for version, error in found])
    else:
        for version, error in found:
            if error is None:
                name = version.model
                console().print(
                    t("{name} is what was registered ({id})", name=name, id=version.id[:12]), markup=False
                )
        if not found:
            errors().print(t("no model version is registered"))
    if failed := next((error for _, error in found if error is not None), None):
        raise failed


def bom(name: _Name) -> None:
    """The bill of materials, JSON."""
    from causerie.registry.bill_of_materials import bill_of

    story = story_of(name)
    print_json(bill_of(story.family, story.evaluations))


def register(
    name: Annotated[str, typer.Argument(help=t("The model's name."))],
    as_json: _Json = False,
) -> None:
    """A model that is here already."""
    from causerie.inference.catalogue import find
    from causerie.registry.adding import add_installed

    async def work(database: "Database", settings: "Settings") -> "ModelVersion":
        return await add_installed(database, settings, await asyncio.to_thread(find, settings, name))

    version = asked(work)
    if as_json:
        print_json(_facts(version))
    else:
        say_registered(version)


def versions(
    model: Annotated[str | None, typer.Option(help=t("Only those of this model."))] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help=t("At most so many."))] = 50,
    as_json: _Json = False,
) -> None:
    """The versions, one a line."""
    from causerie.cli.models import print_table
    from causerie.registry import versions as registry

    async def work(database: "Database", _: "Settings") -> "list[ModelVersion]":
        async with database.read() as session:
            return await registry.listed(session, model=model, limit=limit)

    found = asked(work)
    if as_json:
        print_json([_facts(version) for version in found])
        return
    words = {"candidate": t("candidate"), "released": t("released"), "retired": t("retired")}
    rows = [
        (each.id[:12], each.model, words[each.status], f"{each.created_at:%Y-%m-%d %H:%M}", each.lineage.objective)
        for each in found
    ]
    print_table((t("id"), t("model"), t("state"), t("registered (UTC)"), t("objective")), rows)
    if not found:
        errors().print(t("no model version is registered"))


def add_run(run: str, name: str | None) -> "tuple[Settings, Model, ModelVersion]":
    """The model of a run, installed and registered."""
    from causerie.registry import adding
    from causerie.training.adding import run_at

    async def work(database: "Database", settings: "Settings") -> "tuple[Settings, Model, ModelVersion]":
        model, version = await adding.add_run(database, settings, run_at(settings, run), name)
        return settings, model, version

    return asked(work)


def follow(settings: "Settings", name: str, new: str) -> None:
    """Tell the registry, and the names that lead to it, what a model is called now (empty = it is gone)."""
    if not _has_database(settings):
        return
    from causerie.registry import releases
    from causerie.registry import versions as registry

    async def work(database: "Database", _: "Settings") -> None:
        async with database.write() as session:
            await registry.rename(session, name, new)
            if new:
                await releases.follow(session, name, new)

    asked(work)


def released(settings: "Settings") -> list[dict[str, Any]]:
    """What answers to each released name. Where the database cannot be asked, that is said on standard error."""
    if not _has_database(settings):
        return []
    from causerie.registry import releases

    async def work(database: "Database", _: "Settings") -> list[dict[str, Any]]:
        async with database.read() as session:
            rows = await releases.all_aliases(session)
        fields = ("alias", "model", "version", "stage", "share")
        return [{name: getattr(row, name) for name in fields} for row in rows if row.model]

    try:
        return asked(work)
    except CauserieError as error:  # the models are here all the same
        print_error(error)
        return []


def names_of(settings: "Settings", model: str) -> list[str]:
    """Released names that lead to a model, or for which it is tried."""
    if not _has_database(settings):
        return []
    from causerie.registry import releases

    async def work(database: "Database", _: "Settings") -> list[str]:
        async with database.read() as session:
            return [row.alias for row in await releases.leading_to(session, model)]

    return asked(work)


def _has_database(settings: "Settings") -> bool:
    from causerie.database.engine import FILE_NAME

    return bool(settings.database_url.get_secret_value()) or (settings.home / FILE_NAME).exists()


def say_registered(version: "ModelVersion") -> None:
    """Which version a model is now."""
    console().print(
        t("registered as version {id}; where it comes from: causerie models lineage {name}", id=version.id[:12],
          name=version.model),
        markup=False,
    )  # fmt: skip


def story_of(name: str) -> "Story":
    """All that the registry tells of a version."""
    from causerie.registry import story

    async def work(database: "Database", settings: "Settings") -> "Story":
        async with database.read() as session:
            return await story.story_of(session, settings, name)

    return asked(work)


def asked(work: "Callable[[Database, Settings], Awaitable[Answer]]") -> Answer:
    """What `work` returns, with the database that the settings name, migrated."""
    from causerie.database.engine import open_database
    from causerie.database.migrate import migrate
    from causerie.settings import load_settings

    settings = load_settings()

    async def run() -> Answer:
        database = open_database(settings)
        try:
            await migrate(database, settings.home)
            return await work(database, settings)
        finally:
            await database.close()

    return asyncio.run(run())


async def _chosen(database: "Database", names: list[str]) -> "list[ModelVersion]":
    from causerie.registry import versions as registry

    async with database.read() as session:
        if names:
            return [await registry.find(session, name) for name in names]
        newest: dict[str, ModelVersion] = {}
        for version in await registry.listed(session, limit=200):
            if version.model:
                newest.setdefault(version.model, version)
        return list(newest.values())


def _facts(version: "ModelVersion") -> dict[str, Any]:
    return {
        "id": version.id, "model": version.model, "status": version.status, "sha256": version.sha256,
        "created_at": version.created_at.isoformat(), "objective": version.lineage.objective,
        "flops": version.lineage.flops, "licence": version.lineage.licence,
    }  # fmt: skip


def _verdict(version: "ModelVersion", error: "Exception | None") -> dict[str, Any]:
    return {
        "id": version.id, "model": version.model, "ok": error is None, "message": str(error) if error else "",
    }  # fmt: skip
