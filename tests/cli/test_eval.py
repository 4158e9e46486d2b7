"""`causerie eval`: a model is judged, and what came of it is listed, shown and compared."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from causerie.settings import Settings, load_settings
from tests.cli.conftest import Causerie
from tests.cli.screen import CTRL_C, screen
from tests.evaluation.written import suite_of, task_table, write_suite
from tests.web.stub_upstream import stub_upstream, upstream_config

LINES = [{"id": str(number), "question": f"say {number}", "answer": str(number)} for number in range(12)]
CONTAINS = '[tasks.options]\nform = "contains"'


@pytest.fixture
def echo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A data folder with a suite, whose upstream says what it was asked."""
    monkeypatch.setenv("CAUSERIE_PORT", "1")  # nothing listens there
    with stub_upstream() as upstream:
        settings.home.mkdir(parents=True, exist_ok=True)
        (settings.home / "causerie.toml").write_text(upstream_config(upstream))
        found = load_settings()
        suite_of(found, "answer", LINES, CONTAINS)
        yield found


def evaluated(causerie: Causerie, *more: str) -> Any:
    outcome = causerie("eval", "echo", "--suite", "mine", "--json", *more)
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def test_a_model_is_judged_and_the_result_is_shown(echo: Settings, causerie: Causerie) -> None:
    outcome = causerie("eval", "echo", "--suite", "mine")
    assert outcome.code == 0, outcome.err
    assert re.search(r"t: accuracy +1\.000 +0\.\d{3} … 1\.000 +12", outcome.out)
    assert "judged by what it wrote" in outcome.out
    report = re.search(r"report: (\S+)", outcome.out)
    assert report
    assert "<html" in Path(report[1]).read_text()
    assert "12/12 t, " in outcome.err


def test_examples_stand_before_each_question(echo: Settings, causerie: Causerie) -> None:
    few = [{"id": f"d{number}", "question": f"say {number}!", "answer": str(number)} for number in range(3)]
    table = task_table("t", "answer", "items", f'examples = "few.jsonl"\n{CONTAINS}')
    write_suite(echo.home / "suites" / "mine", table, items=LINES, few=few)
    assert evaluated(causerie)["shots"] == {}
    found = evaluated(causerie, "--shots", "2")
    assert found["metrics"][0]["value"] == 1.0
    assert (found["suite"], found["shots"]["t"]["count"]) == ("mine-2-shot", 2)
    outcome = causerie("eval", "show", found["id"])
    assert "t: examples before each item: 2, drawn from few.jsonl with seed 0" in outcome.out
    outcome = causerie("eval", "echo", "--suite", "mine", "--shots", "4")
    assert outcome.code == 16
    assert "has 3 examples in few.jsonl, and 4 are wanted" in outcome.err
    assert causerie("eval", "echo", "--suite", "mine", "--examples", "few.jsonl").code == 2
    assert causerie("eval", "echo", "--suite", "mine", "--shots", "101").code == 2


def test_evaluations_are_listed_shown_and_compared(echo: Settings, causerie: Causerie) -> None:
    assert "there are no evaluations" in causerie("eval", "list").err
    first = evaluated(causerie)
    second = evaluated(causerie, "--fresh")
    assert first["metrics"][0]["value"] == 1.0
    listed = json.loads(causerie("eval", "list", "--json").out)
    assert [each["id"] for each in listed] == [second["id"], first["id"]]
    assert json.loads(causerie("eval", "list", "--model", "none", "--json").out) == []
    assert "accuracy 1.000" in causerie("eval", "list", "--suite", "mine").out
    assert json.loads(causerie("eval", "show", first["id"], "--json").out) == first
    assert "t: accuracy" in causerie("eval", "show", first["id"]).out
    assert causerie("eval", "show", "eval_none").code == 5
    compared = causerie("eval", "compare", first["id"], second["id"])
    assert compared.code == 0, compared.err
    assert "no difference seen" in compared.out
    # none of 12 differs: 7.8489 / 12, and 7.8489 / 14 / 0.05^2
    assert re.search(r"seen from +for 0\.05\n.* 0\.654 +225  no difference seen\n", compared.out)
    assert "seen from: the least difference that so many items show four times in five" in compared.out
    (row,) = json.loads(causerie("eval", "compare", first["id"], second["id"], "--json").out)
    assert (row["name"], row["difference"], row["verdict"]) == ("accuracy", 0.0, "alike")
    assert (round(row["seen_from"], 3), row["items_needed"]) == (0.654, 225)


def test_the_suites_are_listed(causerie: Causerie) -> None:
    names = [each["name"] for each in json.loads(causerie("eval", "suites", "--json").out)]
    assert {"core", "safety", "even-handedness", "quick"} <= set(names)
    assert "core" in causerie("eval", "suites").out


def test_what_is_not_there_is_said(echo: Settings, causerie: Causerie) -> None:
    outcome = causerie("eval", "echo", "--suite", "none")
    assert outcome.code == 5
    assert "there is no suite 'none'" in outcome.err
    assert "known are: " in outcome.err
    assert causerie("eval", "run", "none", "--suite", "mine").code == 5
    (echo.home / "suites" / "mine" / "suite.toml").write_text("][")
    outcome = causerie("eval", "echo", "--suite", "mine")
    assert outcome.code == 16
    assert "is not TOML" in outcome.err


def test_without_a_word_it_says_what_it_can(causerie: Causerie) -> None:
    said = causerie("eval", "--help").out + causerie("eval").out
    for command in ("run", "list", "show", "suites", "compare", "import", "contamination"):
        assert command in said


def test_notes_and_the_price_stand_under_the_figures(echo: Settings, causerie: Causerie) -> None:
    lines = [{"id": "1", "question": "?", "choices": ["no", "yes"], "answer": "yes"}]
    suite_of(echo, "choice", lines, name="which")
    evaluated(causerie)  # makes the database
    with closing(sqlite3.connect(echo.home / "causerie.db")) as database, database:
        database.execute(
            "INSERT INTO prices (model, input_micros, output_micros) VALUES ('echo', 9000000, 9000000000)"
        )
    outcome = causerie("eval", "echo", "--suite", "which")
    assert outcome.code == 0, outcome.err
    assert "t: asked as letters, written, judged by generation" in outcome.out
    assert re.search(r"cost 0\.\d{4}", outcome.out)


def test_what_is_stopped_says_how_to_go_on(echo: Settings) -> None:
    with screen("eval", "slow", "--suite", "mine") as shown:
        shown.wait_for("the model is loaded")
        shown.type(CTRL_C)
        shown.wait_for("the same command goes on from here")
        assert shown.exit_code() == 130


def test_a_person_sees_a_bar(echo: Settings) -> None:
    with screen("eval", "echo", "--suite", "mine") as shown:
        shown.wait_for("t: accuracy")
        shown.wait_for("report:")
        assert shown.exit_code() == 0
