"""`causerie restore`: a backup into an empty data folder, or an empty PostgreSQL database.

Does: show how far it is, say what came back.
Does not: check or fill; see `database/restore.py`.
Try it: CAUSERIE_HOME=/another/folder causerie restore backup.zip
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.backup import facts, shown_progress
from causerie.cli.language import t
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from causerie.database.manifest import Manifest


def restore(
    file: Annotated[Path, typer.Argument(help=t("The backup."))],
    as_json: Annotated[bool, typer.Option("--json", help=t("Print JSON."))] = False,
) -> None:
    """Everything back, where nothing is yet."""
    from causerie.database.engine import open_database
    from causerie.database.restore import restore as fill
    from causerie.jobs.marks import interrupted
    from causerie.settings import load_settings

    settings = load_settings()

    def waits() -> None:
        errors().print(t("another process is at work on this database: waiting"))

    async def work() -> "Manifest":
        database = open_database(settings)
        try:
            with shown_progress(t("restore")) as progress:
                manifest = await fill(database, settings.home, file, waits, progress)
            await interrupted(database, "it was at work when the backup was made")
        finally:
            await database.close()
        return manifest

    manifest = asyncio.run(work())
    if as_json:
        print_json(facts(file.absolute(), manifest))
        return
    day = f"{manifest.moment:%Y-%m-%d %H:%M} UTC"
    sentence = t("restored what was there on {day}: {rows} rows, {files} files", day=day, rows=manifest.rows,
                 files=len(manifest.files))  # fmt: skip
    console().print(sentence, markup=False)
    console().print(t("models and causerie.toml are not in a backup: copy them, or get the models again"))
