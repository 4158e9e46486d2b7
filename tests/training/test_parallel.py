"""Two processes learn what one does, and read each other's checkpoints."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from causerie.training.recipe import Recipe
from causerie.training.run import train
from tests.training.runs import events, losses, recipe_of, tensors_of


def two_processes(recipe: Recipe, *, resume: bool = False) -> None:
    program = [str(Path(__file__).with_name("several.py")), recipe.model_dump_json(), "resume" if resume else "new"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *program]
    done = subprocess.run(launch, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def same(one: Path, two: Path) -> None:
    for (step, loss, norm), (other, other_loss, other_norm) in zip(losses(one), losses(two), strict=True):
        assert step == other
        assert loss == pytest.approx(other_loss, abs=1e-4), step
        assert norm == pytest.approx(other_norm, rel=1e-3), step


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_two_processes_learn_what_one_does(language: Path, tmp_path: Path, parallel: str) -> None:
    changes = {
        "schedule__steps": 12,
        "batch__micro_size": 2,
        "compute__parallel": parallel,
        "evaluation__sequences": 8,
    }
    alone = train(recipe_of(language, tmp_path / "one", **changes))
    two_processes(recipe_of(language, tmp_path / "two", **changes))
    same(alone.path, tmp_path / "two")
    assert len(losses(tmp_path / "two")) == 12
    (one,), (two,) = (events(path, "evaluation")[-1:] for path in (alone.path, tmp_path / "two"))
    assert (one["count"], one["loss"]) == (two["count"], pytest.approx(two["loss"], abs=1e-4))
    weights, others = (tensors_of(path / "checkpoints" / "step-00000012") for path in (alone.path, tmp_path / "two"))
    assert weights.keys() == others.keys()
    for name, weight in weights.items():
        assert torch.allclose(weight, others[name], atol=1e-3), name


@pytest.mark.timeout(1500)
def test_one_process_goes_on_where_two_stopped_and_two_where_one_did(language: Path, tmp_path: Path) -> None:
    """Under FSDP each process writes its part; whoever reads puts the parts together."""
    changes = {"schedule__steps": 12, "batch__micro_size": 2, "compute__parallel": "fsdp"}
    whole = train(recipe_of(language, tmp_path / "whole", **changes))
    folder = tmp_path / "run"
    recipe = recipe_of(language, folder, **changes)
    two_processes(recipe)
    spoilt(folder, 12)
    train(recipe, resume=True)  # one process, from step 10 of two
    same(whole.path, folder)
    spoilt(folder, 12)
    two_processes(recipe, resume=True)  # two processes, from the same step
    same(whole.path, folder)


def spoilt(folder: Path, step: int) -> None:
    (folder / "checkpoints" / f"step-{step:08}" / "checkpoint.json").unlink()
