"""The route of plans, asked from outside: figures with ranges and sources, and clear refusals."""

from typing import Any

import pytest

from causerie.planning.assumptions import Assumptions
from causerie.planning.gpus import gpu
from causerie.planning.plan import make_plan
from causerie.planning.sketch import sketch
from tests.running import RunningServer, answer_or_error

pytestmark = pytest.mark.xdist_group("server")
ASKED: dict[str, Any] = {"parameters": 7_000_000_000, "tokens": 10**12, "gpus": 1024}


def plan(server: RunningServer, **changes: object) -> tuple[int, Any]:
    return answer_or_error(server.address, "POST", "/api/plans", {**ASKED, **changes})


def test_a_plan_has_the_figures_of_planning_with_ranges_and_sources(server: RunningServer) -> None:
    status, told = plan(server, curves=True)
    assert status == 200
    run = sketch(parameters=7_000_000_000, tokens=10**12, context=4096, batch_tokens=2**22)
    same = make_plan(run, gpu("h100"), 1024)
    assert told["expected"]["days"] == same.expected.days
    assert told["good"]["days"] < told["expected"]["days"] < told["bad"]["days"]
    assert told["memory_bytes"]["total"] == same.placed.memory.total
    assert told["expected"]["money"]["rented"] == same.expected.money.rented
    assert [each["name"] for each in told["assumptions"]] == list(Assumptions.model_fields)
    assert all(each["source"] and each["default"] for each in told["assumptions"])
    assert [each["flops"] for each in told["thresholds"]] == [1e25, 1e26]
    assert told["expected"]["crossings"][0]["day"] is None
    assert 1024 in [each["gpus"] for each in told["curves"]["days"]]
    assert "h100" in [each["key"] for each in told["kinds"]]


def test_your_own_values_take_the_place_of_assumptions(server: RunningServer) -> None:
    _, usual = plan(server)
    _, told = plan(server, assume={"rent_usd_per_gpu_hour": [4.0], "utilisation": [0.2, 0.25, 0.3]})
    given = {each["name"]: each for each in told["assumptions"]}
    mine = given["utilisation"]
    assert (mine["good"], mine["expected"], mine["bad"], mine["default"]) == (0.3, 0.25, 0.2, False)
    assert told["expected"]["money"]["rented"] == pytest.approx(4.0 * told["expected"]["gpu_hours"])
    assert told["expected"]["days"] > usual["expected"]["days"]
    assert usual["curves"] is None


def test_a_large_run_crosses_a_threshold_on_a_day(server: RunningServer) -> None:
    _, told = plan(server, parameters=300_000_000_000, tokens=2 * 10**13, gpus=10_000, batch_tokens=2**24)
    day = [told[case]["crossings"][0]["day"] for case in ("good", "expected", "bad")]
    assert day == sorted(day)
    assert day[1] == pytest.approx(told["expected"]["days"] * 1e25 / told["run"]["flops"])


def test_thresholds_are_those_of_the_policy_in_force(server: RunningServer) -> None:
    policy = server.log.with_name("policy.toml")
    policy.write_text(
        'version = "1"\n[[pause.compute]]\nflops = 1e21\nname = "ours"\nsource = "the board"\n', "utf-8"
    )
    try:
        _, told = plan(server)
    finally:
        policy.unlink()
    assert [(each["flops"], each["name"], each["since"]) for each in told["thresholds"]] == [(1e21, "ours", "")]
    assert told["expected"]["crossings"][0]["day"] > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gpus": 1, "parameters": 70_000_000_000}, "no layout fits"),
        ({"gpu": "h1000"}, "did you mean h100"),
        ({"gpu": "a100", "precision": "fp8"}, "does not compute in fp8"),
        ({"assume": {"utilisatoin": [0.4]}}, "did you mean utilisation"),
        ({"assume": {"utilisation": [1.4]}}, "outside its bounds"),
        ({"assume": {"utilisation": [0.5, 0.3]}}, "must be NAME=NUMBER"),
        ({"assume": {"utilisation": []}}, "at least 1 item"),
        ({"gpus": 0}, "greater than or equal to 1"),
        ({"gpus": 1_000_001}, "less than or equal to 1000000"),
        ({"tokens": "many"}, "integer"),
        ({"tensor": 3}, "tensor"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_reason(
    server: RunningServer, changes: dict[str, object], words: str
) -> None:
    status, error = plan(server, **changes)
    assert status == 400, error
    assert words.lower() in f"{error['message']} {error.get('hint', '')} {error['param']}".lower()


def test_the_largest_plan_takes_seconds(server: RunningServer) -> None:
    status, told = plan(
        server, parameters=20_000_000_000_000, tokens=10**16, gpus=1_000_000, gpu="b200", batch_tokens=2**28,
        assume={"gpu_hours_between_failures": [10**7]},
    )  # fmt: skip
    assert status == 200, told
    assert told["layout"]["gpus"] <= 1_000_000


def test_a_plan_ends_whatever_is_assumed_of_its_failures(server: RunningServer) -> None:
    fast = {"stall_s": [1e-18], "storage_bytes_per_s_per_gpu": [1e18], "restart_s": [0]}
    for between in (1e-9, 50_000):
        status, told = plan(server, assume={**fast, "gpu_hours_between_failures": [between]})
        assert status == 200, told
        year = told["simulated_year"]
        assert year["failures"] + year["checkpoints"] <= 1_000_000
        assert 0 < year["seconds"] < 365 * 86_400
