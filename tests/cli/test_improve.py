"""`causerie improve` asks for rounds, tells them, and changes when they begin; no server is up to do them."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from causerie.cli.main import app, run
from causerie.database.engine import open_database
from causerie.improvement import store
from causerie.jobs.tables import Job
from causerie.settings import load_settings

pytestmark = pytest.mark.usefixtures("database_url")


def causerie(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["improve", *arguments])


def told(*arguments: str) -> Any:
    outcome = causerie(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


def play(job_id: str, steps: dict[str, dict[str, Any]], **values: Any) -> None:
    """As if a worker had done it."""

    async def work() -> None:
        database = open_database(load_settings())
        try:
            async with database.write() as session:
                for name, facts in steps.items():
                    await store.began(session, job_id, name)
                    await store.ended(session, job_id, name, facts)
                await session.execute(update(Job).where(Job.id == job_id).values(**values))
        finally:
            await database.close()

    asyncio.run(work())


def test_a_round_is_asked_for_and_shown_without_a_server() -> None:
    made = told("--least", "4", "--method", "kto", "--set", "schedule.epochs=3", "--set", "lora.rank = 4")
    assert (made["state"], made["verdict"], len(made["steps"])) == ("queued", "", 8)
    assert made["parameters"]["changes"] == {"schedule.epochs": "3", "lora.rank": "4"}
    assert (made["parameters"]["least"], made["parameters"]["method"]) == (4, "kto")
    assert told("show", made["id"]) == made
    assert [each["id"] for each in told("list")] == [made["id"]]


def test_people_read_the_timeline_with_what_was_set_aside_and_why_the_gate_refuses() -> None:
    assert "there are no rounds yet" in causerie("list").stderr
    said = causerie().stdout
    job_id = said.split()[3]
    assert f"causerie improve show {job_id}" in said
    finding = {"rule": "same_words", "people": ["person_x"], "statements": 5, "evidence": "buy from acme limited"}
    lines = [
        {"requirement": "core/accuracy", "passed": False, "reason": "accuracy is 0.1, at least 0.05; 0.2 is needed"},
        {"requirement": "lineage", "passed": True, "reason": "the lineage is complete"},
    ]
    steps: dict[str, dict[str, Any]] = {
        "collect": {"message": "9 statements", "counts": {"too long": 2}},
        "examine": {"findings": [finding]},
        "register": {"model": "starter-improved"},
        "gate": {"lines": lines},
    }
    play(job_id, steps, state="done", result={"verdict": "refused"})
    shown = causerie("show", job_id).stdout
    for words in (
        "9 statements",
        "too long: 2",
        "same_words: buy from acme limited",
        "0.2 is needed",
        "refused by the gate",
    ):
        assert words in " ".join(shown.split()), words
    assert "the lineage is complete" not in shown
    table = causerie("list").stdout
    assert "refused by the gate" in table
    play(job_id, {}, state="failed", error={"code": "x", "message": "no room", "hint": ""})
    assert "no room" in causerie("show", job_id).stdout


def test_the_settings_are_shown_and_changed() -> None:
    assert told("settings")["at_count"] == 0
    changed = told(
        "settings",
        "--at-count",
        "200",
        "--every-days",
        "7",
        "--held-out",
        "0.1",
        "--unheeded",
        "burst",
        "--set",
        "lora.rank=8",
    )
    assert (changed["at_count"], changed["every_days"], changed["held_out"]) == (200, 7, 0.1)
    assert told("settings") == changed
    shown = causerie("settings").stdout
    assert "lora.rank=8" in shown
    assert "burst" in shown
    back = told("settings", "--unheeded", "", "--set", "")
    assert (back["unheeded"], back["changes"], back["at_count"]) == ([], {}, 200)
    assert told("--set", "")["parameters"]["changes"] == {}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "job_none"), 5, "there is no job job_none"),
        (("--method", "ppo"), 2, "method must be one of auto, dpo, kto"),
        (("--set", "run=elsewhere"), 2, "run of the recipe is the loop's own"),
        (("--set", "nothing"), 3, "--set nothing must be key=value"),
        (("settings", "--set", "schedule.epoch=3"), 2, "did you mean epochs?"),
        (("settings", "--alias", "Chat me"), 2, "cannot be an alias"),
        (("settings", "--held-out", "0.9"), 2, "held_out must be a number from 0.05 to 0.5"),
        (("--json", "list"), 2, "--json belongs behind list"),
    ],
)
def test_what_cannot_be_says_why(
    arguments: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(["improve", *arguments])
    assert end.value.code == code
    assert says in capsys.readouterr().err
