"""The job `backup`: writes a backup into the data folder, reads it again to be sure, and removes the oldest.

Does: what `causerie backup` does, by the schedule or from the page.
Does not: know the archive's form; see `database/backup.py`.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from causerie.database.archive import open_archive
from causerie.database.backup import BACKUPS, back_up, new_path
from causerie.errors import ArchiveError, InvalidRequest
from causerie.jobs.contract import Parameters, Result, Running

if TYPE_CHECKING:
    from causerie.database.manifest import Manifest

SCHEDULED = "scheduled"
"""How the names of backups begin that the schedule asked for: only these are ever removed."""


def check(parameters: Parameters) -> Parameters:
    """None but `scheduled`, which says that old ones may go."""
    unknown = sorted(set(parameters) - {"scheduled"})
    if unknown or not isinstance(parameters.get("scheduled", False), bool):
        raise InvalidRequest("a backup has no parameters but `scheduled`, true or false", param="parameters")
    return {"scheduled": parameters.get("scheduled", False)}


async def run(job: Running, parameters: Parameters) -> Result:
    """Write, read again, tidy up."""
    scheduled = parameters["scheduled"]
    home = job.settings.home

    async def name() -> Result:
        return {"file": str(new_path(home, SCHEDULED if scheduled else "asked"))}

    path = Path((await job.step("name", name))["file"])

    async def write() -> Result:
        def progress(what: str, share: float) -> None:
            job.heed()
            job.progress(share * 0.7, what)

        # It exists when a worker was killed between the file and the note that the step had finished.
        manifest = _written(path) or await back_up(job.database, home, path, progress)
        job.say(f"{manifest.rows} rows and {len(manifest.files)} files are in {path.name}")
        return {"rows": manifest.rows, "files": len(manifest.files)}

    async def verify() -> Result:
        job.progress(0.7, "the backup is read again")
        return {"bytes": await asyncio.to_thread(_verify, path)}

    async def tidy() -> Result:
        gone = _remove_oldest(home / BACKUPS, job.settings.backups_kept)
        if gone:
            job.say(f"removed the oldest: {', '.join(gone)}")
        return {"removed": gone}

    written = await job.step("write", write)
    verified = await job.step("verify", verify)
    if scheduled:
        await job.step("tidy", tidy)
    return {"file": str(path), **written, **verified}


def _written(path: Path) -> "Manifest | None":
    if not path.exists():
        return None
    with open_archive(path) as archive:
        return archive.manifest


def _verify(path: Path) -> int:
    try:
        with open_archive(path) as archive:
            archive.check()
    except ArchiveError:
        path.unlink(missing_ok=True)  # a backup that cannot be read must not be taken for one
        raise
    return path.stat().st_size


def _remove_oldest(folder: Path, kept: int) -> list[str]:
    found = sorted(folder.glob(f"{SCHEDULED}-*.zip"))  # their names begin with the moment
    old = found[:-kept] if kept else []
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]
