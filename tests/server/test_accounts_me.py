"""One's own account over HTTP: preferences, keys, usage, export, end."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from causerie.accounts import people, sessions
from causerie.accounts.identity import Role
from causerie.accounts.passwords import hash_of
from causerie.settings import Settings
from tests.accounts.hashing import quick_hashes  # noqa: F401 - a fixture
from tests.inference.stub_upstream import StubUpstream
from tests.server.serving import upstream_config
from tests.server.team import Someone, Team, team_server

PASSWORD = "correct horse battery staple"
QUESTION = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    async with StubUpstream() as stub, team_server(settings.home, upstream_config(stub)) as running:
        await running.join("olga", Role.OWNER)
        await running.join("ada")
        yield running


@pytest_asyncio.fixture
async def ada(team: Team) -> Someone:
    return team.people["ada"]


async def test_preferences_are_merged_and_a_null_takes_one_away(team: Team, ada: Someone) -> None:
    await team.ask("PATCH", "/api/me", ada, body={"preferences": {"theme": "dark", "size": 3}, "language": "fr"})
    changed = await team.ask("PATCH", "/api/me", ada, body={"preferences": {"size": None, "beta": True}})
    assert changed.json["preferences"] == {"theme": "dark", "beta": True}
    assert changed.json["language"] == "fr"
    assert (await team.ask("PATCH", "/api/me", ada, body={"language": None})).json["language"] is None
    too_much = await team.ask("PATCH", "/api/me", ada, body={"preferences": {"x": "y" * 20_000}})
    assert (too_much.status, too_much.json["error"]["param"]) == (400, "preferences")


async def test_a_name_and_an_address_can_be_changed_but_not_to_another_s(team: Team, ada: Someone) -> None:
    changed = (await team.ask("PATCH", "/api/me", ada, body={"name": " Ada L. ", "email": "Ada@Example.org"})).json
    assert (changed["name"], changed["email"]) == ("Ada L.", "ada@example.org")
    taken = await team.ask("PATCH", "/api/me", team.people["olga"], body={"email": "ada@example.org"})
    assert (taken.status, taken.code) == (409, "conflict")
    assert (await team.ask("PATCH", "/api/me", ada, body={"email": ""})).json["email"] is None


async def test_a_key_is_shown_once_works_in_either_header_and_is_worthless_once_revoked(
    team: Team, ada: Someone
) -> None:
    made = (await team.ask("POST", "/api/me/keys", ada, body={"name": "laptop", "expires_days": 30})).json
    assert made["key"]["scopes"] == ["models"]
    secret = made["secret"]
    listed = await team.ask("GET", "/api/me/keys", ada)
    assert secret not in listed.text
    for headers in ({"Authorization": f"Bearer {secret}"}, {"x-api-key": secret}):
        assert (await team.ask("GET", "/v1/models", headers=headers)).status == 200
        assert (await team.ask("GET", "/api/me", headers=headers)).status == 403, "it is for models only"
    assert (await team.ask("DELETE", f"/api/me/keys/{made['key']['id']}", ada)).status == 204
    assert (await team.ask("GET", "/v1/models", headers={"x-api-key": secret})).status == 401
    revoked = (await team.ask("GET", "/api/me/keys", ada)).json["items"]
    assert next(key for key in revoked if key["id"] == made["key"]["id"])["revoked_at"]


async def test_two_keys_of_different_people_in_one_request_are_refused(team: Team, ada: Someone) -> None:
    olga = team.people["olga"]
    headers = {"Authorization": f"Bearer {ada.key}", "x-api-key": olga.key}
    assert (await team.ask("GET", "/api/me", headers=headers)).status == 401
    headers["x-api-key"] = ada.key
    assert (await team.ask("GET", "/api/me", headers=headers)).status == 200


@pytest.mark.parametrize("scope", ["administration", "metrics"])
async def test_who_does_not_administer_makes_no_key_that_would(team: Team, ada: Someone, scope: str) -> None:
    answer = await team.ask("POST", "/api/me/keys", ada, body={"name": "x", "scopes": [scope]})
    assert (answer.status, answer.code) == (403, "forbidden")


async def test_a_key_makes_no_key_and_changes_no_password(team: Team, ada: Someone) -> None:
    for method, path, body in (
        ("POST", "/api/me/keys", {"name": "x"}),
        ("PUT", "/api/me/password", {"password": PASSWORD}),
        ("POST", "/api/me/delete", {"confirm": "ada"}),
        ("POST", "/api/me/second-factor", None),
    ):
        answer = await team.ask(method, path, ada, "bearer", body)
        assert (answer.status, answer.code) == (403, "forbidden"), path


async def test_what_one_used_is_shown_after_the_answer(team: Team, ada: Someone) -> None:
    assert (await team.ask("POST", "/v1/chat/completions", ada, body=QUESTION)).status == 200
    assert (await team.ask("POST", "/v1/chat/completions", ada, body={**QUESTION, "stream": True})).status == 200
    await team.parts.usage.flush()
    told = (await team.ask("GET", "/api/me/usage?days=7", ada)).json
    assert (told["currency"], told["totals"]["requests"], told["totals"]["cost"]) == ("EUR", 2, None)
    assert told["totals"]["tokens_out"] > 0
    assert told["totals"]["first_token_ms"] is not None
    assert len(told["days"]) == len(told["models"]) == 1
    olgas = (await team.ask("GET", "/api/me/usage", team.people["olga"])).json
    assert olgas["totals"]["requests"] == 0


async def test_all_that_is_one_s_own_comes_as_a_file(team: Team, ada: Someone) -> None:
    answer = await team.ask("GET", "/api/me/export", ada)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.json["account"][0]["login"] == "ada"
    assert team.people["olga"].id not in answer.text


async def test_an_account_is_deleted_by_who_owns_it_with_all_that_opened_it(team: Team, ada: Someone) -> None:
    for confirm in ("", "olga"):
        assert (await team.ask("POST", "/api/me/delete", ada, body={"confirm": confirm})).status == 400
    assert (await team.ask("POST", "/api/me/delete", ada, body={"confirm": "Ada"})).status == 204
    for way in ("cookie", "bearer", "x-api-key"):
        assert (await team.ask("GET", "/api/me", ada, way)).status == 401
    listed = (await team.ask("GET", "/api/admin/people", team.people["olga"])).json["items"]
    assert [person["login"] for person in listed] == ["olga"]


async def test_long_after_the_sign_in_the_password_is_asked_for_before_the_end(team: Team, ada: Someone) -> None:
    async with team.parts.doors.changing() as session:
        person = await people.by_id(session, ada.id)
        person.password_hash = hash_of(PASSWORD)
        for row in await sessions.of_person(session, ada.id):
            row.created_at -= 2 * sessions.FRESH
    asked = await team.ask("POST", "/api/me/delete", ada, body={"confirm": "ada"})
    assert (asked.status, asked.code) == (403, "confirmation_required")
    wrong = await team.ask("POST", "/api/me/delete", ada, body={"confirm": "ada", "password": "wrong"})
    assert (wrong.status, wrong.code) == (401, "sign_in_failed")
    done = await team.ask("POST", "/api/me/delete", ada, body={"confirm": "ada", "password": PASSWORD})
    assert done.status == 204


async def test_the_last_owner_cannot_leave(team: Team) -> None:
    answer = await team.ask("POST", "/api/me/delete", team.people["olga"], body={"confirm": "olga"})
    assert (answer.status, answer.code) == (409, "conflict")
