"""A recipe that somebody sends is looked at before anything is made of it."""

from pathlib import Path

import pytest

from causerie.errors import InvalidRequest
from causerie.settings import Settings
from causerie.training import control, placing
from causerie.training.control import NewRun
from tests.training.asking import wanted


@pytest.mark.parametrize(
    ("changes", "param", "message"),
    [
        ({"schedule.stepz": "3"}, "schedule.stepz", "the key schedule.stepz is not known"),
        ({"batch.size": "7"}, "batch.size", "batch.size 7 is not a multiple of batch.micro_size 4"),
        ({"schedule.steps": "many"}, "schedule.steps", "schedule.steps is not right"),
        ({"run.x": "1"}, "--set", "does not lead anywhere"),
        ({"data.folder": "a\x07b"}, "data.folder", "leads out of the server's data folder"),
    ],
)
async def test_a_wrong_recipe_is_refused_with_its_key_and_nothing_is_made(
    settings: Settings, language: Path, changes: dict[str, str], param: str, message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        control.checked(settings, wanted(language, changes))
    assert caught.value.param == param
    assert message in caught.value.message
    assert not (settings.home / "runs").exists()


def test_the_line_of_a_wrong_key_is_told(settings: Settings) -> None:
    text = 'objective = "pretrain"\n\n[data]\nfolder = "data/sample"\nfolderr = "x"\n'
    with pytest.raises(InvalidRequest) as caught:
        control.checked(settings, NewRun("x", text, {}, anywhere=True))
    assert caught.value.message == "recipe.toml, line 5: the key data.folderr is not known"
    assert caught.value.hint == "did you mean folder?"
    for nonsense in ("objective = ", "[" * 20_000, "\x00", "a = 1\na = 2"):
        with pytest.raises(InvalidRequest, match=r"recipe\.toml is not TOML"):
            control.checked(settings, NewRun("x", nonsense, {}, anywhere=True))


@pytest.mark.parametrize("key", ["data.folder", "data.tokenizer", "model.start"])
@pytest.mark.parametrize("path", ["/etc", "..", "data/../../x", "../other", "/"])
def test_a_teams_builder_names_no_folder_of_the_server(settings: Settings, key: str, path: str) -> None:
    text = 'objective = "pretrain"\n[data]\nfolder = "data/x"\n[model]\nstart = "models/x"\n[schedule]\nsteps = 1\n'
    given = {key: path}
    with pytest.raises(InvalidRequest, match="leads out of the server's data folder") as caught:
        control.checked(settings, NewRun("x", text, given, anywhere=False))
    assert caught.value.param == key
    placed = control.checked(settings, NewRun("x", text, given, anywhere=True))
    assert placed.run == "runs/x"


def test_paths_begin_in_the_data_folder_and_for_the_owner_where_the_server_was_started(
    settings: Settings, language: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "mine").mkdir(parents=True)
    new = wanted(language, {"data.folder": "data/mine"})
    assert control.checked(settings, new).data.folder == str(tmp_path / "data" / "mine")
    team = wanted(language, {"data.folder": "data/mine"}, anywhere=False)
    assert control.checked(settings, team).data.folder == "data/mine"
    (settings.home / "data" / "mine").mkdir(parents=True)
    assert control.checked(settings, new).data.folder == "data/mine"
    assert placing.data_state(settings, control.checked(settings, new)) == {"data_ready": True, "data_hint": ""}
    missing = control.checked(settings, wanted(language, {"data.folder": "data/none"}))
    assert placing.data_state(settings, missing)["data_ready"] is False


def test_without_its_packages_training_is_refused_in_a_sentence(
    settings: Settings, language: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "PACKAGES", ("json", "no_such_package"))
    with pytest.raises(InvalidRequest, match="no_such_package, which is not installed") as caught:
        control.checked(settings, wanted(language))
    assert caught.value.hint == "make lab (in a clone), or: pip install 'causerie[train]'"


async def test_a_plan_says_what_a_run_would_take_and_writes_nothing(settings: Settings, language: Path) -> None:
    settings.home.mkdir(parents=True)
    plan = await control.planned(settings, wanted(language, steps=12))
    assert (plan["steps"], plan["tokens"], plan["data_ready"]) == (12, 12 * 8 * 32, True)
    assert plan["parameters"] > 0
    text = 'objective = "pretrain"\n[data]\nfolder = "x"\n[model]\nstart = "none"\n[schedule]\nsteps = 1\n'
    with pytest.raises(InvalidRequest, match="is no model"):
        await control.planned(settings, NewRun("x", text, {}, anywhere=True))
    assert list(settings.home.iterdir()) == []
