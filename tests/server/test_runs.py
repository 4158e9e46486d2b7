"""The routes of runs, asked from outside of the real server: a run from its recipe to a model that is asked."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from causerie.accounts.identity import Role
from causerie.settings import Settings
from causerie.training.recipe_file import toml_of
from tests.running import answer_or_error, running_server
from tests.server.team import team_server
from tests.training.runs import recipe_of
from tests.training.talks import write_talks
from tests.training.test_export import taught

pytestmark = pytest.mark.xdist_group("runs")


@dataclass(frozen=True)
class Api:
    """A server, asked as the page asks it."""

    address: str
    home: Path

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        return answer_or_error(self.address, method, path, body)

    def run(self, name: str) -> Any:
        status, run = self.ask("GET", f"/api/runs/{name}")
        assert status == 200, run
        return run

    def until(self, name: str, *states: str, step: int = 0) -> Any:
        while (run := self.run(name))["state"] not in states or run["step"] < step:
            assert run["state"] != "failed" or "failed" in states, run["error"]
            time.sleep(0.05)
        return run


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_talks(tmp_path_factory.mktemp("talks"))


@pytest.fixture
def api(database_url: str, settings: Settings) -> Iterator[Api]:
    """A server of its own, on either database."""
    with running_server(settings.home, CAUSERIE_DATABASE_URL=database_url) as up:
        yield Api(up.address, settings.home)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server for what changes nothing."""
    home = tmp_path_factory.mktemp("runs") / "home"
    with running_server(home) as up:
        yield Api(up.address, home)


@pytest.mark.timeout(900)
def test_a_run_is_begun_followed_paused_gone_on_with_and_made_a_model_that_answers(api: Api, talks: Path) -> None:
    recipe = toml_of(taught(talks, Path("elsewhere"), checkpoints={"every_steps": 50}))
    asked = {"name": "talker", "recipe": recipe, "set": {"schedule.steps": "150", "samples.every_steps": "5"}}
    status, run = api.ask("POST", "/api/runs", asked)
    assert (status, run["name"], run["state"], run["objective"]) == (201, "talker", "waiting", "sft")
    assert api.ask("POST", "/api/runs", asked)[1]["code"] == "conflict"
    api.until("talker", "running", step=6)

    status, first = api.ask("GET", "/api/runs/talker/metrics")
    assert (status, first["whole"], first["run"]["steps"]) == (200, True, 150)
    kinds = [row["kind"] for row in first["rows"]]
    assert kinds[:2] == ["start", "checkpoint"]
    assert "sample" in kinds
    step = next(row for row in first["rows"] if row["kind"] == "step")
    assert {"loss", "tokens_per_s", "seconds_left", "gradient_norm", "rate_share"} <= step.keys()
    assert api.ask("DELETE", "/api/runs/talker")[1]["code"] == "conflict"

    assert api.ask("POST", "/api/runs/talker/pause")[0] == 202
    paused = api.until("talker", "paused")
    status, more = api.ask("GET", f"/api/runs/talker/metrics?after={first['next']}")
    assert (status, more["whole"], more["rows"][-1]["kind"]) == (200, False, "stop")
    assert paused["checkpoints"][-1]["step"] == paused["step"]
    assert (paused["has_export"], paused["model"], paused["tokenizer_sha256"]) == (False, None, "")
    assert 'run = "runs/talker"' in paused["recipe"]
    assert paused["versions"]["torch"].startswith("2.")

    status, made = api.ask("POST", "/api/runs/talker/model", {"name": "halfway"})
    assert (status, made) == (201, {"model": "halfway"})
    assert api.run("talker")["model"] == "halfway"
    status, resumed = api.ask("POST", "/api/runs/talker/resume")
    assert (status, resumed["state"], resumed["error"]) == (202, "waiting", None)
    over = api.until("talker", "finished")
    assert (over["step"], over["has_export"], len(over["tokenizer_sha256"])) == (150, True, 64)
    assert api.ask("POST", "/api/runs/talker/model", {"name": "halfway"})[1]["code"] == "conflict"
    assert "talker" not in {model["id"] for model in api.ask("GET", "/v1/models")[1]["data"]}
    assert api.ask("POST", "/api/runs/talker/model", {}) == (201, {"model": "talker"})
    assert {"halfway", "talker"} <= {model["id"] for model in api.ask("GET", "/v1/models")[1]["data"]}
    question = {"model": "talker", "messages": [{"role": "user", "content": "what comes after red?"}]}
    status, answer = api.ask("POST", "/v1/chat/completions", question | {"max_tokens": 8, "temperature": 0})
    assert status == 200, answer
    assert answer["choices"][0]["message"]["content"]

    _, listed = api.ask("GET", "/api/runs")
    assert [(run["name"], run["state"]) for run in listed["runs"]] == [("talker", "finished")]
    assert api.ask("POST", "/api/runs/talker/stop")[1]["code"] == "conflict"
    assert api.ask("DELETE", "/api/runs/talker") == (204, None)
    assert api.ask("GET", "/api/runs") == (200, {"runs": []})
    _, audit = api.ask("GET", "/api/admin/audit")
    actions = [entry["action"] for entry in audit["items"] if entry["action"].startswith("run.")]
    assert actions[::-1] == ["run.begin", "run.pause", "run.model", "run.resume", "run.model", "run.remove"]


@pytest.mark.timeout(900)
def test_a_run_is_stopped_and_outlives_its_server(api: Api, talks: Path, database_url: str) -> None:
    recipe = toml_of(taught(talks, Path("elsewhere")))
    api.ask("POST", "/api/runs", {"name": "long", "recipe": recipe, "set": {"schedule.steps": "100000"}})
    api.until("long", "running", step=3)
    with (api.home / "runs" / "long" / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"kind": "step", "damaged\n')
    assert api.ask("GET", "/api/runs/long/metrics")[0] == 200
    assert api.ask("POST", "/api/runs/long/stop")[0] == 202
    stopped = api.until("long", "stopped")
    assert stopped["checkpoints"][-1]["step"] == stopped["step"]
    assert api.ask("GET", f"/api/jobs/{stopped['job_id']}")[1]["state"] == "cancelled"
    assert api.ask("POST", "/api/runs/long/pause")[1]["code"] == "conflict"


def test_recipes_that_ship_are_listed_and_can_be_begun_as_they_are(one: Api) -> None:
    status, found = one.ask("GET", "/api/recipes")
    assert status == 200
    starter = found["recipes"][0]
    assert starter["name"] == "starter"
    status, checked = one.ask("POST", "/api/runs/check", {"recipe": starter["text"]})
    assert status == 200, checked
    facts = checked["facts"]
    assert (checked["ok"], facts["steps"], facts["data_ready"], facts["timed"]) == (True, 800, True, True)
    assert facts["memory_bytes"] == sum(facts["memory"].values()) > facts["parameters"] * 4
    assert facts["hours"] > 0
    assert 0 < facts["share"] <= 1
    assert one.ask("GET", "/api/runs") == (200, {"runs": []}), "nothing is begun"


@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/check"])
def test_a_wrong_recipe_is_a_400_with_key_line_and_fix(one: Api, path: str) -> None:
    lines = toml_of(recipe_of(Path("data"), Path("x"))).splitlines()
    line = lines.index("[schedule]") + 1
    lines[line] = "stepz = 12"
    named = {} if path.endswith("check") else {"name": "x"}
    status, error = one.ask("POST", path, {"recipe": "\n".join(lines), **named})
    assert (status, error["code"], error["param"]) == (400, "invalid_request", "schedule.stepz")
    assert error["message"] == f"recipe.toml, line {line + 1}: the key schedule.stepz is not known"
    assert error["hint"] == "did you mean steps?"
    status, error = one.ask("POST", path, {"recipe": "x = 1", "set": {"y": 3}, **named})
    assert (status, error["param"]) == (400, "set.y")


@pytest.mark.parametrize("name", ["Big", "../x", ".x", "a/b", "", "x" * 65, "a b"])
def test_a_name_that_is_no_folder_begins_no_run(one: Api, name: str) -> None:
    status, error = one.ask("POST", "/api/runs", {"name": name, "recipe": "x = 1"})
    assert (status, error["param"]) == (400, "name")


def test_what_is_not_there_is_a_404(one: Api) -> None:
    for method, path in (
        ("GET", ""), ("GET", "/metrics"), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/stop"), ("DELETE", ""),
    ):  # fmt: skip
        for name in ("none", "..%2f..%2fetc", "%00", ".."):
            status, error = one.ask(method, f"/api/runs/{name}{path}")
            assert status in {404, 405}, (method, name, path)
            assert error["code"] in {"not_found", "method_not_allowed"}
    assert one.ask("POST", "/api/runs/none/model", {})[0] == 404


async def test_a_builder_of_a_team_trains_inside_the_data_folder_and_a_member_not_at_all(
    settings: Settings, database_url: str
) -> None:
    recipe = toml_of(recipe_of(Path("/etc"), Path("x")))
    async with team_server(settings.home) as team:
        await team.join("olga", Role.OWNER)
        bea, mia = await team.join("bea", Role.BUILDER), await team.join("mia")
        refused = await team.ask("POST", "/api/runs", bea, body={"name": "x", "recipe": recipe})
        assert (refused.status, refused.json["error"]["param"]) == (400, "data.folder")
        assert "leads out of the server's data folder" in refused.text
        inside = {"name": "x", "recipe": recipe, "set": {"data.folder": "data/ours"}}
        assert (await team.ask("POST", "/api/runs", mia, body=inside)).status == 403
        assert (await team.ask("GET", "/api/runs", mia)).status == 403
        begun = await team.ask("POST", "/api/runs", bea, body=inside)
        assert begun.status == 201
        assert (await team.ask("POST", "/api/runs/x/stop", bea)).json["state"] in {"stopped", "running"}
