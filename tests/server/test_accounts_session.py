"""Becoming somebody over HTTP: the first account, passwords, codes, passkeys, invitations, cookies."""

from collections.abc import AsyncIterator

import pyotp
import pytest
import pytest_asyncio

from causerie.accounts import links, lockout, people
from causerie.accounts.identity import Role
from causerie.accounts.passwords import hash_of
from causerie.accounts.people import NewPerson
from causerie.database.tables import now
from causerie.settings import Settings
from tests.accounts.authenticator import Authenticator
from tests.accounts.hashing import quick_hashes  # noqa: F401 - a fixture
from tests.server.team import Answer, Team, team_server

PASSWORD = "correct horse battery staple"
SIGN_IN = {"login": "ada", "password": PASSWORD}


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str) -> AsyncIterator[Team]:
    async with team_server(settings.home) as running:
        # Browsers bind passkeys to names, not to addresses.
        running.address = running.address.replace("127.0.0.1", "localhost")
        yield running


@pytest_asyncio.fixture
async def ada(team: Team) -> str:
    async with team.parts.doors.changing() as session:
        new = NewPerson(login="ada", name="Ada", password_hash=hash_of(PASSWORD))
        return (await people.create(session, new)).id


def cookie(answer: Answer) -> str:
    """What a browser would send from now on."""
    return answer.headers["set-cookie"].partition(";")[0]


async def ask(team: Team, method: str, path: str, cookie: str = "", body: object = None) -> Answer:
    """As the page does."""
    headers = {"Origin": team.address, "Sec-Fetch-Site": "same-origin"} | ({"Cookie": cookie} if cookie else {})
    return await team.ask(method, path, body=body, headers=headers)


async def state(team: Team, cookie: str = "") -> str:
    return str((await ask(team, "GET", "/api/session", cookie)).json["state"])


# --- nobody has an account --------------------------------------------------------------------------------------


async def test_alone_one_signs_in_to_nothing(team: Team) -> None:
    found = (await ask(team, "GET", "/api/session")).json
    assert found["state"] == "personal"
    assert found["me"]["personal"]
    assert found["me"]["role"] == "owner"
    assert (await ask(team, "GET", "/v1/models")).status == 200


async def test_the_first_account_closes_the_door_and_keeps_what_was_there(team: Team) -> None:
    await ask(team, "PATCH", "/api/me", body={"preferences": {"theme": "dark"}, "language": "fr"})
    async with team.database.write() as session:
        _, token = await links.make(session, "setup", links.SETUP_LASTS, role=Role.OWNER)
    looked = await ask(team, "POST", "/api/links/look", body={"token": token})
    assert (looked.json["kind"], looked.json["role"], looked.json["login"]) == ("setup", "owner", None)
    accepted = await ask(
        team, "POST", "/api/links/accept", body={"token": token, "login": "ada", "name": "Ada", "password": PASSWORD}
    )
    assert accepted.status == 200
    assert accepted.json["state"] == "signed_in"
    assert accepted.json["me"]["preferences"] == {"theme": "dark"}
    assert (await ask(team, "GET", "/v1/models")).status == 401
    assert await state(team) == "signed_out"
    assert await state(team, cookie(accepted)) == "signed_in"
    again = await ask(team, "POST", "/api/links/look", body={"token": token})
    assert (again.status, again.code) == (404, "link_not_valid")


# --- passwords and codes ----------------------------------------------------------------------------------------


async def test_signing_in_and_out(team: Team, ada: str) -> None:
    opened = await ask(team, "POST", "/api/session", body=SIGN_IN)
    assert opened.json["me"]["id"] == ada
    mine = cookie(opened)
    assert (await ask(team, "GET", "/api/me", mine)).json["login"] == "ada"
    closed = await ask(team, "DELETE", "/api/session", mine)
    assert closed.status == 204
    assert "Max-Age=0" in closed.headers["set-cookie"]
    assert (await ask(team, "GET", "/api/me", mine)).status == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_pages(team: Team, ada: str) -> None:
    given = (await ask(team, "POST", "/api/session", body=SIGN_IN)).headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=lax" in given
    assert "Path=/" in given
    assert "Domain" not in given


async def test_a_change_with_a_cookie_must_come_from_our_page(team: Team, ada: str) -> None:
    mine = cookie(await ask(team, "POST", "/api/session", body=SIGN_IN))
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = await team.ask("PATCH", "/api/me", body={"name": "Eve"}, headers={"Cookie": mine, **headers})
        assert (answer.status, answer.code) == (403, "forbidden"), headers
    for headers in ({"Origin": team.address}, {"Sec-Fetch-Site": "same-origin"}):
        answer = await team.ask("PATCH", "/api/me", body={"name": "Ada"}, headers={"Cookie": mine, **headers})
        assert answer.status == 200, headers


async def test_a_wrong_password_and_a_name_that_nobody_has_are_answered_alike(team: Team, ada: str) -> None:
    answers = [
        await ask(team, "POST", "/api/session", body={"login": login, "password": "wrong"})
        for login in ("ada", "eve")
    ]
    assert [(answer.status, answer.code) for answer in answers] == [(401, "sign_in_failed")] * 2
    assert answers[0].text == answers[1].text


async def test_who_tries_too_often_is_told_when_to_come_back(
    team: Team, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(lockout, "now", lambda: moment)  # the wait is 2 s, which a sixth try may take to come
    for _ in range(5):
        await ask(team, "POST", "/api/session", body={"login": "ada", "password": "wrong"})
    answer = await ask(team, "POST", "/api/session", body=SIGN_IN)
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert 1 <= int(answer.headers["retry-after"]) <= 3


async def test_a_second_factor_is_set_up_asked_for_and_taken_off(team: Team, ada: str) -> None:
    mine = cookie(await ask(team, "POST", "/api/session", body=SIGN_IN))
    made = (await ask(team, "POST", "/api/me/second-factor", mine)).json
    assert made["svg"].startswith("<svg")
    wrong = await ask(team, "POST", "/api/me/second-factor/confirm", mine, {"code": "000000"})
    assert (wrong.status, wrong.code) == (401, "sign_in_failed")
    totp = pyotp.TOTP(made["secret"])
    confirmed = await ask(team, "POST", "/api/me/second-factor/confirm", mine, {"code": totp.now()})
    codes = confirmed.json["recovery_codes"]
    assert (await ask(team, "GET", "/api/me/second-factor", mine)).json == {
        "enabled": True,
        "recovery_codes_left": 10,
    }
    assert (await ask(team, "POST", "/api/me/second-factor", mine)).code == "conflict"

    half = await ask(team, "POST", "/api/session", body=SIGN_IN)
    assert half.json["state"] == "second_factor"
    assert half.json["second_factors"] == ["totp", "recovery_code"]
    assert await state(team, cookie(half)) == "second_factor"
    assert (await ask(team, "GET", "/api/me", cookie(half))).status == 401
    whole = await ask(team, "POST", "/api/session/second-factor", cookie(half), {"code": codes[0]})
    assert whole.json["state"] == "signed_in"
    renewed = await ask(team, "POST", "/api/me/second-factor/recovery-codes", cookie(whole), {"code": codes[1]})
    assert not set(renewed.json["recovery_codes"]) & set(codes)
    last = renewed.json["recovery_codes"][0]
    assert (await ask(team, "POST", "/api/me/second-factor/remove", cookie(whole), {"code": last})).status == 204
    assert (await ask(team, "POST", "/api/session", body=SIGN_IN)).json["state"] == "signed_in"


async def test_another_password_ends_every_other_session(team: Team, ada: str) -> None:
    mine, other = [cookie(await ask(team, "POST", "/api/session", body=SIGN_IN)) for _ in range(2)]
    new = "another horse battery staple"
    for body, code in (
        ({"current": "wrong", "password": new}, "sign_in_failed"),
        ({"password": new}, "confirmation_required"),
        ({"current": PASSWORD, "password": "ada12345"}, "weak_password"),
    ):
        assert (await ask(team, "PUT", "/api/me/password", mine, body)).code == code
    changed = await ask(team, "PUT", "/api/me/password", mine, {"current": PASSWORD, "password": new})
    assert changed.status == 204
    assert await state(team, mine) == "signed_in"
    assert await state(team, other) == "signed_out"
    assert (await ask(team, "POST", "/api/session", body={"login": "ada", "password": new})).status == 200


async def test_sessions_can_be_seen_and_ended(team: Team, ada: str) -> None:
    mine, other = [cookie(await ask(team, "POST", "/api/session", body=SIGN_IN)) for _ in range(2)]
    found = (await ask(team, "GET", "/api/me/sessions", mine)).json["items"]
    assert sorted(each["current"] for each in found) == [False, True]
    assert {each["method"] for each in found} == {"password"}
    theirs = next(each["id"] for each in found if not each["current"])
    assert (await ask(team, "DELETE", f"/api/me/sessions/{theirs}", mine)).status == 204
    assert [await state(team, each) for each in (mine, other)] == ["signed_in", "signed_out"]
    third = cookie(await ask(team, "POST", "/api/session", body=SIGN_IN))
    assert (await ask(team, "DELETE", "/api/me/sessions", mine)).status == 204
    assert [await state(team, each) for each in (mine, third)] == ["signed_in", "signed_out"]


# --- passkeys ---------------------------------------------------------------------------------------------------


async def options(team: Team, path: str, cookie: str = "") -> dict[str, object]:
    return dict((await ask(team, "POST", path, cookie)).json["public_key"])


async def with_passkey(team: Team) -> tuple[Authenticator, str]:
    mine = cookie(await ask(team, "POST", "/api/session", body=SIGN_IN))
    authenticator = Authenticator(team.address)
    credential = authenticator.create(await options(team, "/api/me/passkeys/options", mine))
    added = await ask(team, "POST", "/api/me/passkeys", mine, {"name": "telephone", "credential": credential})
    assert added.status == 201, added.text
    return authenticator, mine


async def test_a_passkey_signs_in_alone_even_where_a_second_factor_is_asked_for(team: Team, ada: str) -> None:
    authenticator, mine = await with_passkey(team)
    secret = (await ask(team, "POST", "/api/me/second-factor", mine)).json["secret"]
    await ask(team, "POST", "/api/me/second-factor/confirm", mine, {"code": pyotp.TOTP(secret).now()})
    credential = authenticator.get(await options(team, "/api/session/passkey/options"))
    opened = await ask(team, "POST", "/api/session/passkey", body={"credential": credential})
    assert (opened.json["state"], opened.json["me"]["id"]) == ("signed_in", ada)
    again = await ask(team, "POST", "/api/session/passkey", body={"credential": credential})
    assert (again.status, again.code) == (401, "sign_in_failed"), "an answer is good once"


async def test_a_passkey_of_another_page_or_without_its_person_opens_nothing(team: Team, ada: str) -> None:
    authenticator, _ = await with_passkey(team)
    key, name = authenticator.key, authenticator.credential_id
    for wrong in (
        Authenticator("https://evil.example", key=key, credential_id=name),
        Authenticator(team.address, host="evil.example", key=key, credential_id=name),
        Authenticator(team.address, verified=False, key=key, credential_id=name),
        Authenticator(team.address, credential_id=name),  # somebody else's key under its name
        Authenticator(team.address),  # known to nobody
    ):
        credential = wrong.get(await options(team, "/api/session/passkey/options"))
        answer = await ask(team, "POST", "/api/session/passkey", body={"credential": credential})
        assert (answer.status, answer.code) == (401, "sign_in_failed")
    bodies: list[dict[str, object]] = [{}, {"id": "x"}, {"response": {}}, {"response": {"clientDataJSON": "e30"}}]
    for nonsense in bodies:
        answer = await ask(team, "POST", "/api/session/passkey", body={"credential": nonsense})
        assert answer.status == 401


async def test_a_copied_passkey_whose_count_goes_back_is_refused(team: Team, ada: str) -> None:
    authenticator, _ = await with_passkey(team)
    for uses, status in ((5, 200), (3, 401), (6, 200)):
        authenticator.uses = uses
        credential = authenticator.get(await options(team, "/api/session/passkey/options"))
        answer = await ask(team, "POST", "/api/session/passkey", body={"credential": credential})
        assert answer.status == status


async def test_passkeys_are_listed_renamed_and_removed(team: Team, ada: str) -> None:
    authenticator, mine = await with_passkey(team)
    (passkey,) = (await ask(team, "GET", "/api/me/passkeys", mine)).json["items"]
    assert (passkey["name"], passkey["synced"]) == ("telephone", False)
    path = f"/api/me/passkeys/{passkey['id']}"
    assert (await ask(team, "PATCH", path, mine, {"name": "key ring"})).json["name"] == "key ring"
    offered = await options(team, "/api/me/passkeys/options", mine)
    assert [each["id"] for each in offered["excludeCredentials"]], "an authenticator is not registered twice"  # type: ignore[attr-defined]
    assert (await ask(team, "DELETE", path, mine)).status == 204
    credential = authenticator.get(await options(team, "/api/session/passkey/options"))
    assert (await ask(team, "POST", "/api/session/passkey", body={"credential": credential})).status == 401


async def test_where_the_server_is_found_by_an_address_passkeys_are_not_offered(team: Team, ada: str) -> None:
    team.address = team.address.replace("localhost", "127.0.0.1")
    found = (await ask(team, "GET", "/api/session")).json
    assert not found["methods"]["passkey"]
    answer = await ask(team, "POST", "/api/session/passkey/options")
    assert answer.status == 400
    assert "localhost" in answer.json["error"]["hint"]


# --- bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "param"),
    [({"login": "ada"}, "password"), ({**SIGN_IN, "remember": True}, "remember"), ({**SIGN_IN, "login": 1}, "login")],
)
async def test_a_body_that_is_not_what_is_described_is_refused_by_its_field(
    team: Team, body: dict[str, object], param: str
) -> None:
    answer = await ask(team, "POST", "/api/session", body=body)
    assert (answer.status, answer.json["error"]["param"]) == (400, param)
