"""Tiny runs: a language of few words, a model that learns it in seconds, and what a run left behind."""

import hashlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causerie.data.shards import ShardWriter
from causerie.errors import CauserieError
from causerie.training.recipe import Recipe
from causerie.training.run import train

VOCABULARY, END = 48, 47
SERVER = multiprocessing.get_context("forkserver")
"""Forks processes that have torch already: to import it takes longer than the whole run."""


def write_language(folder: Path, documents: int = 60, seed: int = 0) -> Path:
    """Shards of documents in which each word mostly says which comes next."""
    rng = np.random.default_rng(seed)
    for split, share in (("train", documents), ("validation", documents // 5)):
        options = {"vocabulary_size": VOCABULARY, "end_of_text": END, "tokenizer_sha256": "t"}
        with ShardWriter(folder / "tokens" / split, **options, shard_tokens=2000) as writer:  # type: ignore[arg-type]
            for _ in range(share):
                words = [int(rng.integers(END))]
                for _ in range(int(rng.integers(20, 120))):
                    words.append((words[-1] * 5 + 3) % END if rng.random() < 0.9 else int(rng.integers(END)))
                writer.add(words, text_bytes=len(words) * 4)
    return folder


def recipe_of(data: Path, run: Path, **changes: Any) -> Recipe:
    """A run of 24 steps, a second each twentieth; `changes` by `table__key`."""
    said: dict[str, Any] = {
        "objective": "pretrain",
        "run": str(run),
        "seed": 3,
        "data": {"folder": str(data)},
        "model": {"depth": 2, "context": 32, "width": 32, "heads": 2, "head_width": 16, "hidden": 64},
        "batch": {"size": 8, "micro_size": 4},
        "schedule": {"steps": 24},
        "optimiser": {"z_loss": 1e-4},
        "checkpoints": {"every_steps": 5, "keep": 3},
        "evaluation": {"every_steps": 10, "sequences": 8},
        "compute": {"compile": "off", "precision": "float32", "threads": 1},
    }
    for name, value in changes.items():
        table, _, key = name.partition("__")
        if key:
            said.setdefault(table, {})[key] = value
        else:
            said[table] = value
    return Recipe.model_validate_json(json.dumps(said))


@dataclass
class Running:
    """A run in a process of its own, and where that prints to."""

    process: ForkServerProcess
    printed: Path

    @property
    def over(self) -> bool:
        return not self.process.is_alive()

    def send(self, number: int) -> None:
        os.kill(self.process.pid or 0, number)

    def ended(self, timeout_s: float = 600) -> tuple[int, str]:
        """Its exit code, and what it printed, when it is over."""
        self.process.join(timeout_s)
        assert self.over, "the run does not end"
        return self.process.exitcode or 0, self.printed.read_text()


def process(recipe: Recipe, *, resume: bool = False, largest_file: int = 0) -> Running:
    """Start a run; no file of it may be larger than so many bytes (0 = any)."""
    SERVER.set_forkserver_preload(["causerie.training.run"])
    descriptor, name = tempfile.mkstemp(dir=Path(recipe.run).parent, suffix=".txt")
    os.close(descriptor)
    running = SERVER.Process(target=_run, args=(recipe.model_dump_json(), resume, name, largest_file))
    running.start()
    return Running(running, Path(name))


def _run(recipe: str, resume: bool, printed: str, largest_file: int) -> None:
    # Left open: what measures the coverage of this process speaks after the run.
    sys.stdout = sys.stderr = file = Path(printed).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115
    torch.set_num_threads(1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, before[1]))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        train(Recipe.model_validate_json(recipe), resume=resume)
    except CauserieError as error:
        file.write(f"{type(error).__name__}: {error}\n{error.hint}\n")
        sys.exit(error.exit_code)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def events(run: Path, kind: str) -> list[dict[str, Any]]:
    """What a run said of one kind; of a line that it is writing, nothing."""
    whole = (run / "metrics.jsonl").read_bytes().rpartition(b"\n")[0]
    return [row for row in map(json.loads, whole.splitlines()) if row["kind"] == kind]


def losses(run: Path) -> list[tuple[int, float, float]]:
    """Step, loss and gradient norm: every digit."""
    return [(row["step"], row["loss"], row["gradient_norm"]) for row in events(run, "step")]


def tensors_of(checkpoint: Path) -> dict[str, torch.Tensor]:
    """All tensors of a checkpoint, read by torch's own tool."""
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save

    target = checkpoint.parent.parent / "read.pt"
    dcp_to_torch_save(checkpoint, target)
    found: dict[str, torch.Tensor] = torch.load(target)
    return found


def digest(run: Path) -> str:
    """One hash of every bit of the last checkpoint's tensors."""
    last = max((run / "checkpoints").glob("step-*"))
    found = hashlib.sha256(last.name.encode())
    for name, tensor in sorted(tensors_of(last).items()):
        found.update(name.encode() + tensor.numpy().tobytes())
    return found.hexdigest()
