"""The routes of evaluations, asked from outside of the real server: a model judged, its answers, its report."""

import asyncio
import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from causerie.accounts.identity import Role
from causerie.settings import Settings
from tests.evaluation.answering import MODEL, Answerer
from tests.evaluation.written import added, additions, suite_of, task_table, write_suite
from tests.running import answer_or_error, running_server
from tests.server.team import team_server
from tests.web.stub_upstream import stub_upstream, upstream_config

LINES = [{"id": str(number), "question": f"say {number}", "answer": str(number)} for number in range(30)]
WRONG = [{**each, "answer": "nothing"} if each["id"] in {"3", "4"} else each for each in LINES]
CONTAINS = '[tasks.options]\nform = "contains"'

pytestmark = pytest.mark.xdist_group("evaluations")


@dataclass(frozen=True)
class Api:
    """A server, asked as the page asks it."""

    address: str
    home: Path

    def fetch(self, path: str) -> tuple[dict[str, str], str]:
        with urllib.request.urlopen(self.address + path, timeout=150) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode()

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return answer_or_error(self.address, method, path, body)

    def until_over(self, evaluation_id: str) -> Any:
        while (found := self.ask("GET", f"/api/evaluations/{evaluation_id}"))[1]["state"] in {"queued", "running"}:
            time.sleep(0.05)
        return found[1]


@pytest.fixture
def api(database_url: str, settings: Settings) -> Iterator[Api]:
    suite_of(settings, "answer", WRONG, CONTAINS)
    with (
        stub_upstream() as upstream,
        running_server(settings.home, upstream_config(upstream), CAUSERIE_DATABASE_URL=database_url) as up,
    ):
        yield Api(up.address, settings.home)


def test_a_model_is_judged_and_everything_of_it_is_there(api: Api) -> None:
    status, asked = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "mine"})
    assert (status, asked["state"], asked["model"], asked["suite"]) == (201, "queued", "echo", "mine")
    assert asked["id"].startswith("eval_")
    assert asked["id"] in [each["id"] for each in api.ask("GET", "/api/evaluations")[1]["items"]]
    whole = api.until_over(asked["id"])
    assert whole["state"] == "done", whole
    assert whole["share"] == 1.0
    (metric,) = whole["metrics"]
    assert (metric["name"], round(metric["value"], 3), metric["items"]) == ("accuracy", 0.933, 30)
    assert metric["low"] < metric["value"] < metric["high"]
    assert whole["headlines"] == [metric]
    assert whole["tasks"] == ["t"]
    assert (whole["scored_by"], whole["errors"], whole["currency"]) == ("generation", 0, "EUR")

    path = f"/api/evaluations/{asked['id']}"
    bad = api.ask("GET", f"{path}?which=bad")[1]
    assert [(each["id"], each["score"], each["expected"]) for each in bad["items"]] == [
        ("3", 0.0, "nothing"), ("4", 0.0, "nothing"),
    ]  # fmt: skip
    page = api.ask("GET", f"{path}?which=good&task=t&limit=20")[1]
    assert (len(page["items"]), page["next"]) == (20, 20)
    assert api.ask("GET", f"{path}?which=good&limit=20&after=20")[1]["next"] is None

    headers, report = api.fetch(f"{path}/report?language=fr")
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "echo" in report
    assert 'lang="fr"' in report

    second = api.until_over(api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "mine"})[1]["id"])
    listed = api.ask("GET", "/api/evaluations?model=echo&suite=mine")[1]
    assert [each["id"] for each in listed["items"]] == [second["id"], asked["id"]]
    first_page = api.ask("GET", "/api/evaluations?limit=1")[1]
    assert first_page["next"] == second["id"]
    assert api.ask("GET", f"/api/evaluations?before={second['id']}")[1]["items"][0]["id"] == asked["id"]
    status, compared = api.ask("GET", f"/api/evaluations/compare?first={asked['id']}&second={second['id']}")
    assert status == 200
    (row,) = compared["rows"]
    assert (row["name"], row["difference"], row["items"], row["verdict"]) == ("accuracy", 0.0, 30, "alike")
    assert row["seen_from"] == pytest.approx(7.848879734 / 30)
    assert row["items_needed"] == 157

    assert "Differences to" not in api.fetch(f"{path}/report")[1]
    found = {"words": 13, "items": 30, "too_short": 0, "texts": 1, "data": "d",
             "found": [{"task": "t", "id": "3", "share": 1.0, "document": "leak"}]}  # fmt: skip
    (api.home / "evaluations" / second["id"] / "contamination.json").write_text(json.dumps(found))
    report = api.fetch(f"/api/evaluations/{second['id']}/report")[1]
    assert "Differences to: previous version: echo" in report
    assert "1 of 30 items share a run of 13 words with the training data" in report
    answers = api.home / "evaluations" / asked["id"] / "items.jsonl"
    answers.unlink()
    answers.mkdir()  # a disk that gives an error when it is read
    report = api.fetch(f"/api/evaluations/{second['id']}/report")[1]
    assert "echo" in report
    assert "Differences to" not in report


def test_examples_stand_before_each_question(api: Api) -> None:
    few = [{"id": f"d{number}", "question": f"say {number}!", "answer": str(number)} for number in range(3)]
    table = task_table("t", "answer", "items", f'examples = "few.jsonl"\nshots = 1\n{CONTAINS}')
    write_suite(api.home / "suites" / "few", table, items=LINES, few=few)
    suites = {each["name"]: each for each in api.ask("GET", "/api/suites")[1]["suites"]}
    assert [(each["examples"], each["shots"]) for each in suites["few"]["tasks"]] == [("few.jsonl", 1)]
    for body, suite, shots in (({}, "few", 1), ({"shots": 2}, "few-2-shot", 2), ({"shots": 0}, "few-0-shot", None)):
        status, asked = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "few", **body})
        assert (status, asked["shots"]) == (201, body.get("shots"))
        whole = api.until_over(asked["id"])
        assert (whole["state"], whole["suite"], whole["shots"]) == ("done", suite, shots), whole
        assert any(f": {shots}, drawn from few.jsonl" in note for note in whole["notes"]) == bool(shots)
    status, said = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "few", "shots": 4})
    assert (status, said["code"]) == (422, "invalid_data")
    assert "has 3 examples in few.jsonl" in said["message"]
    status, said = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "few", "shots": 101})
    assert (status, said["code"]) == (400, "invalid_request")
    status, said = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "mine", "shots": 1})
    assert "does not say where its examples come from" in said["message"]


def test_what_cannot_be_is_refused(api: Api) -> None:
    for body, code in (
        ({"model": "none", "suite": "mine"}, "model_not_found"),
        ({"model": "echo", "suite": "none"}, "not_found"),
        ({"model": "echo", "suite": "../mine"}, "invalid_request"),
        ({"model": "echo"}, "invalid_request"),
        ({"model": "echo", "suite": "mine", "judge": "none"}, "model_not_found"),
    ):
        status, said = api.ask("POST", "/api/evaluations", body)
        assert status >= 400, body
        assert said["code"] == code, (body, said)
    assert api.ask("GET", "/api/evaluations/eval_none")[1]["code"] == "not_found"
    assert api.ask("GET", "/api/evaluations/eval_none/report")[1]["code"] == "not_found"
    assert api.ask("GET", "/api/evaluations/compare?first=a&second=b")[1]["code"] == "not_found"
    assert api.ask("GET", "/api/evaluations")[1] == {"items": [], "next": None}


def test_one_that_fails_says_why(api: Api) -> None:
    asked = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "mine"})[1]
    over = api.until_over(asked["id"])
    assert over["state"] == "done"
    (api.home / "suites" / "mine" / "suite.toml").write_text("][")
    status, said = api.ask("POST", "/api/evaluations", {"model": "echo", "suite": "mine"})
    assert (status, said["code"]) == (422, "invalid_data")


def test_the_suites_are_listed_without_their_items(api: Api) -> None:
    suites = {each["name"]: each for each in api.ask("GET", "/api/suites")[1]["suites"]}
    assert {"core", "safety", "even-handedness", "quick", "mine"} <= suites.keys()
    assert suites["mine"]["items"] == 30
    assert suites["mine"]["tasks"] == [
        {"name": "t", "kind": "answer", "languages": [], "items": 30, "examples": "", "shots": 0}
    ]
    assert suites["core"]["card"]


async def test_in_a_team_builders_judge_models_that_are_theirs(tmp_path: Path) -> None:
    with stub_upstream() as upstream:
        async with team_server(tmp_path / "home", upstream_config(upstream)) as team:
            await team.join("owner", Role.OWNER)
            builder = await team.join("builder", Role.BUILDER)
            member = await team.join("member")
            suite_of(team.parts.settings, "answer", LINES, CONTAINS)
            body = {"model": "echo", "suite": "mine"}
            assert (await team.ask("POST", "/api/evaluations", member, body=body)).status == 403
            asked = await team.ask("POST", "/api/evaluations", builder, body=body)
            assert asked.status == 201
            seen = await team.ask("GET", "/api/evaluations", builder)
            assert [each["id"] for each in seen.json["items"]] == [asked.json["id"]]


async def test_after_kill_nine_of_the_server_the_job_goes_on_from_the_last_answer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with Answerer(added) as answerer:
        suite_of(answerer.settings(home), "answer", additions(300), '[tasks.options]\nform = "numeric"')
        answerer.delay_s = 0.2

        def begin() -> str:
            with running_server(home, answerer.config) as up:
                asked = Api(up.address, home).ask("POST", "/api/evaluations", {"model": MODEL, "suite": "mine"})[1]
                while len(answerer.asked) < 60:
                    time.sleep(0.02)
                os.kill(up.pid, signal.SIGKILL)
            return str(asked["id"])

        def go_on(evaluation_id: str) -> Any:
            with running_server(home, answerer.config) as up:
                return Api(up.address, home).until_over(evaluation_id)

        evaluation_id = await asyncio.to_thread(begin)
        before = len(answerer.asked)
        answerer.delay_s = 0.002
        over = await asyncio.to_thread(go_on, evaluation_id)
    assert (over["state"], over["metrics"][0]["value"], over["metrics"][0]["items"]) == ("done", 1.0, 300)
    assert before < 300
    assert len(answerer.asked) <= 300 + 2 * 16, "what was answered before the kill is not asked again"
