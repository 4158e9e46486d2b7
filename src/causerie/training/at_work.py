"""Who trains in a run's folder: one process at most, and everybody can see whether there is one.

Does: lock the folder for as long as a process trains in it, and write down which one it is and where it was started.
Does not: look after that process; a lock is the kernel's, so it ends with its process however that ends.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from causerie.errors import Conflict

FILE = "process.json"
WAIT_S = 60.0
"""Seconds that a new process waits for the one before it, which may be writing its last checkpoint."""
_LOOK_S = 0.1


@dataclass(frozen=True)
class Process:
    """The process that trains in a folder, or was the last to do so."""

    pid: int
    folder: str
    """Where it was started: what relative paths of its recipe are relative to."""


@contextmanager
def alone_in(run: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Be the one that trains in this folder. Where nothing came of it, a folder that was not there is gone again.

    Args:
        run: The folder; made if need be.
        wait_s: Seconds to wait for whoever is there.

    Raises:
        Conflict: Somebody else still is.
    """
    made = not run.exists()
    run.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(run / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, run, time.monotonic() + wait_s)
        text = json.dumps(asdict(Process(os.getpid(), str(Path.cwd())))).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)
        yield
    finally:
        if made and [*run.iterdir()] == [run / FILE]:
            (run / FILE).unlink()
            run.rmdir()
        os.close(descriptor)


def _lock(descriptor: int, run: Path, until: float) -> None:
    # Tried again and again: whoever looks (`at_work`) holds the lock for a moment, too.
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Conflict(
                    "another process trains in {folder} already", folder=str(run),
                    hint="wait for it, or stop it: `causerie runs` says how far it is",
                ) from None  # fmt: skip
            time.sleep(_LOOK_S)
        else:
            return


def at_work(run: Path) -> Process | None:
    """The process that trains in this folder now (None = there is none)."""
    try:
        descriptor = os.open(run / FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return last(run) or Process(0, "")  # between the lock and its first word
    finally:
        os.close(descriptor)
    return None


def last(run: Path) -> Process | None:
    """The process that trains here or was the last to do so (None = none did, or it is not known)."""
    try:
        said = json.loads((run / FILE).read_bytes())
        return Process(int(said["pid"]), str(said["folder"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
