"""The bytes of attachments, on disk under their own hash.

Does: write whole files or nothing, readable by their owner alone; remove those that no row names.
Does not: look into them (`documents.py`) or keep rows (`attachments.py`).
"""

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

SETTLED_S = 3600.0
_NAME = re.compile(r"[0-9a-f]{64}")


def path_of(folder: Path, sha256: str) -> Path:
    """Where the bytes of this hash are."""
    return folder / sha256[:2] / sha256


def unfinished(folder: Path) -> Path:
    """A new file to write into, 0600; `finish` gives it its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f".{secrets.token_hex(8)}.part"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def finish(folder: Path, part: Path, sha256: str) -> None:
    """Put a complete file in its place; the bytes of the same hash may be there already."""
    place = path_of(folder, sha256)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    part.replace(place)


def settled(folder: Path) -> Iterator[str]:
    """The hashes of the files written `SETTLED_S` ago or earlier: their rows are there, if they have any."""
    before = time.time() - SETTLED_S
    for path in folder.glob("??/*"):
        if _NAME.fullmatch(path.name) and path.stat().st_mtime < before:
            yield path.name


def remove(folder: Path, sha256: str) -> None:
    """Remove the bytes of this hash, if they are here."""
    path_of(folder, sha256).unlink(missing_ok=True)
