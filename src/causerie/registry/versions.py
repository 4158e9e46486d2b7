"""Model versions: registered once, never changed, found by their content, verified byte for byte.

Does: register a model of the catalogue with its lineage, signed; find versions; say whether a file is still what was
registered, for `causerie models verify` and before each load.
Does not: know where a lineage comes from (`lineage.py`), nor decide who may use a version (`gate.py`).

Beside a model's file in the data folder lie `version.json`, the manifest, whose hash is the version's id, and
`model.sig`: OpenSSF's own tool verifies the three of them without causerie.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path

from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import ModelChanged, ModelFileError, NotFound, SignatureInvalid
from causerie.inference import catalogue, gguf
from causerie.inference.contract import Model
from causerie.inference.model_files import combined_sha256, file_sha256, write_atomically
from causerie.registry import releases, signing, store
from causerie.registry.contract import FORMAT, File, Lineage, ModelVersion
from causerie.registry.store import by_file, find, get, listed, rename, set_status
from causerie.settings import Settings

MANIFEST, SIGNATURE = "version.json", "model.sig"
"""In the model's folder, of a model that does not come with a package."""
MAX_MANIFEST_BYTES = 2**22
FRESH_NS = 10**8
"""A file that was written so short a time ago is hashed again: systems tell times apart by some milliseconds only."""

_Stamp = tuple[int, int, int, int, int]

__all__ = [
    "LoadCheck", "add", "by_file", "find", "get", "here", "listed", "load_check", "rename", "set_status", "verify",
]  # fmt: skip


async def add(
    database: Database, settings: Settings, model: Model, *, lineage: Lineage, more: Sequence[File] = ()
) -> ModelVersion:
    """Register a model of the catalogue; the same bytes with the same lineage are the same version again.

    Args:
        database: Of the registry.
        settings: Where the key is.
        model: It is read whole, for its hash.
        lineage: Where it comes from.
        more: Further files of the same model that others may go on from: the weights as a run exported them.

    Raises:
        ModelFileError: A file of it is missing, or its lineage is too long.
        ConfigError: The key cannot be read, or others can read it.
    """
    version = await asyncio.to_thread(_signed, settings, model, lineage, more)
    async with database.write() as session:
        kept = await store.keep(session, version)
    if model.path.parent.parent == settings.models_folder:
        await asyncio.to_thread(_write_beside, model.path.parent, kept)
    return kept


async def verify(settings: Settings, version: ModelVersion, model: Model) -> None:
    """Compare a model with what was registered, every byte.

    Args:
        settings: Where trusted keys are.
        version: What was registered.
        model: Where its files are now.

    Raises:
        ModelChanged: A file is missing or differs; the values say which, what was expected and what was found.
        SignatureInvalid: The manifest or the signature was changed, or the key is not trusted here.
    """
    await asyncio.to_thread(_verify, settings, version, model, _sha256)


def here(settings: Settings, version: ModelVersion) -> Model:
    """The model of a version.

    Raises:
        NotFound: It is no longer here, or nowhere where it was.
    """
    if not version.model:
        raise NotFound(
            "the model of the version {id} is no longer here", id=version.id[:12],
            hint="`causerie models versions` lists those that are",
        )  # fmt: skip
    return catalogue.find(settings, version.model)


def load_check(database: Database, settings: Settings) -> Callable[[Model], Awaitable[None]]:
    """What is asked before a model is loaded: it raises as `verify` when a registered model is not what it was.

    Models that the registry does not know pass.
    """
    return LoadCheck(database, settings)


class LoadCheck:
    """Looks at a model before it is loaded. A file is read again only when something of it has changed.

    Which change counts, the system says: besides size and time of writing, the time of the last change of the inode,
    which programs cannot set.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._known: dict[str, tuple[_Stamp, str]] = {}

    async def __call__(self, model: Model) -> None:
        """Look at this model.

        Raises:
            ModelChanged: It gives itself out to be a version that it is not, or has the name of one that is released.
            SignatureInvalid: The version's manifest or signature was changed.
        """
        async with self._database.read() as session:
            claimed = await store.claiming(session, model.name, model.sha256)
            promised = await releases.promised(session, model.name)
        if not claimed and not promised:
            return
        found = await asyncio.to_thread(self._sha256_of_model, model)
        if claimed:
            version = next((each for each in claimed if each.sha256 == found), claimed[0])
            await asyncio.to_thread(_verify, self._settings, version, model, self._sha256)
        for alias, judged in promised:
            if judged.sha256 != found:
                raise _another(model, alias, judged, found)

    def _sha256_of_model(self, model: Model) -> str:
        try:
            return combined_sha256([self._sha256(path) for path in files_of(model)])
        except OSError:
            return ""  # which one is missing, `_verify` says

    def _sha256(self, path: Path) -> str:
        facts, now_ns = path.stat(), time.time_ns()
        stamp = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        known = self._known.get(str(path))
        if known is not None and known[0] == stamp:
            return known[1]
        found = _sha256(path)
        if now_ns - max(facts.st_mtime_ns, facts.st_ctime_ns) > FRESH_NS:
            self._known[str(path)] = (stamp, found)
        return found


def files_of(model: Model) -> list[Path]:
    """The files that an engine loads: one, or all shards in order."""
    return list(gguf.shards(model.path)) if model.kind == "gguf" else [model.path]


def sha256_of(model: Model) -> str:
    """Of its file, or of its shards together, as they are now.

    Raises:
        ModelFileError: One cannot be read.
    """
    try:
        return file_sha256(files_of(model))
    except OSError as error:
        raise ModelFileError(
            "the model {name!r} cannot be read: {reason}", name=model.name, reason=str(error)
        ) from error


def manifest_of(files: Sequence[File], lineage: Lineage) -> str:
    """What a version is, in one text that is the same on every machine."""
    said = {"format": FORMAT, "files": [asdict(file) for file in files], "lineage": lineage.to_json()}
    return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _signed(settings: Settings, model: Model, lineage: Lineage, more: Sequence[File]) -> ModelVersion:
    try:
        files = tuple(
            File(name=path.name, sha256=_sha256(path), size_bytes=path.stat().st_size) for path in files_of(model)
        ) + tuple(more)
        manifest = manifest_of(files, lineage)
    except OSError as error:
        raise ModelFileError(
            "the model {name!r} cannot be read: {reason}", name=model.name, reason=str(error)
        ) from error
    except ValueError as error:
        raise ModelFileError("the lineage of {name!r} holds a figure that is none", name=model.name) from error
    if len(manifest) > MAX_MANIFEST_BYTES:
        raise ModelFileError(
            "the lineage of {name!r} is too long: {size} bytes, and {most} at most", name=model.name,
            size=len(manifest), most=MAX_MANIFEST_BYTES, hint="register the models it was trained from first",
        )  # fmt: skip
    version_id = hashlib.sha256(manifest.encode()).hexdigest()
    return ModelVersion(
        id=version_id, model=model.name, created_at=now(), status="candidate", files=files, lineage=lineage,
        manifest=manifest, signature=signing.sign_files(settings, model.name, _vouched(version_id, files)),
    )  # fmt: skip


def _vouched(version_id: str, files: Sequence[File]) -> dict[str, str]:
    """The digests that are signed: of the files in the model's folder, its manifest among them."""
    return {MANIFEST: version_id} | {file.name: file.sha256 for file in files if file.role == "model"}


def _write_beside(folder: Path, version: ModelVersion) -> None:
    with suppress(FileNotFoundError):  # removed or renamed just now: the database has both
        write_atomically(folder / MANIFEST, version.manifest.encode())
        write_atomically(folder / SIGNATURE, version.signature.encode())


def _verify(settings: Settings, version: ModelVersion, model: Model, sha256: Callable[[Path], str]) -> None:
    if hashlib.sha256(version.manifest.encode()).hexdigest() != version.id:
        raise SignatureInvalid(
            "the manifest of {name!r} was changed: it no longer hashes to the version {id}", name=model.name,
            id=version.id[:12], hint="restore the database from a backup, or register the model again",
        )  # fmt: skip
    if signing.signed_files(settings, version.signature) != _vouched(version.id, version.files):
        raise SignatureInvalid(
            "the signature of {name!r} is for something else", name=model.name,
            hint="restore the database from a backup, or register the model again",
        )  # fmt: skip
    registered = [file for file in version.files if file.role == "model"]
    # By place and not by name: a copy may be called otherwise, and is the same version.
    for file, path in zip_longest(registered, files_of(model)):
        if file is not None:
            _verify_file(model, file, path or model.path.with_name(Path(file.name).name), sha256)


def _verify_file(model: Model, file: File, path: Path, sha256: Callable[[Path], str]) -> None:
    try:
        found = sha256(path)
    except OSError as error:
        raise ModelChanged(
            "the model {name!r} is not whole: {file} is missing",
            name=model.name, file=path.name, param="model", expected=file.sha256, found="",
            hint="get the registered file back; or `causerie models remove {name}`, and add the model anew",
        ) from error  # fmt: skip
    if found != file.sha256:
        raise ModelChanged(
            "the model {name!r} is refused: {file} is not the file that was registered (SHA-256 {expected} expected,"
            " {found} found)",
            name=model.name, file=path.name, param="model", expected=file.sha256, found=found,
            hint="get the registered file back; or `causerie models remove {name}`, and add the model anew",
        )  # fmt: skip


def _another(model: Model, alias: str, judged: ModelVersion, found: str) -> ModelChanged:
    """The error for a model that has the name of one that was released, and is another."""
    return ModelChanged(
        "the model {name!r} is refused: {alias} leads to this name, and the version {id} was judged for it, not what"
        " is here now (SHA-256 {expected} expected, {found} found)",
        name=model.name, alias=alias, id=judged.id[:12], file=model.path.name, param="model",
        expected=judged.sha256, found=found,
        hint="give it another name: `causerie models rename {name} NEW`; then evaluate it, and release it",
    )  # fmt: skip


def _sha256(path: Path) -> str:
    return file_sha256([path])
