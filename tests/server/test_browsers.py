"""Under which name a server is found, where a request comes from, and what that changes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from causerie.accounts import people
from causerie.accounts.identity import Role
from causerie.accounts.passwords import hash_of
from causerie.server.browsers import Ours
from causerie.settings import Settings, load_settings
from tests.accounts.hashing import quick_hashes  # noqa: F401 - a fixture
from tests.server.team import Answer, Team, team_server

PUBLIC = "https://chat.example.org"
PROXY = "127.0.0.1"
PASSWORD = "correct horse battery staple"
CONFIG = f'public_url = "{PUBLIC}"\nallowed_hosts = ["192.0.2.7"]\ntrusted_proxies = ["{PROXY}"]\n'


@pytest_asyncio.fixture
async def team(settings: Settings) -> AsyncIterator[Team]:
    async with team_server(settings.home, CONFIG) as running:
        await running.join("olga", Role.OWNER)
        async with running.parts.doors.changing() as session:
            person = await people.by_id(session, running.people["olga"].id)
            person.password_hash = hash_of(PASSWORD)
        yield running


async def sign_in(team: Team, origin: str = PUBLIC, **headers: str) -> Answer:
    sent = {"Host": "chat.example.org", "Origin": origin, **headers}
    return await team.ask("POST", "/api/session", body={"login": "olga", "password": PASSWORD}, headers=sent)


@pytest.mark.parametrize(
    ("host", "status"),
    [("chat.example.org", 401), ("CHAT.example.org:443", 401), ("192.0.2.7:8080", 401), ("localhost", 401),
     ("example.org", 403), ("evil.example", 403), ("192.0.2.8", 403)],
)  # fmt: skip
async def test_a_server_is_found_by_the_names_of_its_settings_and_no_other(
    team: Team, host: str, status: int
) -> None:
    assert (await team.ask("GET", "/v1/models", headers={"Host": host})).status == status


async def test_behind_https_the_cookie_is_for_https_and_this_host_alone(team: Team) -> None:
    opened = await sign_in(team)
    given = opened.headers["set-cookie"]
    assert given.startswith("__Host-causerie_session=")
    assert "Secure" in given
    value = given.partition("=")[2].partition(";")[0]
    own = {"Host": "chat.example.org"}
    assert (
        await team.ask("GET", "/api/me", headers={**own, "Cookie": f"__Host-causerie_session={value}"})
    ).status == 200
    plain = await team.ask("GET", "/api/me", headers={**own, "Cookie": f"causerie_session={value}"})
    assert plain.status == 401, "a cookie that another host could have set counts nothing"


@pytest.mark.parametrize(
    "origin", ["http://chat.example.org", "https://chat.example.org:8443", "https://example.org"]
)
async def test_the_page_s_origin_is_the_public_one(team: Team, origin: str) -> None:
    assert (await sign_in(team, origin)).status == 403


async def test_links_lead_to_the_public_address(team: Team) -> None:
    headers = {"Host": "chat.example.org", "x-api-key": team.people["olga"].key}
    made = await team.ask("POST", "/api/admin/invitations", body={}, headers=headers)
    assert made.json["link"].startswith(f"{PUBLIC}/#invitation=")


async def test_the_address_is_what_the_nearest_proxy_saw(team: Team) -> None:
    await sign_in(team, **{"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    headers = {"x-api-key": team.people["olga"].key}
    found = (await team.ask("GET", "/api/me/sessions", headers=headers)).json["items"]
    assert found[0]["address"] == "203.0.113.9", "what stands before it, the client may have written itself"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1", b"203.0.113.9", "198.51.100.1"),  # no proxy of ours says so
        (PROXY, b"", PROXY),
        (PROXY, b"nonsense", ""),
        (PROXY, b"203.0.113.9, 127.0.0.1", "203.0.113.9"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, forwarded: bytes, address: str) -> None:
    ours = Ours(load_settings(trusted_proxies=(PROXY,)))
    scope = {"type": "http", "client": (peer, 1), "scheme": "http"}
    assert ours.client(scope, {b"x-forwarded-for": forwarded}).address == address
