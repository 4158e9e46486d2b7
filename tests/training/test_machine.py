"""What the machine can do, and what is chosen by it."""

import shutil
from pathlib import Path

import psutil
import pytest
import torch

from causerie.training import machine, run
from tests.training.runs import recipe_of


def test_joined_operations_are_for_long_runs_and_need_a_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def joined(wanted: str, flops: float) -> bool:
        return run.compiles(recipe_of(tmp_path, tmp_path / "run", compute__compile=wanted), flops)

    long, short = 2 * run.COMPILE_FROM_FLOPS, run.COMPILE_FROM_FLOPS / 2
    assert (joined("on", short), joined("off", long)) == (True, False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "g++" else None)
    monkeypatch.setattr("sys.platform", "linux")
    assert (joined("auto", short), joined("auto", long)) == (False, True)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert (joined("auto", long), joined("on", long)) == (False, True)


def test_memory_at_most_grows_with_what_is_kept() -> None:
    before = machine.peak_memory_bytes()
    missing = before - psutil.Process().memory_info().rss
    kept = torch.ones((max(missing, 0) + 2**26) // 4)  # as much again as there has been, and 64 MiB more
    assert machine.peak_memory_bytes() >= before + 2**25
    assert kept.nbytes >= 2**26
