"""A file on its way: its bytes, and which of them are there.

Does: keep `NAME.partial` and the list of its finished ranges so that a fetch goes on after any death of the process,
write pieces at their place, and check the whole against its SHA-256.
Does not: fetch; see `download.py`.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Protocol

from causerie.errors import ChecksumMismatch, Conflict, DiskFull
from causerie.inference.model_files import require_room, sync_folder, write_atomically

_BLOCK_BYTES = 2**20
_HASH_BYTES = 2**26


class Digest(Protocol):
    """A hash in the making, as those of `hashlib`."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""
        ...


class Partial:
    """A file of known size that fills up in any order. Use `opened`.

    A range is listed as finished after its bytes were written. After a power cut the disk may lack some of them all
    the same: the checksum finds that. Without a checksum nothing is resumed.

    Args:
        target: What the file is called when it is whole.
        size_bytes: Of the whole.
        version: Of the remote bytes; those of another version are thrown away.
        sha256: Of the whole, in hexadecimal (empty = unknown).
    """

    def __init__(self, target: Path, size_bytes: int, version: str, sha256: str) -> None:
        self.size_bytes = size_bytes
        self._target = target
        self._path = target.with_name(target.name + ".partial")
        self._list = target.with_name(target.name + ".partial.json")
        self._version = f"{size_bytes}:{version}"
        self._sha256 = sha256
        self.finished: list[tuple[int, int]] = self._resumed()
        """Ranges that are there, sorted, each from its first byte to the one after its last."""
        require_room(target.parent, size_bytes - self.done_bytes)
        self._noting = Lock()  # protects `finished` and its list on disk
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, size_bytes)

    def _resumed(self) -> list[tuple[int, int]]:
        try:
            noted = json.loads(self._list.read_text(encoding="utf-8"))
            ranges = [(int(start), int(end)) for start, end in noted["finished"]]
            sound = noted["version"] == self._version and self._path.stat().st_size == self.size_bytes
        except (OSError, ValueError, TypeError, KeyError):
            return []
        ordered = all(0 <= start < end <= self.size_bytes for start, end in ranges)
        return _merged(ranges) if sound and ordered and self._sha256 else []

    @property
    def done_bytes(self) -> int:
        """Bytes in finished ranges."""
        return sum(end - start for start, end in self.finished)

    def missing(self, piece_bytes: int) -> list[tuple[int, int]]:
        """What is still to be fetched, in pieces of at most this size."""
        gaps, at = [], 0
        for start, end in [*self.finished, (self.size_bytes, self.size_bytes)]:
            gaps += [(first, min(first + piece_bytes, start)) for first in range(at, start, piece_bytes)]
            at = end
        return gaps

    def write(self, offset: int, content: bytes | bytearray) -> None:
        """Put bytes at their place; `finish` makes them count.

        Raises:
            DiskFull: Something else took the room that was there at the start.
        """
        view = memoryview(content)
        try:
            while view:
                written = os.pwrite(self._file, view, offset)
                view, offset = view[written:], offset + written
        except OSError as error:
            raise DiskFull("{file} cannot be written: {reason}", file=str(self._path), reason=str(error)) from error

    def finish(self, start: int, end: int) -> None:
        """Note that a range is there; may be called from several threads."""
        with self._noting:
            self._note(start, end)

    def _note(self, start: int, end: int) -> None:
        self.finished = _merged([*self.finished, (start, end)])
        noted = {"version": self._version, "finished": self.finished}
        write_atomically(self._list, json.dumps(noted).encode())

    def restart(self) -> None:
        """Throw everything away."""
        self.finished = []
        self._list.unlink(missing_ok=True)

    def hash_from(self, digest: Digest, offset: int) -> int:
        """Feed a digest with what is there from `offset` without a gap, 64 MiB at most; returns where it stopped."""
        end = next((end for start, end in self.finished if start <= offset < end), offset)
        end = min(end, offset + _HASH_BYTES)
        while offset < end:
            block = os.pread(self._file, min(_BLOCK_BYTES, end - offset), offset)
            digest.update(block)
            offset += len(block)
        return offset

    def complete(self, sha256: str) -> None:
        """Give the file its name, now that its digest is known to be `sha256`.

        Raises:
            ChecksumMismatch: The bytes are not those that were announced; they are thrown away.
        """
        if self._sha256 and sha256 != self._sha256:
            self.discard()
            raise ChecksumMismatch(
                "{file} arrived damaged: its SHA-256 is {found} and should be {expected}", file=self._target.name,
                found=sha256, expected=self._sha256,
                hint="try again; if it happens again, a proxy changes what passes through it",
            )  # fmt: skip
        os.fsync(self._file)
        self._path.replace(self._target)
        self._list.unlink(missing_ok=True)
        sync_folder(self._target.parent)

    def discard(self) -> None:
        """Take what there is off the disk."""
        self._path.unlink(missing_ok=True)
        self._list.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


@contextmanager
def opened(target: Path, size_bytes: int, version: str, sha256: str) -> Iterator[Partial]:
    """A partial file that no other process works on.

    Raises:
        Conflict: Another one does.
        DiskFull: What is missing does not fit the disk.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(target.with_name(target.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "{file} is being fetched already", file=target.name, hint="wait for it, or stop the other one"
            ) from None
        partial = Partial(target, size_bytes, version, sha256)
        try:
            yield partial
        finally:
            partial.close()
    finally:
        os.close(lock)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
