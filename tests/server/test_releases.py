"""Releases over HTTP: judged, released, answering, rolled back; overrides and pauses signed by two people."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from causerie.accounts.identity import Role
from causerie.evaluation import store as evaluations
from causerie.registry import pause
from causerie.registry.gate import Standing, judge
from causerie.registry.policy import parse
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.registry.policies import evaluated, metric, written
from tests.registry.stories import Registry
from tests.server.team import Answer, Team, team_server

ANY = "[gate]\nlineage = false\ncard = false\nsignature = false\n"
CORE = '[[suites]]\nname = "core"\nthresholds = [{ metric = "accuracy", least = 0.5 }]\n'


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream(("Bon", "jour")) as running:
        yield running


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str, stub: StubUpstream) -> AsyncIterator[Team]:
    models = '["one", "two", "three"]'
    config = f'[[upstreams]]\nname = "far"\nbase_urls = ["{stub.url}"]\nmodels = {models}\ncontext_tokens = 1000\n'
    async with team_server(settings.home, config) as running:
        for login, role in (("olga", Role.OWNER), ("adam", Role.ADMINISTRATOR), ("bea", Role.BUILDER)):
            await running.join(login, role)
        await running.join("mia")
        written(settings, ANY)
        yield running


async def by(team: Team, login: str, method: str, path: str, body: object = None) -> Answer:
    return await team.ask(method, path, team.people[login], body=body)


async def release(team: Team, model: str, **more: Any) -> Answer:
    return await by(team, "adam", "POST", "/api/releases", {"model": model, **more})


async def asked(team: Team, stub: StubUpstream, model: str | None = "chat", *, stream: bool = False) -> str:
    """Which model a request of Mia's came to."""
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "Salut"}], "stream": stream}
    answer = await by(team, "mia", "POST", "/v1/chat/completions", body | ({"model": model} if model else {}))
    assert answer.status == 200, answer.text
    return str(stub.requests[-1]["model"])


async def test_a_released_model_answers_to_its_name_until_it_is_rolled_back(team: Team, stub: StubUpstream) -> None:
    nobody = await by(team, "mia", "POST", "/v1/chat/completions", {"model": "chat", "messages": []})
    assert nobody.code in {"model_not_found", "invalid_request"}
    first = await release(team, "one", reason="the first")
    assert first.status == 200, first.text
    assert (first.json["act"], first.json["model"], first.json["person"]) == ("release", "one", "Adam")
    assert await asked(team, stub) == "one"
    assert await asked(team, stub, None) == "one"  # who names no model gets what was judged
    assert (await release(team, "two")).status == 200
    assert await asked(team, stub, stream=True) == "two"
    assert await asked(team, stub, "one") == "one"
    await team.look_no_more()  # at once, and not when the server looks for what has changed
    back = await by(team, "olga", "POST", "/api/releases/chat/rollback", {"reason": "it was rude"})
    assert await asked(team, stub) == "one"
    assert (back.json["act"], back.json["model"], back.json["previous"], back.json["reason"]) == (
        "rollback", "one", "two", "it was rude",
    )  # fmt: skip
    listed = (await by(team, "bea", "GET", "/api/releases")).json
    (alias,) = listed["aliases"]
    assert (alias["alias"], alias["model"], alias["candidate"], alias["stage"]) == ("chat", "one", "", "all")
    assert [entry["act"] for entry in listed["history"]] == ["rollback", "release", "release"]
    assert [entry["person"] for entry in listed["history"]] == ["Olga", "Adam", "Adam"]
    assert (listed["policy"]["version"], listed["policy"]["automatic"], listed["next"]) == ("test", False, None)
    assert (await by(team, "adam", "POST", "/api/releases/chat/rollback", {})).code == "conflict"
    assert (await by(team, "adam", "POST", "/api/releases/none/rollback", {})).code == "not_found"


async def test_what_the_gate_refuses_says_why_and_changes_nothing(
    team: Team, stub: StubUpstream, settings: Settings
) -> None:
    await release(team, "one")
    written(settings, ANY + CORE)
    refused = await release(team, "two")
    assert (refused.status, refused.code) == (409, "gate_refused")
    (line,) = refused.json["judgement"]["lines"]
    assert (line["requirement"], line["passed"], line["kind"]) == ("core", False, "no suite")
    assert line["values"] == {"suite": "core", "model": "two"}
    assert await asked(team, stub) == "one"
    async with team.database.write() as session:
        await evaluations.add(session, evaluated(metric(value=0.9), model="two"))
    said = await by(team, "bea", "GET", "/api/models/two/judgement")
    assert (said.json["passed"], said.json["alias"]) == (True, "chat")
    assert [line["low"] for line in said.json["lines"]] == [None, 0.8]
    assert (await release(team, "two")).status == 200
    assert await asked(team, stub) == "two"
    assert (await release(team, "none")).code == "not_found"
    assert (await release(team, "two", stage="share")).code == "invalid_request"
    assert (await release(team, "two", alias="Ch at")).code == "invalid_request"
    assert (await release(team, "two", alias="new", stage="shadow")).code == "invalid_request"
    actions = [entry["action"] for entry in (await by(team, "olga", "GET", "/api/admin/audit")).json["items"]]
    assert actions[:3] == ["release.release", "release.refuse", "release.release"]


async def test_a_share_and_a_shadow_get_what_is_theirs(team: Team, stub: StubUpstream) -> None:
    await release(team, "one")
    assert (await release(team, "two", stage="share", share=0.5)).json["act"] == "stage"
    (side,) = {await asked(team, stub) for _ in range(5)}
    assert side == team.parts.aliases.resolve("chat", team.people["mia"].id)
    (alias,) = (await by(team, "bea", "GET", "/api/releases")).json["aliases"]
    assert (alias["people"], alias["reached"]) == (4, sum(
        team.parts.aliases.resolve("chat", each.id) == "two" for each in team.people.values()
    ))  # fmt: skip
    assert (await release(team, "three", stage="shadow")).status == 200
    stub.requests.clear()
    assert await asked(team, stub, stream=True) in {"one", "three"}
    until = time.monotonic() + 60
    while len(stub.requests) < 2:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    assert {each["model"] for each in stub.requests} == {"one", "three"}
    assert next(each for each in stub.requests if each["model"] == "three")["messages"][-1]["content"] == "Salut"


async def test_a_candidate_that_fails_is_taken_back_by_itself(
    team: Team, stub: StubUpstream, settings: Settings
) -> None:
    written(settings, ANY + "[fall_back]\nleast_requests = 5\n")
    await team.look_no_more()  # it is this test that looks
    await release(team, "one")
    await release(team, "two")
    stub.fault = "error-event"  # each answer breaks in its middle: its status was 200
    body = {"messages": [{"role": "user", "content": "Salut"}], "model": "chat", "stream": True}
    for _ in range(12):
        await by(team, "mia", "POST", "/v1/chat/completions", body)
    await team.parts.usage.flush()
    (entry,) = await team.parts.watch.look()
    assert (entry.act, entry.model, entry.previous) == ("fall_back", "one", "two")
    assert team.parts.aliases.resolve("chat", "ada") == "one"
    history = (await by(team, "bea", "GET", "/api/releases?alias=chat")).json["history"]
    assert (history[0]["act"], history[0]["person"]) == ("fall_back", None)
    assert "requests failed" in history[0]["reason"]


async def test_two_people_let_a_model_past_the_gate(team: Team, settings: Settings) -> None:
    registry = Registry(team.database, settings)
    version = await registry.add(registry.run("tiny"))
    written(settings, "[gate]\nlineage = false\ncard = false\n" + CORE)
    assert (await release(team, "tiny")).code == "gate_refused"
    wish = {"model": "tiny", "requirements": ["core"], "reason": "the suite cannot read it yet", "days": 2}
    made = await by(team, "adam", "POST", "/api/overrides", wish)
    assert made.status == 201, made.text
    assert (made.json["asked_by"], made.json["signed_by"], made.json["version"]) == ("Adam", None, version.id)
    typo = await by(team, "adam", "POST", "/api/overrides", wish | {"requirements": ["core", "cores"]})
    assert (typo.code, typo.json["error"]["param"]) == ("invalid_request", "requirements")
    path = f"/api/overrides/{made.json['id']}/sign"
    assert (await by(team, "adam", "POST", path)).code == "forbidden"
    for way in ("bearer", "x-api-key"):  # a key is no person
        assert (await team.ask("POST", path, team.people["olga"], way)).code == "forbidden"
        assert (await team.ask("POST", "/api/overrides", team.people["adam"], way, wish)).code == "forbidden"
    assert (await release(team, "tiny")).code == "gate_refused"
    assert (await by(team, "olga", "POST", path)).json["signed_by"] == "Olga"
    done = await release(team, version.id[:12])
    assert (done.status, done.json["failed"], done.json["override_id"]) == (200, ["core"], made.json["id"])
    listed = (await by(team, "bea", "GET", "/api/releases")).json
    assert [(each["id"], each["over"]) for each in listed["overrides"]] == [(made.json["id"], False)]
    assert (await by(team, "adam", "POST", "/api/overrides", wish | {"requirements": []})).status == 400
    card = (await by(team, "bea", "GET", f"/api/versions/{version.id}/card")).json["text"]
    assert "the suite cannot read it yet" in card


async def test_a_pause_is_listed_and_signed(team: Team) -> None:
    rules = parse('version = "1"\n[[pause.compute]]\nflops = 1e9\nname = "line"\nsource = "us"\n')
    async with team.database.write() as session:
        (row,) = await pause.note_model(session, judge(rules, Standing(model="big", version="e" * 64, flops=2e9)))
    (told,) = (await by(team, "bea", "GET", "/api/pauses?waiting=true")).json["pauses"]
    assert (told["id"], told["name"], told["threshold"], told["first_by"]) == (row.id, "big", "line", None)
    path = f"/api/pauses/{row.id}/sign"
    reason = {"reason": "the board decided it on Monday"}
    assert (await by(team, "bea", "POST", path, reason)).code == "forbidden"
    assert (await by(team, "adam", "POST", path, {})).code == "invalid_request"
    for way in ("bearer", "x-api-key"):  # a key is no person
        assert (await team.ask("POST", path, team.people["adam"], way, reason)).code == "forbidden"
    assert (await by(team, "adam", "POST", path, reason)).json["first_by"] == "Adam"
    assert (await by(team, "adam", "POST", path, reason)).code == "forbidden"
    assert (await by(team, "olga", "POST", path, reason)).json["second_by"] == "Olga"
    assert (await by(team, "bea", "GET", "/api/pauses?waiting=true")).json["pauses"] == []
    assert len((await by(team, "bea", "GET", "/api/pauses")).json["pauses"]) == 1
