"""The routes of the closed loop: rounds with their timeline, and the settings; who may what is in the table."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from causerie.accounts.identity import Role
from causerie.database.tables import now
from causerie.improvement import store
from causerie.jobs.tables import Job
from causerie.settings import Settings
from tests.improvement.talked import Talked
from tests.server.team import Team, team_server

FACTS: dict[str, dict[str, Any]] = {
    "collect": {"count": 9, "counts": {"too long": 1}, "message": "9 statements", "base": "starter"},
    "examine": {"count": 7, "counts": {}, "message": "7 left"},
    "hold_out": {"count": 5, "method": "dpo", "run": "improve-x"},
    "train": {"count": 4},
    "register": {"model": "starter-improved", "message": "starter-improved"},
    "compare": {"interval": {"value": 0.8, "low": 0.6, "high": 0.9, "confidence": 0.95, "items": 10, "clusters": 10,
                             "method": "Wilson"}},
}  # fmt: skip


def without_workers(team: Team) -> None:
    """Nobody does jobs here but `play`."""
    team.parts.workers._stopping = True
    team.parts.workers.wake()


async def play(team: Team, job_id: str, person_id: str) -> None:
    """As if a worker had done it."""
    finding = {"rule": "burst", "people": [person_id, "person_gone"], "statements": 2, "evidence": "12 within 60 s"}
    async with team.database.write() as session:
        for name, facts in FACTS.items():
            await store.began(session, job_id, name)
            more = {"findings": [finding]} if name == "examine" else {}
            await store.ended(session, job_id, name, {**facts, **more})
        result = {"verdict": "refused", "message": "no"}
        await session.execute(update(Job).where(Job.id == job_id).values(state="done", result=result, ended_at=now()))


async def test_a_round_is_begun_once_and_shown_as_a_timeline(settings: Settings, database_url: str) -> None:
    async with team_server(settings.home) as team:
        olga = await team.join("olga", Role.OWNER)
        bea = await team.join("bea", Role.BUILDER)
        without_workers(team)
        begun = await team.ask("POST", "/api/improvements", olga, body={"least": 5, "method": "dpo"})
        assert begun.status == 201, begun.text
        assert (begun.json["person"], begun.json["alias"], begun.json["method"]) == ("Olga", "chat", "dpo")
        assert len(begun.json["steps"]) == 8
        again = await team.ask("POST", "/api/improvements", olga, body={})
        assert (again.status, again.code) == (409, "conflict")
        assert (await team.ask("POST", "/api/improvements", bea, body={})).status == 403
        job_id = begun.json["id"]
        await play(team, job_id, olga.id)
        shown = (await team.ask("GET", f"/api/improvements/{job_id}", bea)).json
        assert (shown["verdict"], shown["base"], shown["candidate"], shown["run"]) == (
            "refused", "starter", "starter-improved", "improve-x",
        )  # fmt: skip
        assert shown["compared"] == {
            "value": 0.8, "low": 0.6, "high": 0.9, "items": 10, "clusters": 10, "method": "Wilson",
        }  # fmt: skip
        assert shown["findings"] == [
            {"rule": "burst", "people": ["Olga", "person_gone"], "statements": 2, "evidence": "12 within 60 s"}
        ]
        steps = {step["name"]: step for step in shown["steps"]}
        assert (steps["collect"]["count"], steps["collect"]["counts"]) == (9, {"too long": 1})
        assert (steps["train"]["state"], steps["gate"]["state"]) == ("done", "skipped")
        assert steps["collect"]["seconds"] >= 0
        listed = (await team.ask("GET", "/api/improvements?limit=1", bea)).json
        assert [each["id"] for each in listed["items"]] == [job_id]
        assert listed["next"] == job_id
        assert (await team.ask("GET", f"/api/improvements?before={job_id}", bea)).json["items"] == []
        assert (await team.ask("GET", "/api/improvements/job_none", bea)).status == 404
        audit = (await team.ask("GET", "/api/admin/audit", olga)).json
        assert "improvement.begin" in {entry["action"] for entry in audit["items"]}


async def test_the_settings_say_what_waits_and_a_wrong_one_is_refused(settings: Settings, database_url: str) -> None:
    async with team_server(settings.home) as team:
        olga = await team.join("olga", Role.OWNER)
        bea = await team.join("bea", Role.BUILDER)
        talked = Talked(team.database)
        (answer,) = await talked.asked(bea.id, "q", "a")
        await talked.thinks(bea.id, answer, 1, at=now() - timedelta(days=400))
        path = "/api/improvements/settings"
        known = (await team.ask("GET", path, bea)).json
        assert (known["alias"], known["least"], known["every_days"], known["waiting"]) == ("chat", 20, 0, 1)
        changed = await team.ask("PUT", path, olga, body={"every_days": 7, "changes": {"schedule.epochs": "3"}})
        assert (changed.status, changed.json["every_days"], changed.json["least"]) == (200, 7, 20)
        assert (await team.ask("GET", path, bea)).json["changes"] == {"schedule.epochs": "3"}
        for body, param in (
            ({"held_out": 0.9}, "held_out"), ({"method": "ppo"}, "method"), ({"changes": {"run": "x"}}, "changes"),
            ({"unheeded": ["everything"]}, "unheeded"), ({"unknown": 1}, "unknown"), ({"alias": "Chat me"}, "alias"),
            ({"changes": {"schedule.epoch": "3"}}, "schedule.epoch"),
        ):  # fmt: skip
            refused = await team.ask("PUT", path, olga, body=body)
            assert (refused.status, refused.json["error"]["param"]) == (400, param), refused.text
        assert (await team.ask("PUT", path, bea, body={"least": 3})).status == 403
