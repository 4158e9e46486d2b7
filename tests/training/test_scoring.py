"""Held-out answers under several models: each model's own figures, the same as the network gives by itself."""

import shutil
from pathlib import Path

import pytest
import torch

from causerie.errors import ConfigError
from causerie.modeling.hf_folder import load_folder
from causerie.training.conversations import encoder_of
from causerie.training.process import outcome
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import toml_of
from causerie.training.run import train
from causerie.training.run_folder import RECIPE
from causerie.training.scoring import Scored, scored
from tests.training.runs import recipe_of
from tests.training.talks import answer, asked, preferences, write_samples


def preferring(data: Path, talks: Path, run: Path, objective: str = "dpo") -> Recipe:
    return recipe_of(
        data, run, objective=objective, model={"start": str(talks / "start"), "context": 64}, schedule__steps=40,
        batch={"size": 8, "micro_size": 4}, optimiser={"kind": "adamw", "matrices": 0.003, "embedding": 0.003},
        samples={"every_steps": 0}, evaluation={"every_steps": 0, "sequences": 4},
    )  # fmt: skip


@pytest.fixture
def data(talks: Path, tmp_path: Path) -> Path:
    """Preferences alone: what is held out of them is what is scored."""
    shutil.copytree(talks / "preferences", tmp_path / "data" / "preferences")
    return tmp_path / "data"


def test_a_trained_model_finds_better_answers_likelier_than_its_start_does(
    data: Path, talks: Path, tmp_path: Path
) -> None:
    recipe = preferring(data, talks, tmp_path / "run")
    train(recipe)
    models = {"release": str(talks / "start"), "candidate": str(tmp_path / "run" / "export" / "model.gguf")}
    found = list(scored(recipe, models))
    assert len(found) == 12
    assert all(each.good is None and len(each.values["release"]) == 2 for each in found)
    moved = [_margin(each, "candidate") - _margin(each, "release") for each in found]
    assert sum(each > 0 for each in moved) >= 11
    assert sum(moved) / len(moved) > 1


def _margin(each: Scored, model: str) -> float:
    better, worse = each.values[model]
    return better - worse


def test_an_answer_is_worth_the_sum_of_its_tokens(data: Path, talks: Path, tmp_path: Path) -> None:
    recipe = preferring(data, talks, tmp_path / "run")
    (first, *_) = scored(recipe, {"start": str(talks / "start")})
    encoded = encoder_of(recipe).answered(asked("red"), answer("red"))
    assert encoded is not None
    network = load_folder(talks / "start").eval()
    with torch.no_grad():
        logits = network.logits(network.hidden(torch.tensor([encoded.ids[:-1]])))[0].float().log_softmax(-1)
    alone = sum(
        float(logits[place, token])
        for place, (token, learnt) in enumerate(zip(encoded.ids[1:], encoded.learnt[1:], strict=True))
        if learnt
    )
    assert first.values["start"][0] == pytest.approx(alone, abs=1e-3)


def test_judgements_are_scored_one_by_one(talks: Path, tmp_path: Path) -> None:
    shutil.copytree(talks / "judgements", tmp_path / "data" / "judgements")
    found = list(
        scored(preferring(tmp_path / "data", talks, tmp_path / "run", "kto"), {"start": str(talks / "start")})
    )
    assert [each.good for each in found] == [False, True] * 6
    assert all(len(each.values["start"]) == 1 for each in found)


def test_what_does_not_fit_is_left_out_whole(talks: Path, tmp_path: Path) -> None:
    (short, *_) = preferences(1)
    long = type(short)(**{**vars(short), "id": "long", "rejected": "red " * 100})
    for split in ("train", "validation"):
        write_samples(tmp_path / "data", "preferences", [long, short], split)
    recipe = preferring(tmp_path / "data", talks, tmp_path / "run")
    assert [each.id for each in scored(recipe, {"start": str(talks / "start")})] == [short.id]
    write_samples(tmp_path / "data", "preferences", [long], "validation")
    assert list(scored(recipe, {"start": str(talks / "start")})) == []


def test_a_model_that_is_not_there_is_said(data: Path, talks: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        list(scored(preferring(data, talks, tmp_path / "run"), {"release": str(tmp_path / "none")}))


async def test_a_process_of_its_own_tells_each(data: Path, talks: Path, tmp_path: Path) -> None:
    recipe = preferring(data, talks, tmp_path / "run")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / RECIPE).write_text(toml_of(recipe))
    last = await outcome("score", tmp_path, {"run": str(tmp_path / "run"), "models": {"start": str(talks / "start")}})
    assert (last["kind"], last["good"], len(last["values"]["start"])) == ("scored", None, 2)
