"""`causerie plan` as a person meets it: text, JSON, the page, a real run's speed, errors with their exit codes."""

import json
from pathlib import Path

import pytest

from causerie.settings import load_settings
from tests.cli.conftest import Causerie
from tests.planning.test_calibration import write_run

OWN_POLICY = """
version = "ours"
[[pause.compute]]
flops = 1e25
name = "EU AI Act, systemic risk presumed"
source = "Regulation (EU) 2024/1689, article 51(2)"
[[pause.compute]]
flops = 2.5e22
name = "our board's own"
source = "minutes of March"
"""
RECIPE = str(Path(__file__).parents[2] / "recipes/fleet-7b.toml")


def test_the_text_says_figures_ranges_and_sources(causerie: Causerie) -> None:
    outcome = causerie("plan", RECIPE, "--gpus", "512")
    assert outcome.code == 0
    said = outcome.out
    for words in ("512 x NVIDIA H100", "tensor x pipeline x data", "time in all", "goodput, in a simulated year",
                  "CO2 equivalent", "EU AI Act", "arXiv 2407.21783", "EXAMPLE", "nats a token"):  # fmt: skip
        assert words.casefold() in said.casefold()
    assert "utilisation        40.0 %  (45.0 % .. 35.0 %)" in said


def test_json_and_own_values(causerie: Causerie) -> None:
    outcome = causerie("plan", RECIPE, "--gpus", "256", "--gpu", "h200", "--json", "--assume", "utilisation=0.3",
                       "--tensor", "1", "--pipeline", "1", "--set", "schedule.steps=1000")  # fmt: skip
    told = json.loads(outcome.out)
    assert told["gpu"]["key"] == "h200"
    assert told["run"]["steps"] == 1000
    assert (told["layout"]["tensor"], told["layout"]["pipeline"], told["layout"]["data"]) == (1, 1, 256)
    assert told["expected"]["utilisation"] <= 0.3
    assert told["assumptions"]["utilisation"]["default"] is False


def test_the_thresholds_are_those_of_the_policy_in_force(causerie: Causerie) -> None:
    known = json.loads(causerie("plan", RECIPE, "--json").out)["thresholds"]
    assert [(each["flops"], bool(each["since"] and each["duty"])) for each in known] == [(1e25, True), (1e26, True)]
    home = load_settings().home
    home.mkdir(exist_ok=True)
    (home / "policy.toml").write_text(OWN_POLICY, encoding="utf-8")
    told = json.loads(causerie("plan", RECIPE, "--json").out)
    assert [each["flops"] for each in told["thresholds"]] == [2.5e22, 1e25]
    day = told["expected"]["crossings"][0]["day"]
    assert day == pytest.approx(told["expected"]["days"] * 2.5e22 / told["run"]["flops"])
    said = causerie("plan", RECIPE).out
    assert "2.5e+22: our board's own" in said
    assert "minutes of March" in said
    assert "SB 53" not in said
    (home / "policy.toml").write_text("versoin = 1", encoding="utf-8")
    assert causerie("plan", RECIPE).code == 3


def test_without_gpus_the_recipe_says_how_many(causerie: Causerie) -> None:
    assert json.loads(causerie("plan", RECIPE, "--json").out)["gpus"] == 256


def test_the_page_is_written_in_the_reader_s_language(
    causerie: Causerie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    path = tmp_path / "new" / "plan.html"
    outcome = causerie("plan", RECIPE, "--gpus", "128", "--html", str(path))
    assert outcome.code == 0
    assert f"le plan en page : {path}" in outcome.out
    html = path.read_text(encoding="utf-8")
    assert '<html lang="fr">' in html
    assert "Seuils de la loi" in html


def test_a_run_s_speed_is_taken_for_its_machine_or_for_another(causerie: Causerie, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [1.0] * 40)
    starter = str(Path(RECIPE).with_name("starter.toml"))
    here = json.loads(causerie("plan", starter, "--calibrate", str(run), "--json").out)
    assert (here["gpu"]["name"], here["gpus"]) == ("x86_64, 2 cores", 1)
    assert here["expected"]["utilisation"] == pytest.approx(0.5)
    there = json.loads(causerie("plan", RECIPE, "--calibrate", str(run), "--gpu", "h100", "--json").out)
    assert there["gpu"]["key"] == "h100"
    assert there["expected"]["utilisation"] == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--gpu", "h1000"], 3, "did you mean h1"),
        (["--gpus", "1"], 3, "no layout fits"),
        (["--gpus", "0"], 2, "must be 1 or more"),
        (["--gpus", "many"], 2, "must be a whole number"),
        (["--tensor", "3"], 3, "there are 1, 2, 4, 8; 0 = the best is searched"),
        (["--assume", "utilisation=2"], 3, "outside its bounds"),
        (["--set", "model.dept=3"], 3, "did you mean depth?"),
        (["--calibrate", "nowhere"], 3, "is no run"),
    ],
)
def test_what_cannot_be_is_told_with_its_exit_code(
    causerie: Causerie, arguments: list[str], code: int, words: str
) -> None:
    outcome = causerie("plan", RECIPE, *arguments)
    assert outcome.code == code
    assert words in " ".join(outcome.err.split())


def test_a_run_that_is_too_short_is_told_as_wrong_data(causerie: Causerie, tmp_path: Path) -> None:
    outcome = causerie("plan", RECIPE, "--calibrate", str(write_run(tmp_path / "run", [1.0] * 4)))
    assert outcome.code == 16
    assert "8 are needed" in " ".join(outcome.err.split())
