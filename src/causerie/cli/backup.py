"""`causerie backup`: everything in one file, while the server runs or not.

Does: name the file, show how far it is, say what is in it.
Does not: write it; see `database/backup.py`.
Try it: causerie backup        causerie backup /mnt/disk/causerie.zip
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causerie.cli.language import t
from causerie.cli.terminal import console, errors, print_json

if TYPE_CHECKING:
    from causerie.database.manifest import Manifest


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help=t("The file to write (none = a new one in the data folder's `backups`).")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print JSON."))] = False,
) -> None:
    """A backup, now."""
    from causerie.database.backup import back_up, new_path
    from causerie.database.engine import open_database
    from causerie.settings import load_settings

    settings = load_settings()
    path = (file or new_path(settings.home)).absolute()

    async def work() -> "Manifest":
        database = open_database(settings)
        try:
            with shown_progress(t("backup")) as progress:
                return await back_up(database, settings.home, path, progress)
        finally:
            await database.close()

    manifest = asyncio.run(work())
    if as_json:
        print_json(facts(path, manifest))
    else:
        sentence = t("{path}: {rows} rows, {files} files", path=path, rows=manifest.rows, files=len(manifest.files))
        console().print(sentence, markup=False)


def facts(path: Path, manifest: "Manifest") -> dict[str, Any]:
    """What is in a backup, for `--json`."""
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "rows": manifest.rows,
        "files": len(manifest.files),
        "made_at": manifest.made_at,
        "revision": manifest.revision,
        "causerie": manifest.causerie,
    }


@contextmanager
def shown_progress(title: str) -> Iterator[Callable[[str, float], None] | None]:
    """A bar on standard error where that is a terminal; nothing in a pipe."""
    if not errors().is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=errors(), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda _what, share: bar.update(task, completed=share)
