"""Checkpoints: all that a run needs to go on as if it had never stopped.

    checkpoints/
      step-00000500/          whole, or not there: it gets this name only when every byte is on the disk
        checkpoint.json       size and SHA-256 of each file below
        state.json            step, position in the data, counts: plain numbers
        __0_0.distcp, .metadata    weights and optimiser, by torch.distributed.checkpoint
      .step-00001000.part/    being written; a leftover of a killed run is removed

Does: copy the tensors, write them while training goes on, seal, keep the last few, find the last good one.
Does not: choose what is state; `trainer.py` does. There is no random state: each step draws its own seed from the
recipe's, so that nothing random lives from one step to the next.
Any number of processes can read what any other number wrote.
"""

import json
import os
import shutil
import warnings
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save

from causerie.data.shards import file_sha256
from causerie.errors import CheckpointError
from causerie.training.parallel import Processes

MANIFEST, STATE = "checkpoint.json", "state.json"
_ROOM = 1.05
"""Free disk wanted before writing, as a multiple of what the tensors take."""


@dataclass(frozen=True)
class Damaged:
    """A checkpoint that cannot be used, and why."""

    path: Path
    reason: str


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they are; made if need be.
        keep: How many of the last ones stay.
        processes: Who writes together.
    """

    def __init__(self, folder: Path, keep: int, processes: Processes) -> None:
        self.folder, self._keep, self._processes = folder, keep, processes
        self._pending: Future[None] | None = None
        self._sealer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        if processes.first:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob(".step-*"):
                shutil.rmtree(leftover)
        processes.wait()

    def write(self, step: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Begin to write a checkpoint, once the one before is whole; what is given may change afterwards.

        Raises:
            CheckpointError: This one cannot be begun, or the one before could not be written.
        """
        self.wait()
        part = self.folder / f".{_name(step)}.part"
        if self._processes.first:
            self._begin(part, tensors, state)
        self._processes.wait()
        # A process alone is a group of one: torch warns of it, and it is meant. (Threads share the filters.)
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        writer = FileSystemWriter(part, sync_files=True)
        written = async_save(dict(tensors), storage_writer=writer, process_group=self._processes.background)
        self._pending = self._sealer.submit(
            self._seal, cast("Future[object]", written), part, self.folder / _name(step)
        )

    def _begin(self, part: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        wanted = int(sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) * _ROOM)
        try:
            free = shutil.disk_usage(self.folder).free
            if free < wanted:
                raise CheckpointError(
                    "the disk of {folder} is full: a checkpoint takes {wanted_bytes} bytes and {free_bytes} are free",
                    folder=str(self.folder), wanted_bytes=wanted, free_bytes=free,
                    hint="the checkpoints before it are untouched: make room, then go on with --resume",
                )  # fmt: skip
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            _write_synced(part / STATE, json.dumps(state).encode())
        except OSError as error:
            raise self._not_written(part, error) from error

    def _seal(self, written: "Future[object]", part: Path, path: Path) -> None:
        """Once every file is written: hash them, give the folder its name, remove old ones. Runs in a thread."""
        try:
            written.result()
            if self._processes.first:
                files = {
                    file.name: {"bytes": file.stat().st_size, "sha256": file_sha256(file)}
                    for file in sorted(part.iterdir())
                }
                _write_synced(part / MANIFEST, json.dumps({"format": 1, "files": files}, indent=2).encode())
                _sync_folder(part)
                if path.exists():  # a damaged one that this run went back behind
                    _remove(path)
                part.rename(path)
                _sync_folder(self.folder)
                for old in self.all()[: -self._keep]:
                    _remove(old)
        except (OSError, CheckpointException, RuntimeError) as error:
            if self._processes.first:
                shutil.rmtree(part, ignore_errors=True)
            raise self._not_written(path, error) from error

    def _not_written(self, path: Path, error: BaseException) -> CheckpointError:
        return CheckpointError(
            "the checkpoint {path} could not be written: {reason}",
            path=str(path),
            reason=_reason(error),
            hint="the checkpoints before it are untouched: make room, then go on with --resume",
        )

    def wait(self) -> None:
        """Until what was begun is whole.

        Raises:
            CheckpointError: It could not be written; those before are untouched.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        """Wait, and end the thread."""
        try:
            self.wait()
        finally:
            self._sealer.shutdown()

    def all(self) -> list[Path]:
        """Those that have their name, the oldest first."""
        return sorted(self.folder.glob("step-*"))

    def last_good(self) -> tuple[Path | None, list[Damaged]]:
        """The last that is whole, by its hashes (None = there is none), and those after it that are not."""
        damaged: list[Damaged] = []
        for path in reversed(self.all()):
            reason = _fault(path)
            if reason is None:
                return path, damaged
            damaged.append(Damaged(path, reason))
        return None, damaged

    def read(self, path: Path, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
        """Fill these very tensors from a checkpoint, and give its state.

        Raises:
            CheckpointError: It is of another model, or damaged.
        """
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        try:
            load(dict(tensors), storage_reader=FileSystemReader(path))
            return cast("dict[str, Any]", json.loads((path / STATE).read_bytes()))
        except (OSError, ValueError, RuntimeError, CheckpointException) as error:
            raise CheckpointError(
                "the checkpoint {path} cannot be read into this model: {reason}", path=str(path),
                reason=_reason(error), hint="go on with the recipe that the run began with, or begin a new run",
            ) from error  # fmt: skip


def _name(step: int) -> str:
    return f"step-{step:08}"


def step_of(path: Path) -> int:
    """Which step a checkpoint was taken after."""
    return int(path.name.removeprefix("step-"))


def _fault(path: Path) -> str | None:
    """Why a checkpoint is not good; None where it is."""
    try:
        files = json.loads((path / MANIFEST).read_bytes())["files"]
        for name, expected in files.items():
            if (path / name).stat().st_size != expected["bytes"]:
                return f"{name} has not its size"
            if file_sha256(path / name) != expected["sha256"]:
                return f"{name} has not its SHA-256"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _reason(error)
    return None


def _reason(error: BaseException) -> str:
    """What went wrong in one line: torch wraps what the disk said into pages, and sometimes speaks over it."""
    if isinstance(error, CheckpointException) and error.failures:
        return _reason(next(iter(error.failures.values()))[0])
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f"{cause.strerror} ({cause.filename})" if cause.filename else cause.strerror
        cause = cause.__cause__ or cause.__context__
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """A name is on the disk only once its folder is."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(path: Path) -> None:
    # Renamed first: a folder that is half gone must never look like a checkpoint.
    doomed = path.with_name(f".{path.name}.removed")
    shutil.rmtree(doomed, ignore_errors=True)
    path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
