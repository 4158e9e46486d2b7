"""`causerie runs`, `causerie models add`, and what `causerie train` offers at its end."""

import json
import shutil
from pathlib import Path

import pytest

from causerie.settings import Settings
from causerie.training.recipe_file import toml_of
from tests.cli.conftest import Causerie
from tests.cli.screen import ENTER, screen
from tests.training.runs import recipe_of, write_language
from tests.training.talks import write_talks
from tests.training.test_export import taught


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as somebody works in: conversations and a recipe."""
    folder = tmp_path_factory.mktemp("project")
    recipe = taught(write_talks(folder / "data"), Path("runs") / "talker")
    (folder / "talker.toml").write_text(toml_of(recipe), encoding="utf-8")
    return folder


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    shutil.rmtree(project / "runs", ignore_errors=True)
    return project


def test_without_runs_it_says_how_to_begin_one(causerie: Causerie) -> None:
    outcome = causerie("runs")
    assert outcome.code == 0
    assert "there are no runs yet: `causerie train` begins one" in outcome.err
    assert json.loads(causerie("runs", "list", "--json").out) == []
    assert causerie("runs", "show", "none").code == 5
    assert "--json belongs behind show" in causerie("runs", "--json", "show", "x").err


def test_a_run_that_was_trained_here_is_listed_shown_and_made_a_model(
    here: Path, causerie: Causerie, settings: Settings
) -> None:
    trained = causerie("train", "talker.toml")
    assert trained.code == 0
    assert "talk with it: causerie models add runs/talker" in trained.out
    assert (settings.home / "runs" / "talker").resolve() == here / "runs" / "talker"
    table = causerie("runs").out
    assert "talker" in table
    assert "finished" in table
    assert "4/4" in table
    (run,) = json.loads(causerie("runs", "list", "--json").out)
    assert (run["name"], run["state"], run["model"]) == ("talker", "finished", None)
    shown = json.loads(causerie("runs", "show", "talker", "--json").out)
    assert shown == json.loads(causerie("runs", "show", "runs/talker", "--json").out)
    assert shown["folder"] == str(here / "runs" / "talker")
    assert shown["checkpoints"][-1]["step"] == 4
    assert "step 4, " in causerie("runs", "show", "talker").out

    added = causerie("models", "add", "runs/talker")
    assert added.code == 0, added.err
    assert "talker is here" in added.out
    assert "causerie chat --model talker" in added.out
    assert causerie("models", "add", "runs/talker").code == 6
    assert json.loads(causerie("models", "add", "talker", "--name", "again", "--json").out)["name"] == "again"
    assert {"talker", "again"} <= {each["name"] for each in json.loads(causerie("models", "list", "--json").out)}
    assert json.loads(causerie("runs", "list", "--json").out)[0]["model"] in {"talker", "again"}
    assert causerie("models", "add", "runs/none").code == 5


def test_a_run_that_failed_is_listed_with_the_reason(tmp_path: Path, causerie: Causerie, settings: Settings) -> None:
    data = write_language(tmp_path / "data")
    recipe = recipe_of(data, settings.home / "runs" / "spoilt", schedule__steps=2)
    (tmp_path / "spoilt.toml").write_text(toml_of(recipe))
    assert causerie("train", str(tmp_path / "spoilt.toml")).code == 0
    (settings.home / "runs" / "spoilt" / "lineage.json").unlink()
    for checkpoint in (settings.home / "runs" / "spoilt" / "checkpoints").iterdir():
        (checkpoint / "state.json").write_text("{")
    assert causerie("train", str(tmp_path / "spoilt.toml"), "--resume").code == 18
    (run,) = json.loads(causerie("runs", "list", "--json").out)
    assert run["state"] == "failed"
    assert "is good" in run["error"]


def test_at_its_end_a_person_is_offered_the_model(here: Path, causerie: Causerie) -> None:
    with screen("train", "talker.toml") as seen:
        seen.wait_for("Add it to the models, to talk with it here?")
        seen.type(ENTER)
        seen.wait_for("talker is here")
        assert seen.exit_code() == 0
    assert "talker" in {each["name"] for each in json.loads(causerie("models", "list", "--json").out)}
    with screen("train", "talker.toml", "--resume") as seen:
        seen.wait_for("Add it to the models, to talk with it here?")
        seen.type("n" + ENTER)
        seen.wait_for("causerie models add runs/talker")
        assert seen.exit_code() == 0
