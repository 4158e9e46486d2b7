"""The disk side of the catalogue: `model.json`, checksums, copies that share blocks, and one writer at a time.

Does: each of these safely against a crash in the middle.
Does not: know names or folders of models; see `catalogue.py`.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from causerie.errors import DiskFull
from causerie.inference.contract import Model

FORMAT_VERSION = 1
"""Of `model.json`; readers take any, and ignore keys that they do not know."""
RESERVE_BYTES = 2**28
"""Left free on the disk whatever is written, so that logs and databases go on (256 MiB)."""
_FICLONE = 0x40049409
"""Linux: share the blocks of another file (ioctl_ficlone(2))."""
_BLOCK_BYTES = 2**20
_logger = structlog.get_logger(__name__)
_MODEL = TypeAdapter(Model)


def write_model_json(folder: Path, model: Model) -> None:
    """Write the model's facts into its folder, whole or not at all."""
    facts = asdict(model) | {"description": dict(model.description), "file": model.path.name}
    del facts["path"], facts["name"]
    text = json.dumps({"version": FORMAT_VERSION} | facts, ensure_ascii=False, indent=2, default=str)
    write_atomically(folder / "model.json", (text + "\n").encode())


def model_from_json(folder: Path) -> Model | None:
    """The model that a folder's `model.json` describes (None = missing, damaged, or about another file)."""
    try:
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        path = folder / Path(str(facts["file"])).name
        known = {field.name for field in fields(Model)}
        given = {key: value for key, value in facts.items() if key in known}
        model = _MODEL.validate_python(given | {"name": folder.name, "path": path})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, ValidationError) as error:
        _logger.warning(
            "model.json is damaged; its facts are read from the file", model=folder.name, error=repr(error)
        )
        return None
    return model if path.is_file() else None


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old one or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)  # of a crash; or of somebody else, who could read what goes into it
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(files: Sequence[Path], progress: Callable[[int, int], None] | None = None) -> str:
    """SHA-256 of a model's file, or of its shards as `combined_sha256` says, in hexadecimal."""
    total = sum(file.stat().st_size for file in files)
    digests, done = [], 0
    for path in files:
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                done += len(block)
                if progress:
                    progress(done, total)
        digests.append(digest.hexdigest())
    return combined_sha256(digests)


def combined_sha256(digests: Sequence[str]) -> str:
    """One digest for a model: its file's own, or for several shards the SHA-256 of their digests, one a line."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` hold what `source` holds, sharing its blocks where the file system can.

    A hard link is second choice: who later writes into the source writes into the model too.
    A copy needs room on the disk, and says so before it starts.
    """
    source = source.resolve()
    with source.open("rb") as original, target.open("xb") as copy, suppress(OSError):
        fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
        return
    target.unlink()
    with suppress(OSError):
        target.hardlink_to(source)
        return
    require_room(target.parent, source.stat().st_size)
    shutil.copyfile(source, target)


def require_room(folder: Path, needed_bytes: int) -> None:
    """Refuse to start what would fill the disk.

    Raises:
        DiskFull: With the sizes, in GiB.
    """
    free = shutil.disk_usage(folder).free - RESERVE_BYTES
    if needed_bytes > free:
        raise DiskFull(
            "{needed_gib:.2f} GiB are needed in {folder}, and {free_gib:.2f} GiB are free",
            needed_gib=needed_bytes / 2**30, free_gib=max(free, 0) / 2**30, folder=str(folder),
            hint="free some room, or keep the models elsewhere with CAUSERIE_HOME",
        )  # fmt: skip


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time changes this folder; others wait. A process that dies lets go."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
