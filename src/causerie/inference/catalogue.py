"""The models on this machine: a folder each, under `models/` of the data folder, and those that come with packages.

Does: list them, find one by name, add a file, rename, remove. A change to a folder is done or not done, never half:
work happens beside (`.staging-*`) and is renamed into place, under a lock.
Does not: fetch (`download.py`) or run (`pool.py`).
Try it: causerie models

A folder holds the model's file or shards and `model.json`, the facts of `contract.Model`. Whoever drops a folder with
a GGUF file in it there has installed a model: facts that are missing or damaged are read from the file again.
"""

import difflib
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from causerie.errors import Conflict, InvalidRequest, ModelFileError, ModelNotFound
from causerie.inference import gguf, packaged
from causerie.inference.contract import Model
from causerie.inference.model_files import file_sha256, link_or_copy, locked, model_from_json, write_model_json
from causerie.settings import Settings

ALIASES = {"starter": packaged.STARTER_NAME}
"""Names that stand for another."""
SPDX = {
    name.lower(): name
    for name in (
        "AGPL-3.0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0",
        "CC-BY-SA-4.0", "CC0-1.0", "GPL-3.0", "LGPL-3.0", "MIT", "MPL-2.0", "Unlicense",
    )
}  # fmt: skip
"""Licences as files and the hub write them -> as SPDX does (https://spdx.org/licenses/)."""
MAX_NAME_LENGTH = 96
_STAGING = ".staging-"
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the file itself does not say about a model that is added."""

    source: str = ""
    """As `Model.source`."""
    sha256: str = ""
    """Already computed while fetching (empty = compute it now)."""
    licence: str = ""
    """As its source says (empty = what the file says)."""
    languages: tuple[str, ...] = ()
    description: Mapping[str, str] = field(default_factory=dict)


def installed(settings: Settings) -> list[Model]:
    """Every usable model here, sorted by name; a damaged one is left out with a warning in the log."""
    models = {model.name: model for model in packaged.packaged_models()}
    for folder in _folders(settings):
        try:
            model = _read_folder(folder)
        except ModelFileError as error:
            _logger.warning("a model is damaged and left out", model=folder.name, error=error.message)
        else:
            models[model.name] = model
    return sorted(models.values(), key=lambda model: model.name)


def find(settings: Settings, name: str) -> Model:
    """The model of this name or alias.

    Raises:
        ModelNotFound: There is none; the hint has names that are near.
    """
    models = {model.name: model for model in installed(settings)}
    wanted = unicodedata.normalize("NFC", name)
    model = models.get(ALIASES.get(wanted, wanted))
    if model is None:
        raise not_found(wanted, list(models))
    return model


def not_found(name: str, names: list[str]) -> ModelNotFound:
    """The error for a name that is none of `names`, with those that are near it."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return ModelNotFound(
        "no model is named {name!r}", name=name[:96], near=", ".join(near),
        hint="did you mean {near}? `causerie models` lists them all"
        if near
        else "`causerie models` lists those that are here",
    )  # fmt: skip


def add_file(
    settings: Settings,
    path: Path,
    name: str | None = None,
    *,
    origin: Origin | None = None,
    move: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Model:
    """Install the GGUF file at `path`, with its other shards.

    Args:
        settings: Where the models live.
        path: The file, or any of its shards.
        name: What to call it (None = made from the file's name).
        origin: What is known of it beyond what the file says.
        move: Take the files away from where they are, rather than share their blocks or copy them.
        progress: Called with the bytes read for the checksum so far, and how many there are.

    Raises:
        ModelFileError: The file is damaged, or not a language model.
        Conflict: A model of this name is there.
        InvalidRequest: The name cannot be one.
    """
    origin = origin or Origin()
    header = gguf.read(path)
    if header.kind != "model":
        raise ModelFileError(
            "{file} is no whole language model, but a part of one: {kind}", file=path.name, kind=header.kind,
            hint="take the repository's main GGUF file",
        )  # fmt: skip
    files = gguf.shards(path)
    name = safe_name(name) if name is not None else name_from(gguf.stem(path))
    model = Model(
        name=name,
        path=settings.models_folder / name / files[0].name,
        size_bytes=header.size_bytes,
        parameters=header.parameters,
        architecture=header.architecture,
        quantization=header.quantization,
        context_tokens=header.context_tokens,
        cache_bytes_per_token=header.cache_bytes_per_token,
        licence=_licence(origin.licence or header.licence),
        source=origin.source or str(path.resolve()),
        sha256=origin.sha256 or file_sha256(files, progress),
        installed_at=int(time.time()),
        embedding=header.embedding,
        languages=origin.languages or header.languages,
        description=origin.description,
    )
    with _staging(settings, name) as staging:
        for file in files:
            target = staging / file.name
            shutil.move(file, target) if move else link_or_copy(file, target)
        write_model_json(staging, model)
    return model


def rename(settings: Settings, name: str, new_name: str) -> Model:
    """Give a model another name.

    Raises:
        ModelNotFound: There is none of that name.
        Conflict: It comes with a package, or the new name is taken.
        InvalidRequest: The new name cannot be one.
    """
    new_name = safe_name(new_name)
    with locked(settings.models_folder):
        model = _removable(settings, name)
        _free(settings, new_name, but=model.name)
        folder, target = _folder_of(settings, model), settings.models_folder / new_name
        moved = replace(model, name=new_name, path=target / model.path.name)
        folder.rename(target)
        write_model_json(target, moved)
    return moved


def remove(settings: Settings, name: str) -> Model:
    """Take a model off the disk; it is gone from the list at once.

    Raises:
        ModelNotFound: There is none of that name.
        Conflict: It comes with a package, which pip removes.
    """
    with locked(settings.models_folder):
        model = _removable(settings, name)
        bin_folder = settings.models_folder / f"{_STAGING}removed-{time.time_ns()}"
        _folder_of(settings, model).rename(bin_folder)
        shutil.rmtree(bin_folder)
    return model


def safe_name(name: str) -> str:
    """The name in its normal form (NFC), when it can name a model and a folder.

    Raises:
        InvalidRequest: It is empty, too long, or has a character that could lead elsewhere.
    """
    normal = unicodedata.normalize("NFC", name)
    allowed = all(character.isalnum() or character in "._-" for character in normal)
    if not normal or not allowed or not normal[0].isalnum() or len(normal.encode()) > MAX_NAME_LENGTH:
        raise InvalidRequest(
            "{name!r} cannot be a model's name", name=name[:128], param="name",
            hint="use up to 96 letters, digits, dots, dashes and underlines, the first a letter or a digit",
        )  # fmt: skip
    if normal in ALIASES:
        raise Conflict("{name!r} is already another name of {other!r}", name=normal, other=ALIASES[normal])
    return normal


def name_from(text: str) -> str:
    """A safe name made from a file's, a run's or a repository's: lower case, other characters as dashes.

    What already is another name of a model that ships gets `my-` before it: a first run is called `starter` too.
    """
    characters = unicodedata.normalize("NFC", text).lower()
    words = "".join(c if c.isalnum() or c in "._" else "-" for c in characters)
    kept = "-".join(word for word in words.split("-") if word).lstrip("._-")
    name = kept.encode()[:MAX_NAME_LENGTH].decode("utf-8", "ignore").rstrip("._-") or "model"
    return safe_name(f"my-{name}" if name in ALIASES else name)


def _licence(stated: str) -> str:
    """SPDX's spelling of a licence, where it has one."""
    return SPDX.get(stated.lower(), stated)


def _folders(settings: Settings) -> list[Path]:
    try:
        found = [path for path in settings.models_folder.iterdir() if not path.name.startswith(".") and path.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found)


def _read_folder(folder: Path) -> Model:
    """The model in a folder, by its `model.json`, or else by the file."""
    model = model_from_json(folder)
    if model is None:
        files = sorted(folder.glob("*.gguf"))
        if not files:
            raise ModelFileError("{folder} has no GGUF file in it", folder=str(folder))
        model = _from_file(folder.name, files[0])
    return model


def _from_file(name: str, path: Path) -> Model:
    header = gguf.read(path)
    return Model(
        name=unicodedata.normalize("NFC", name),
        path=gguf.shards(path)[0],
        size_bytes=header.size_bytes,
        parameters=header.parameters,
        architecture=header.architecture,
        quantization=header.quantization,
        context_tokens=header.context_tokens,
        cache_bytes_per_token=header.cache_bytes_per_token,
        licence=_licence(header.licence),
        source=str(path),
        installed_at=int(path.stat().st_mtime),
        embedding=header.embedding,
        languages=header.languages,
    )


def _folder_of(settings: Settings, model: Model) -> Path:
    return settings.models_folder / model.path.parent.name


def _removable(settings: Settings, name: str) -> Model:
    model = find(settings, name)
    if model.path.parent.parent != settings.models_folder:
        raise Conflict(
            "{name!r} comes with a Python package", name=model.name,
            hint="remove it with pip, where you installed causerie",
        )  # fmt: skip
    return model


def _free(settings: Settings, name: str, *, but: str = "") -> None:
    """Refuse a name that is taken, also by a name that differs in case only: some disks do not tell them apart."""
    names = {folder.name.casefold() for folder in _folders(settings)} - {but.casefold()}
    if name.casefold() in names:
        raise taken(name)


def taken(name: str) -> Conflict:
    """The error for a name that another model has."""
    return Conflict(
        "a model named {name!r} is there already", name=name,
        hint="choose another with --name, or remove that one: `causerie models remove {name}`",
    )  # fmt: skip


@contextmanager
def _staging(settings: Settings, name: str) -> Iterator[Path]:
    """A folder beside the models that becomes the model `name` when the work in it succeeds."""
    with locked(settings.models_folder):
        _free(settings, name)
        # The lock is ours: whatever is still staged was left by a process that died.
        for left in settings.models_folder.glob(f"{_STAGING}*"):
            shutil.rmtree(left, ignore_errors=True)
        staging = settings.models_folder / f"{_STAGING}{time.time_ns()}"
        staging.mkdir(mode=0o700)
        try:
            yield staging
            staging.rename(settings.models_folder / name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
