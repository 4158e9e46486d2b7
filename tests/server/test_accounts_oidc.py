"""Signing in at a provider: a small real one, on loopback."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from causerie.accounts import audit, groups, links, people
from causerie.accounts.identity import Role
from causerie.settings import Settings
from tests.accounts.oidc_server import OidcServer, oidc_server, provider_config
from tests.server.team import Answer, Someone, Team, team_server


@pytest_asyncio.fixture
async def provider(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OidcServer]:
    monkeypatch.setenv("OIDC_SECRET", "a-secret-of-the-test")
    async with oidc_server() as running:
        yield running


@pytest_asyncio.fixture
async def team(settings: Settings, database_url: str, provider: OidcServer) -> AsyncIterator[Team]:
    """Its provider opens accounts that exist, or that somebody was invited to."""
    async with team_server(settings.home, provider_config(provider)) as running:
        await running.join("olga", Role.OWNER)
        yield running


class Browser:
    """Follows redirections as a browser does, and keeps its cookies."""

    def __init__(self, team: Team, someone: Someone | None = None) -> None:
        self.team = team
        self.cookies: dict[str, str] = {"causerie_session": someone.session} if someone else {}

    async def open(self, path: str) -> Answer:
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        answer = await self.team.ask("GET", path, headers={"Cookie": told, **headers})
        for given in answer.headers.getall("set-cookie", []):
            name, _, rest = given.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')
        return answer

    async def to_the_provider(self) -> str:
        """The address at which the provider sends the browser back."""
        gone = await self.open("/sign-in/oidc/corp")
        assert gone.status == 303
        async with self.team.http.get(gone.headers["location"], allow_redirects=False) as answer:
            back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"

    async def sign_in(self) -> Answer:
        return await self.open(await self.to_the_provider())

    async def me(self) -> Any:
        answer = await self.open("/api/session")
        if answer.status != 200:  # a navigation may not read the API; the page's fetch may
            answer = await self.team.ask(
                "GET",
                "/api/session",
                headers={"Cookie": f"causerie_session={self.cookies.get('causerie_session', '')}"},
            )
        return answer.json["me"]


def failure(answer: Answer) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).fragment).get("sign_in_error", [""])[0]


async def invite(team: Team, email: str, role: Role = Role.BUILDER) -> None:
    async with team.database.write() as session:
        await links.make(session, "invitation", links.RESET_LASTS, role=role, email=email)


async def test_who_was_invited_by_address_gets_an_account_at_the_first_sign_in_and_it_again_at_the_next(
    team: Team, provider: OidcServer
) -> None:
    await invite(team, "ada@example.org")
    provider.person |= {"email": "Ada@example.org", "email_verified": True}
    browser = Browser(team)
    assert (await browser.sign_in()).headers["location"] == "/"
    me = await browser.me()
    assert (me["login"], me["name"], me["email"], me["role"]) == ("ada", "Ada", "ada@example.org", "builder")
    assert not me["has_password"]
    again = Browser(team)
    provider.person |= {"email": "new@example.org", "preferred_username": "countess"}
    await again.sign_in()
    assert (await again.me())["id"] == me["id"], "the subject is who somebody is, not their address"


async def test_the_question_carries_pkce_state_and_nonce_and_they_differ_each_time(
    team: Team, provider: OidcServer
) -> None:
    for _ in range(2):
        await Browser(team).to_the_provider()
    first, second = provider.asked
    assert first["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]
    assert first["redirect_uri"] == f"{team.address}/sign-in/oidc/corp/callback"


async def test_who_has_no_account_and_no_invitation_gets_none(team: Team, provider: OidcServer) -> None:
    assert failure(await Browser(team).sign_in()) == "forbidden"


async def test_an_address_that_the_provider_has_not_verified_proves_nothing(team: Team, provider: OidcServer) -> None:
    await invite(team, "ada@example.org")
    for verified in (False, None, "true", 1):
        provider.person |= {"email": "ada@example.org", "email_verified": verified}
        assert failure(await Browser(team).sign_in()) == "forbidden"


async def test_an_address_that_a_member_typed_in_opens_nobody_s_account(team: Team, provider: OidcServer) -> None:
    mallory = await team.join("mallory")
    await team.ask("PATCH", "/api/me", mallory, body={"email": "ada@example.org"})
    provider.person |= {"email": "ada@example.org", "email_verified": True}
    assert failure(await Browser(team).sign_in()) == "forbidden"


async def test_a_signed_in_person_ties_the_provider_to_their_account(team: Team, provider: OidcServer) -> None:
    bob, eve = await team.join("bob"), await team.join("eve")
    assert (await Browser(team, bob).sign_in()).headers["location"] == "/"
    fresh = Browser(team)
    await fresh.sign_in()
    assert (await fresh.me())["id"] == bob.id
    assert failure(await Browser(team, eve).sign_in()) == "conflict", "it is Bob's already"


async def test_who_is_kept_out_here_is_kept_out_whatever_the_provider_says(team: Team, provider: OidcServer) -> None:
    bob = await team.join("bob")
    await Browser(team, bob).sign_in()
    async with team.parts.doors.changing() as session:
        await people.set_disabled(session, await people.by_id(session, bob.id), disabled=True)
    assert failure(await Browser(team).sign_in()) == "sign_in_failed"


# --- what cannot be trusted -------------------------------------------------------------------------------------


async def test_an_answer_without_its_question_is_refused(team: Team, provider: OidcServer) -> None:
    bob = await team.join("bob")
    await Browser(team, bob).sign_in()
    back = await Browser(team).to_the_provider()
    assert failure(await Browser(team).open(back)) == "sign_in_failed", "another browser began it"
    asking = Browser(team)
    back = await asking.to_the_provider()
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert failure(await asking.open(back.replace(state, "x" * len(state)))) == "sign_in_failed"
    assert provider.tokens_given == 1, "nothing of these came as far as the provider's tokens"


async def test_an_answer_is_good_once(team: Team, provider: OidcServer) -> None:
    bob = await team.join("bob")
    browser = Browser(team, bob)
    back = await browser.to_the_provider()
    assert failure(await browser.open(back)) == ""
    assert failure(await browser.open(back)) == "sign_in_failed"


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"}, {"aud": "another-client"}, {"aud": [], "azp": "x"}, {"iss": "https://evil.example"},
        {"exp": 1}, {"sub": None}, {"iat": None},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_that_is_not_for_this_question_is_refused(
    team: Team, provider: OidcServer, lie: dict[str, object]
) -> None:
    bob = await team.join("bob")
    await Browser(team, bob).sign_in()
    provider.changed = lie
    assert failure(await Browser(team).sign_in()) == "sign_in_failed"


async def test_a_token_that_another_key_signed_is_refused(team: Team, provider: OidcServer) -> None:
    bob = await team.join("bob")
    await Browser(team, bob).sign_in()
    provider.forged = True
    assert failure(await Browser(team).sign_in()) == "sign_in_failed"


async def test_a_provider_that_refuses_or_is_away_is_said_so(team: Team, provider: OidcServer) -> None:
    provider.refuses = True
    assert failure(await Browser(team).sign_in()) == "sign_in_failed"
    assert failure(await Browser(team).open("/sign-in/oidc/corp/callback")) == "sign_in_failed"
    assert (await Browser(team).open("/sign-in/oidc/other")).code == "not_found"


async def test_a_provider_that_does_not_answer_is_said_so(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_SECRET", "x")
    away = OidcServer(issuer="http://127.0.0.1:9")
    async with team_server(settings.home, provider_config(away)) as team:
        await team.join("olga")
        answer = await Browser(team).open("/sign-in/oidc/corp")
    assert (answer.status, answer.code) == (503, "upstream_unavailable")


async def test_a_provider_may_make_accounts_for_its_domains(
    settings: Settings, database_url: str, provider: OidcServer
) -> None:
    config = provider_config(provider, makes_accounts="true", email_domains='["example.org"]', role='"viewer"')
    async with team_server(settings.home, config) as team:
        provider.person |= {"email": "ada@example.org", "email_verified": True}
        assert failure(await Browser(team).sign_in()) == "forbidden", "the first account is made here"
        olga = await team.join("olga")
        assert (await team.ask("GET", "/api/session", olga)).json["methods"]["oidc"] == [
            {"id": "corp", "name": "Corp"}
        ]
        browser = Browser(team)
        await browser.sign_in()
        assert (await browser.me())["role"] == "viewer"
        provider.person |= {"sub": "eve-1", "email": "eve@evil.example"}
        assert failure(await Browser(team).sign_in()) == "forbidden"
        provider.person |= {"sub": "ada-2", "email": "ada2@example.org", "preferred_username": "ada"}
        other = Browser(team)
        await other.sign_in()
        assert (await other.me())["login"].startswith("oidc-"), "a login that somebody has is not taken over"


# --- groups -----------------------------------------------------------------------------------------------------


async def groups_after_sign_in(team: Team, provider: OidcServer, **claims: object) -> list[str]:
    """The names of Ada's groups, once the provider has said this of her."""
    kept = {name: provider.person[name] for name in ("sub", "name", "preferred_username")}
    provider.person = {**kept, **claims}
    browser = Browser(team)
    assert failure(await browser.sign_in()) == ""
    ada = (await browser.me())["id"]
    async with team.database.read() as session:
        return [group.name for group in (await groups.of_people(session, [ada]))[ada]]


async def group(team: Team, name: str) -> str:
    async with team.parts.doors.changing() as session:
        return (await groups.create(session, name)).id


async def test_people_join_and_leave_groups_as_the_provider_says_at_each_sign_in(
    settings: Settings, database_url: str, provider: OidcServer
) -> None:
    config = provider_config(provider, makes_accounts="true", groups_claim='"groups"')
    async with team_server(settings.home, config) as team:
        await team.join("olga", Role.OWNER)
        staff, research = await group(team, "staff"), await group(team, "research")
        assert await groups_after_sign_in(team, provider, groups=["staff", "research", "unknown", 1]) == [
            "research", "staff"
        ]  # fmt: skip
        assert await groups_after_sign_in(team, provider, groups="staff") == ["staff"]
        # More than the token holds: nobody knows, nothing changes.
        assert await groups_after_sign_in(team, provider, _claim_names={"groups": "src1"}) == ["staff"]
        assert await groups_after_sign_in(team, provider, groups=["Staff", "staff "]) == [], "letter for letter"
        assert await groups_after_sign_in(team, provider, groups=["staff"]) == ["staff"]
        assert await groups_after_sign_in(team, provider) == []
        async with team.database.read() as session:
            entries, _ = await audit.page(session, action="group")
    told = [(each.action, each.target, each.actor_id, each.details["provider"]) for each in reversed(entries)]
    assert sorted(told[:2]) == sorted([("group.put_in", each, None, "corp") for each in (research, staff)])
    assert told[2:] == [
        ("group.take_out", research, None, "corp"), ("group.take_out", staff, None, "corp"),
        ("group.put_in", staff, None, "corp"), ("group.take_out", staff, None, "corp"),
    ]  # fmt: skip


async def test_a_provider_decides_about_the_groups_that_it_was_given_and_no_other(
    settings: Settings, database_url: str, provider: OidcServer
) -> None:
    config = provider_config(
        provider, makes_accounts="true", groups_claim='"realm_access.roles"', groups='["staff"]', role='"viewer"'
    )
    async with team_server(settings.home, config) as team:
        await team.join("olga", Role.OWNER)
        await group(team, "staff")
        pilots = await group(team, "pilots")
        roles = {"roles": ["staff", "pilots"]}
        assert await groups_after_sign_in(team, provider, realm_access=roles) == ["staff"]
        async with team.parts.doors.changing() as session:
            ada = await people.by_login(session, "ada")
            assert ada is not None
            await groups.put_in(session, pilots, ada.id)
        assert await groups_after_sign_in(team, provider, realm_access={"roles": []}) == ["pilots"]
        assert await groups_after_sign_in(team, provider, realm_access=["staff"]) == ["pilots"]


async def test_whose_account_is_tied_to_the_provider_joins_its_groups(
    settings: Settings, database_url: str, provider: OidcServer
) -> None:
    async with team_server(settings.home, provider_config(provider, groups_claim='"groups"')) as team:
        await team.join("olga", Role.OWNER)
        bob, staff = await team.join("bob"), await group(team, "staff")
        provider.person["groups"] = ["staff"]
        assert (await Browser(team, bob).sign_in()).headers["location"] == "/"
        async with team.database.read() as session:
            assert [person.id for person in await groups.members(session, staff)] == [bob.id]


async def test_without_a_claim_groups_are_kept_here(team: Team, provider: OidcServer) -> None:
    bob, staff = await team.join("bob"), await group(team, "staff")
    async with team.parts.doors.changing() as session:
        await groups.put_in(session, staff, bob.id)
    await Browser(team, bob).sign_in()
    provider.person["groups"] = []
    await Browser(team).sign_in()
    async with team.database.read() as session:
        assert [person.id for person in await groups.members(session, staff)] == [bob.id]
