"""`causerie jobs` asks, lists, shows, stops, tries again and prints logs, for people and for programs."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from causerie.cli.main import app, run

pytestmark = pytest.mark.usefixtures("database_url")


def causerie(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["jobs", *arguments])


def told(*arguments: str) -> Any:
    outcome = causerie(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


def test_a_job_is_asked_for_stopped_and_tried_again_without_a_server() -> None:
    job = told("ask", "backup")
    assert (job["state"], job["kind"], job["attempt"], job["person_id"]) == ("queued", "backup", 1, None)
    assert [each["id"] for each in told("list", "--state", "queued")] == [job["id"]]
    assert told("cancel", job["id"])["state"] == "cancelled"
    again = told("retry", job["id"])
    assert (again["state"], again["attempt"]) == ("queued", 2)
    assert told("show", job["id"]) == again
    assert told("logs", job["id"]) == []


def test_people_read_columns_and_words() -> None:
    assert causerie().stderr.strip() == "there are no jobs"
    job_id = told("ask", "backup")["id"]
    table = causerie().stdout
    assert job_id in table
    assert "waiting" in table
    shown = causerie("show", job_id).stdout
    assert job_id in shown
    assert "waiting" in shown
    assert '{"scheduled": false}' in shown
    assert causerie("logs", job_id).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "job_none"), 5, "there is no job job_none"),
        (("ask", "dance"), 2, "'dance' is not a kind of job"),
        (("list", "--state", "asleep"), 2, "'asleep' is not a state of jobs"),
        (("--json", "list"), 2, "--json belongs behind list"),
    ],
)
def test_what_cannot_be_says_why(
    arguments: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(["jobs", *arguments])
    assert end.value.code == code
    assert says in capsys.readouterr().err
