"""Applications: keys that are nobody's, limited and counted like a person, and never a way to sign in."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest_asyncio

from causerie.accounts.identity import Role
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.server.serving import upstream_config
from tests.server.team import Answer, Someone, Team, team_server

ASKED = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    async with StubUpstream(("Hi",)) as stub, team_server(settings.home, upstream_config(stub)) as running:
        await running.join("olga", Role.OWNER)
        yield running


async def made(team: Team, **fields: object) -> tuple[Any, Someone]:
    """A new application, and it as somebody who asks."""
    olga = team.people["olga"]
    answer = await team.ask("POST", "/api/admin/applications", olga, body={"name": "website", **fields})
    assert answer.status == 201, answer.text
    shown = answer.json
    return shown, replace(olga, id=shown["application"]["id"], session="", key=shown["secret"])


async def ask(team: Team, by: Someone) -> Answer:
    return await team.ask("POST", "/v1/chat/completions", by, "bearer", ASKED)


async def test_an_application_asks_models_and_nothing_of_a_person_is_its(team: Team) -> None:
    shown, website = await made(team)
    assert (await ask(team, website)).status == 200
    assert shown["key"]["scopes"] == ["models"]
    for method, path in (
        ("GET", "/api/me"), ("GET", "/api/conversations"), ("GET", "/api/admin/people"), ("GET", "/metrics"),
    ):  # fmt: skip
        assert (await team.ask(method, path, website, "bearer")).status == 403, path


async def test_it_keeps_conversations_of_its_own_where_its_key_is_for_them(team: Team) -> None:
    _, website = await made(team, scopes=["models", "conversations"])
    begun = await team.ask("POST", "/api/conversations", website, "bearer", {"title": "of the website"})
    assert begun.status == 201
    assert (await team.ask("GET", "/api/conversations", team.people["olga"])).json["items"] == []


async def test_it_is_nobody_who_signs_in_or_is_listed_or_administered_as_a_person(team: Team) -> None:
    shown, _ = await made(team)
    olga, found = team.people["olga"], shown["application"]["id"]
    listed = await team.ask("GET", "/api/admin/people", olga)
    assert [each["login"] for each in listed.json["items"]] == ["olga"]
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"role": "owner"}), ("DELETE", "", None), ("POST", "/reset", None),
    ):  # fmt: skip
        assert (await team.ask(method, f"/api/admin/people/{found}{path}", olga, body=body)).status == 404, path
    for scopes in (["account"], ["administration"], []):
        refused = await team.ask("POST", f"/api/admin/applications/{found}/keys", olga, body={"scopes": scopes})
        assert refused.status == 400


async def test_its_quota_holds_it_alone(team: Team) -> None:
    shown, website = await made(team)
    olga = team.people["olga"]
    quota = {"subject_kind": "key", "subject_id": shown["key"]["id"], "unit": "requests", "period": "day", "limit": 1}
    assert (await team.ask("POST", "/api/admin/quotas", olga, body=quota)).status == 201
    whole = quota | {"subject_kind": "person", "subject_id": website.id, "limit": 2}
    told = await team.ask("POST", "/api/admin/quotas", olga, body=whole)
    assert told.json["subject_name"] == "website"
    assert (await ask(team, website)).status == 200
    refused = await ask(team, website)
    assert (refused.status, refused.code) == (429, "quota_exceeded")
    assert (await ask(team, olga)).status == 200
    further = await team.ask("POST", f"/api/admin/applications/{website.id}/keys", olga, body={})
    other = replace(website, key=further.json["secret"])
    assert [(await ask(team, other)).status for _ in range(2)] == [200, 429], "the application's own holds all keys"


async def test_it_is_listed_with_its_keys_used_is_counted_and_removed_it_is_gone(team: Team) -> None:
    _, website = await made(team)
    olga = team.people["olga"]
    await ask(team, website)
    await team.parts.usage.flush()
    listed = (await team.ask("GET", "/api/admin/applications", olga)).json["items"]
    assert [(each["name"], len(each["keys"])) for each in listed] == [("website", 1)]
    used = await team.ask("GET", f"/api/admin/people/{website.id}/usage", olga)
    assert used.json["totals"]["requests"] == 1
    assert "website" in (await team.ask("GET", "/api/admin/keys", olga)).text
    again = await team.ask("POST", "/api/admin/applications", olga, body={"name": "Website"})
    assert (again.status, again.code) == (409, "conflict")
    assert (await team.ask("DELETE", f"/api/admin/applications/{website.id}", olga)).status == 204
    assert (await ask(team, website)).status == 401
    assert (await team.ask("GET", "/api/admin/applications", olga)).json["items"] == []
    assert (await team.ask("DELETE", f"/api/admin/applications/{olga.id}", olga)).status == 404
    audit = (await team.ask("GET", "/api/admin/audit", olga)).json["items"]
    actions = [each["action"] for each in audit]
    assert {"application.make", "key.make", "person.delete"} <= set(actions)
