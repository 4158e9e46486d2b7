"""The administration over HTTP: people, invitations, groups, permissions, limits, the log, the settings."""

from collections.abc import AsyncIterator

import pytest_asyncio

from causerie.accounts.identity import Role
from causerie.settings import Settings
from tests.accounts.hashing import quick_hashes  # noqa: F401 - a fixture
from tests.inference.stub_upstream import StubUpstream
from tests.server.serving import upstream_config
from tests.server.team import Answer, Someone, Team, team_server

PASSWORD = "correct horse battery staple"
ADMIN = "/api/admin"


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    async with StubUpstream() as stub:
        far = 'name = "far"\nbase_urls = ["http://me:a-password@far.example/v1"]\nmodels = ["far"]\n'
        config = f'api_keys = ["a-key-of-the-settings"]\n{upstream_config(stub)}[[upstreams]]\n{far}'
        async with team_server(settings.home, config) as running:
            await running.join("olga", Role.OWNER)
            await running.join("adam", Role.ADMINISTRATOR)
            await running.join("mia")
            yield running


async def admin(team: Team, method: str, path: str, body: object = None) -> Answer:
    return await team.ask(method, ADMIN + path, team.people["adam"], body=body)


async def test_people_are_made_shown_changed_and_removed(team: Team) -> None:
    body = {"login": "Bob", "name": "Bob", "password": PASSWORD, "role": "builder", "email": "bob@example.org"}
    made = await admin(team, "POST", "/people", body)
    assert made.status == 201
    assert (made.json["login"], made.json["role"], made.json["has_password"]) == ("bob", "builder", True)
    one = f"/people/{made.json['id']}"
    assert (await admin(team, "GET", one)).json == made.json
    changed = (await admin(team, "PATCH", one, {"role": "viewer", "name": "Robert", "disabled": True})).json
    assert (changed["role"], changed["name"]) == ("viewer", "Robert")
    assert changed["disabled_at"]
    signed = await team.ask("POST", "/api/session", body={"login": "bob", "password": PASSWORD})
    assert signed.code == "sign_in_failed"
    assert (await admin(team, "PATCH", one, {"disabled": False})).json["disabled_at"] is None
    assert (await admin(team, "GET", "/people?search=robert")).json["items"][0]["login"] == "bob"
    assert (await admin(team, "DELETE", one)).status == 204
    assert (await admin(team, "GET", one)).status == 404
    assert (await admin(team, "POST", "/people", {**body, "password": "bob12345"})).code == "weak_password"
    assert (await admin(team, "POST", "/people", {**body, "login": "MIA"})).code == "conflict"


async def test_an_invitation_makes_a_member_of_the_groups_it_names(team: Team) -> None:
    group = (await admin(team, "POST", "/groups", {"name": "Research"})).json
    made = await admin(team, "POST", "/invitations", {"role": "builder", "group_ids": [group["id"]]})
    link = made.json["link"]
    assert link.startswith(f"{team.address}/#invitation=")
    token = link.partition("=")[2]
    listed = (await admin(team, "GET", "/invitations")).json["items"]
    assert [each["invited_by"]["name"] for each in listed] == ["Adam"]
    assert token not in str(listed)
    body = {"token": token, "login": "bea", "name": "Bea", "password": PASSWORD}
    me = (await team.ask("POST", "/api/links/accept", body=body)).json["me"]
    assert me["role"] == "builder"
    assert me["groups"] == [{"id": group["id"], "name": "Research"}]
    assert (await admin(team, "GET", "/invitations")).json["items"][0]["used_at"]
    other = (await admin(team, "POST", "/invitations", {})).json
    assert (await admin(team, "DELETE", f"/invitations/{other['invitation']['id']}")).status == 204
    looked = await team.ask("POST", "/api/links/look", body={"token": other["link"].partition("=")[2]})
    assert looked.code == "link_not_valid"


async def test_who_lost_a_password_gets_a_link_to_choose_another(team: Team) -> None:
    mia = team.people["mia"]
    made = (await admin(team, "POST", f"/people/{mia.id}/reset")).json
    token = made["link"].partition("#reset=")[2]
    assert (await team.ask("POST", "/api/links/look", body={"token": token})).json["login"] == "mia"
    accepted = await team.ask("POST", "/api/links/accept", body={"token": token, "password": PASSWORD})
    assert accepted.json["me"]["id"] == mia.id
    assert (await team.ask("GET", "/api/me", mia)).status == 401, "the sessions before have ended"


async def test_an_administrator_ends_sessions_lifts_waits_and_takes_a_lost_factor_off(team: Team) -> None:
    one = f"/people/{team.people['mia'].id}"
    for method, what in (("DELETE", "second-factor"), ("POST", "unlock"), ("DELETE", "sessions")):
        assert (await admin(team, method, f"{one}/{what}")).status == 204
    assert (await team.ask("GET", "/api/me", team.people["mia"])).status == 401


async def test_groups_have_members_and_models_are_open_to_them(team: Team) -> None:
    mia, model = team.people["mia"], (await admin(team, "GET", "/permissions")).json["items"][0]["model"]
    group = (await admin(team, "POST", "/groups", {"name": "Research", "description": "They ask"})).json
    assert (await admin(team, "POST", "/groups", {"name": "Research"})).code == "conflict"
    closed = {"model": model, "everyone": False, "group_ids": [group["id"]]}
    told = (await admin(team, "PUT", "/permissions", closed)).json
    assert (told["everyone"], told["groups"]) == (False, [{"id": group["id"], "name": "Research"}])
    assert await may_see(team, mia, model) == [False, False]
    assert await may_see(team, team.people["adam"], model) == [True, True]
    member = f"/groups/{group['id']}/members/{mia.id}"
    assert (await admin(team, "PUT", member)).status == 204
    assert (await admin(team, "GET", f"/groups/{group['id']}/members")).json["items"] == [
        {"id": mia.id, "name": "Mia"}
    ]
    assert (await admin(team, "GET", "/groups")).json["items"][0]["members"] == 1
    assert await may_see(team, mia, model) == [True, True]
    renamed = await admin(team, "PATCH", f"/groups/{group['id']}", {"name": "Study"})
    assert (renamed.json["name"], renamed.json["description"], renamed.json["members"]) == ("Study", "They ask", 1)
    assert (await admin(team, "DELETE", member)).status == 204
    assert (await admin(team, "DELETE", member)).status == 404
    assert (await admin(team, "DELETE", f"/groups/{group['id']}")).status == 204
    assert await may_see(team, mia, model) == [False, False]


async def may_see(team: Team, someone: Someone, model: str) -> list[bool]:
    """Whether the model is in the lists, and whether it is there by its name."""
    for_programs = (await team.ask("GET", "/v1/models", someone)).json["data"]
    for_people = (await team.ask("GET", "/api/models", someone)).json["models"]
    listed = {model in [each["id"] for each in for_programs], model in [each["name"] for each in for_people]}
    assert len(listed) == 1
    asked = await team.ask("GET", f"/v1/models/{model}", someone)
    assert asked.status == 200 or asked.code == "model_not_found"
    return [listed.pop(), asked.status == 200]


async def test_quotas_and_prices_are_set_in_the_currency(team: Team) -> None:
    mia = team.people["mia"]
    body = {"subject_kind": "person", "subject_id": mia.id, "unit": "money", "period": "month", "limit": 12.5}
    made = (await admin(team, "POST", "/quotas", body)).json
    assert (made["limit"], made["used"], made["reserved"], made["subject_name"]) == (12.5, 0, 0, "Mia")
    assert (await admin(team, "POST", "/quotas", body)).code == "conflict"
    assert (await admin(team, "PATCH", f"/quotas/{made['id']}", {"limit": 0.25})).json["limit"] == 0.25
    assert [each["limit"] for each in (await team.ask("GET", "/api/me/quotas", mia)).json["items"]] == [0.25]
    assert (await team.ask("GET", "/api/me/quotas", team.people["olga"])).json["items"] == []
    assert len((await admin(team, "GET", "/quotas")).json["items"]) == 1
    price = {"model": "some/model", "input_per_million": 0.15, "output_per_million": 0}
    assert (await admin(team, "PUT", "/prices", price)).json == price
    listed = (await admin(team, "GET", "/prices")).json
    assert listed["currency"] == "EUR"
    assert price in listed["items"]
    assert any(each["input_per_million"] is None for each in listed["items"])
    assert (await admin(team, "DELETE", "/prices?model=some/model")).status == 204
    assert (await admin(team, "DELETE", "/prices?model=some/model")).status == 404
    assert (await admin(team, "DELETE", f"/quotas/{made['id']}")).status == 204


async def test_everyone_s_keys_are_listed_and_any_can_be_revoked(team: Team) -> None:
    mia = team.people["mia"]
    keys = (await admin(team, "GET", f"/keys?person_id={mia.id}")).json["items"]
    assert [(key["name"], key["person"]["name"]) for key in keys] == [("all", "Mia")]
    assert (await admin(team, "DELETE", f"/keys/{keys[0]['id']}")).status == 204
    assert (await team.ask("GET", "/v1/models", mia, "bearer")).status == 401


async def test_what_everybody_used_is_told_by_person(team: Team) -> None:
    mia = team.people["mia"]
    question = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}
    await team.ask("POST", "/v1/chat/completions", mia, body=question)
    await team.parts.usage.flush()
    told = (await admin(team, "GET", "/usage?days=1")).json
    assert [(each["id"], each["name"], each["requests"]) for each in told["people"]] == [(mia.id, "Mia", 1)]
    assert (await admin(team, "GET", f"/people/{mia.id}/usage")).json["totals"]["requests"] == 1


async def test_what_was_done_stands_in_the_log_which_verifies(team: Team) -> None:
    mia = team.people["mia"]
    await admin(team, "PATCH", f"/people/{mia.id}", {"role": "builder"})
    newest = (await admin(team, "GET", "/audit")).json["items"][0]
    assert (newest["action"], newest["actor"]["name"], newest["target"]) == ("person.role", "Adam", mia.id)
    assert newest["details"] == {"role": "builder", "was": "member"}
    assert (await admin(team, "GET", f"/audit?action=person&person_id={mia.id}")).json["items"] == [newest]
    verified = (await admin(team, "GET", "/audit/verify")).json
    assert verified == {"intact": True, "entries": newest["sequence"], "head": newest["hash"], "broken_at": None}


async def test_a_failed_sign_in_stands_in_the_log_with_its_address(team: Team) -> None:
    mia = team.people["mia"]
    for login in ("mia", "stranger"):
        refused = await team.ask("POST", "/api/session", body={"login": login, "password": "wrong"})
        assert (refused.status, refused.code) == (401, "sign_in_failed")
    newest, before = (await admin(team, "GET", "/audit?action=sign_in_failed")).json["items"]
    assert (newest["actor"], newest["target"]) == (None, "")
    assert newest["details"] == {"shown": "password", "failures": 1, "address": "127.0.0.1"}
    assert (before["target"], before["details"]) == (mia.id, newest["details"])
    assert (await team.ask("GET", ADMIN + "/audit", mia)).status == 403


async def test_every_setting_is_told_with_what_it_does_and_no_secret_of_any(team: Team) -> None:
    answer = await admin(team, "GET", "/settings")
    assert "a-key-of-the-settings" not in answer.text
    assert "a-password" not in answer.text
    assert "http://***@far.example/v1" in answer.text
    told = {each["name"]: each for each in answer.json["items"]}
    assert all(each["description"] for each in told.values())
    assert (told["api_keys"]["value"], told["api_keys"]["source"], told["api_keys"]["secret"]) == ("set", "set", True)
    assert (told["hf_token"]["value"], told["hf_token"]["source"]) == ("not set", "default")
    assert (told["max_tokens"]["value"], told["max_tokens"]["default"]) == (2048, 2048)


async def test_a_key_of_the_settings_asks_models_for_the_first_account_and_administers_nothing(team: Team) -> None:
    headers = {"x-api-key": "a-key-of-the-settings"}
    for path, status in (("/v1/models", 200), ("/metrics", 200), ("/api/me", 403), (f"{ADMIN}/people", 403)):
        assert (await team.ask("GET", path, headers=headers)).status == status, path
    await team.ask("PATCH", f"{ADMIN}/people/{team.people['adam'].id}", team.people["olga"], body={"role": "owner"})
    gone = await admin(team, "DELETE", f"/people/{team.people['olga'].id}")
    assert gone.status == 204
    assert (await team.ask("GET", "/v1/models", headers=headers)).status == 401
