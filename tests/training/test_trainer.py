"""The loop: it learns, and what it says is right."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from torch import nn

from causerie.errors import ConfigError, Conflict, DataError, RunError
from causerie.training.contract import Loss, MicroBatch
from causerie.training.objectives.pretrain import Pretrain
from causerie.training.objectives.table import TABLE
from causerie.training.run import train
from tests.training.runs import events, losses, recipe_of

if TYPE_CHECKING:
    from causerie.training.events import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causerie.training.events import Event


def test_a_small_model_learns_a_small_language(language: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    folder = train(recipe_of(language, tmp_path / "run", schedule__steps=60), tell=told.append)
    measured = events(folder.path, "evaluation")
    assert measured[0]["step"] == 10
    assert measured[-1]["step"] == 60
    first, last = measured[0]["cross_entropy"], measured[-1]["cross_entropy"]
    assert last < first - 0.1
    assert last < 1.6 < math.log(48)
    assert [event.kind for event in told][:2] == ["start", "checkpoint"]
    assert told[-1].kind == "end"
    steps = events(folder.path, "step")
    assert [row["step"] for row in steps] == list(range(1, 61))
    assert steps[-1]["tokens"] == 60 * 8 * 32
    assert 0 < steps[-1]["peak_share"] < 1.5
    assert steps[-1]["bits_per_byte"] == pytest.approx(steps[-1]["cross_entropy"] / math.log(2) / 3.9, rel=0.05)
    assert steps[3]["seconds_left"] > 0
    assert json.loads((folder.path / "versions.json").read_text())["torch"].startswith("2.")


@pytest.mark.parametrize(
    "changes",
    [
        {"batch__micro_size": 8},
        {"batch__micro_size": 1},
        {"compute__recompute": True},
    ],
)
def test_how_it_is_computed_changes_nothing_but_rounding(
    language: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    one = train(recipe_of(language, tmp_path / "one", schedule__steps=6))
    two = train(recipe_of(language, tmp_path / "two", schedule__steps=6, **changes))
    for (_, loss, norm), (_, other_loss, other_norm) in zip(losses(one.path), losses(two.path), strict=True):
        assert loss == pytest.approx(other_loss, abs=1e-4)
        assert norm == pytest.approx(other_norm, rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"compute__precision": "bfloat16"}, marks=pytest.mark.filterwarnings("ignore:Mismatch dtype:UserWarning")
        ),
        {"data__separate_documents": False},
        {"optimiser__kind": "adamw"},
    ],
)
def test_other_ways_learn_too(language: Path, tmp_path: Path, changes: dict[str, object]) -> None:
    run = train(recipe_of(language, tmp_path / "run", schedule__epochs=2, schedule__steps=0, **changes))
    found = losses(run.path)
    assert len(found) > 20
    assert found[-1][1] < found[0][1] - 0.5


def test_a_folder_holds_one_run(language: Path, tmp_path: Path) -> None:
    recipe = recipe_of(language, tmp_path / "run", schedule__steps=2)
    train(recipe)
    with pytest.raises(Conflict, match="there is a run in"):
        train(recipe)
    with pytest.raises(ConfigError, match=r"batch\.size was 8 when the run began and is 16") as caught:
        train(recipe_of(language, tmp_path / "run", schedule__steps=2, batch__size=16), resume=True)
    assert caught.value.param == "batch.size"


def test_too_little_data_is_said_before_anything_is_written(language: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too few for a window"):
        train(recipe_of(language, tmp_path / "run", model__context=100_000))
    assert not (tmp_path / "run").exists()


def test_a_run_that_always_fails_goes_back_some_times_says_so_and_ends(language: Path, tmp_path: Path) -> None:
    """The rate is so high that after one step nothing is a number any more."""
    recipe = recipe_of(language, tmp_path / "run", optimiser__embedding=1e38, recovery__most=2)
    with pytest.raises(RunError, match=r"step 2: the loss is nan, and the run has gone back 2 times already"):
        train(recipe)
    assert [(row["times"], row["batch"], row["step"]) for row in events(tmp_path / "run", "rewind")] == [
        (1, 1, 0),
        (2, 2, 0),
    ]


def test_one_bad_batch_is_gone_round(language: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An objective whose ninth batch gives no number: the run goes back to step 5 and does without that batch."""

    class Poisoned(Pretrain):
        def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
            total, sums = super().loss(model, batch)
            bad = model.training and self.state()["sample"] == 9 * 8
            return Loss(total * math.nan if bad else total, sums)

    monkeypatch.setitem(TABLE, "pretrain", Poisoned)
    folder = train(recipe_of(language, tmp_path / "run"))
    assert [(row["step"], row["batch"]) for row in events(folder.path, "rewind")] == [(5, 8)]
    assert [step for step, _, _ in losses(folder.path)] == list(range(1, 25))
    monkeypatch.undo()
    plain = train(recipe_of(language, tmp_path / "plain", schedule__steps=24))
    assert losses(folder.path)[:8] == losses(plain.path)[:8]
    assert losses(folder.path)[8] != losses(plain.path)[8]
