"""Coming in: the first link, passwords, second factors, passkeys, invitations, and being told why not."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.accounts.oidc_server import SECRET, OidcServer, oidc_server, provider_config
from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.team import OWNER, PASSWORD, Team, Visit, member, running_team, see, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
OTHER_PASSWORD = "lantern gravel whisper tundra"


@pytest.fixture(scope="module")
def corp() -> Iterator[OidcServer]:
    """Somebody who vouches for people, in a thread of its own: the browser of these tests keeps this one."""
    with ThreadPoolExecutor(1) as thread:
        loop, up, over = asyncio.new_event_loop(), Future[OidcServer](), asyncio.Event()

        async def serve() -> None:
            async with oidc_server() as server:
                up.set_result(server)
                await over.wait()

        running = thread.submit(loop.run_until_complete, serve())
        yield up.result(timeout=30)
        loop.call_soon_threadsafe(over.set)
        running.result(timeout=30)
        loop.close()


@pytest.fixture(scope="module")
def team(corp: OidcServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A server of these tests alone, where Corp vouches for people too, and may bring new ones."""
    home = tmp_path_factory.mktemp("team") / "home"
    with running_team(home, provider_config(corp, makes_accounts="true"), OIDC_SECRET=SECRET) as running:
        yield running


def fill_in(page: Page, login: str, password: str) -> None:
    """Type into the sign-in form and send it."""
    page.get_by_label("Sign-in name").fill(login)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    """Through the menu at the foot of the sidebar."""
    page.locator(".person").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def test_the_link_that_the_first_start_prints_makes_the_owner(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("first") / "home"
    with running_server(home) as server:
        link = re.search(r"http://\S+#setup=\S+", server.log.read_text())
        assert link
        context = browser.new_context(locale="en-US")
        watch = Watch(server.address, forgiven="status of 4")
        watch.follow(context)
        page = context.new_page()
        page.goto(link[0])
        page.get_by_label("Name", exact=True).fill("Grace Hopper")
        page.get_by_label("Sign-in name").fill("grace")
        page.get_by_label("Password", exact=True).fill("grace1906")
        page.get_by_role("button", name="Make my account").click()
        expect(page.get_by_text("A program would soon guess this one.")).to_be_visible()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Make my account").click()
        page.locator("#message-box").wait_for()
        page.goto(f"{server.address}/#/account")
        expect(page.locator("main .facts")).to_contain_text("Owner")
        page.goto(link[0])
        expect(page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
        context.close()
        assert watch.found == []


def test_a_wrong_password_is_told_in_one_sentence_for_all_cases(visit: Visit) -> None:
    page = visit("")
    said = []
    for login in (OWNER, "nobody"):
        fill_in(page, login, "wrong")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
        said.append(page.get_by_role("alert").filter(has_text="not right").inner_text())
    assert said[0] == said[1]
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


def test_who_tries_too_often_sees_how_long_to_wait(visit: Visit, team: Team) -> None:
    member(team, "eve")
    page = visit("")
    page.get_by_label("Sign-in name").fill("eve")
    wait = page.get_by_text("You can try again")
    for _ in range(12):
        fill_in(page, "eve", "wrong")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
        if wait.is_visible():
            break
    expect(wait).to_contain_text(re.compile(r"You can try again (in \d+ second|now)"))
    expect(page.get_by_text("You can try again now.")).to_be_visible(timeout=30_000)


def test_who_is_vouched_for_signs_in_there_and_is_told_what_failed(
    browser: Browser, team: Team, corp: OidcServer
) -> None:
    corp.person = {"sub": "olga-1", "name": "Olga", "preferred_username": "olga"}
    context = browser.new_context(locale="en-US")  # not watched: it may ask another host, Corp's
    page = context.new_page()
    page.goto(team.address)
    corp.refuses = True
    page.get_by_role("link", name="Continue with Corp").click()
    expect(page.get_by_role("alert").first).to_contain_text("The sign-in was broken off")
    corp.refuses = False
    page.get_by_role("link", name="Continue with Corp").click()
    page.locator("#message-box").wait_for()
    expect(page.locator(".person")).to_contain_text("Olga")
    see(page, team, "account", "security")
    expect(page.get_by_text("by another account")).to_be_visible()
    expect(page.get_by_text("You have no password")).to_be_visible()
    context.close()


def test_who_is_vouched_for_and_may_not_come_in_is_told_whom_to_ask(visit: Visit, team: Team) -> None:
    page = visit("")
    page.goto(f"{team.address}/#sign_in_error=forbidden")
    expect(page.get_by_role("alert").first).to_contain_text("it opens no account here")


def test_a_second_factor_is_asked_for_and_a_recovery_code_stands_in(visit: Visit, team: Team) -> None:
    member(team, "fay")
    page = visit("fay")
    see(page, team, "account", "security")
    page.get_by_role("button", name="Set up a second factor").click()
    expect(page.get_by_role("img", name="QR code")).to_have_js_property("complete", value=True)
    secret = page.locator(".typed-secret code").inner_text().replace(" ", "")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code", exact=True).fill("000000")
    dialog.get_by_role("button", name="Switch on").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("This code is not right.")
    dialog.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    dialog.get_by_role("button", name="Switch on").click()
    codes = page.get_by_role("region", name="Recovery codes").inner_text().split()
    assert len(codes) == 10
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes left.")).to_be_visible()
    sign_out(page)
    fill_in(page, "fay", PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Continue").click()
    page.locator("#message-box").wait_for()
    see(page, team, "account", "security")
    expect(page.get_by_text("9 recovery codes left.")).to_be_visible()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("dialog").get_by_label("A code of your application").fill(codes[1])
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Set up a second factor")).to_be_visible()


def test_a_passkey_signs_in_without_a_password(visit: Visit, team: Team) -> None:
    member(team, "pam")
    page = visit("pam")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    see(page, team, "account", "security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Passkey added.")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey of yours already.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("#message-box").wait_for()
    see(page, team, "account", "security")
    expect(page.get_by_text("by passkey")).to_be_visible()
    page.get_by_role("button", name="More for Linux").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("Name of the passkey").fill("My laptop")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="More for My laptop").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("My laptop", exact=True)).to_be_visible()


def test_an_invitation_makes_a_member_who_does_not_administer(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "people")
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_role("region", name="Invitation").inner_text().strip()
    page.get_by_role("button", name="I have sent it").click()
    expect(page.get_by_text("Whoever has the link")).to_be_visible()
    guest = visit("")
    guest.goto(link)
    expect(guest.get_by_text("Your role will be: Member.")).to_be_visible()
    guest.get_by_label("Name", exact=True).fill("Ivan")
    guest.get_by_label("Sign-in name").fill(OWNER)
    guest.get_by_label("Password", exact=True).fill(OTHER_PASSWORD)
    guest.get_by_role("button", name="Make my account").click()
    expect(guest.get_by_role("alert").first).to_contain_text("Somebody has this sign-in name already.")
    guest.get_by_label("Sign-in name").fill("ivan")
    guest.get_by_role("button", name="Make my account").click()
    guest.locator("#message-box").wait_for()
    guest.locator(".person").click()
    expect(guest.get_by_role("menuitem", name="My account")).to_be_visible()
    expect(guest.get_by_role("menuitem", name="Administration")).to_have_count(0)
    guest.goto(f"{team.address}/#/administration")
    expect(guest.get_by_text("This is for administrators")).to_be_visible()


def test_a_link_from_an_administrator_chooses_a_new_password(visit: Visit, team: Team) -> None:
    member(team, "rex")
    page = visit()
    see(page, team, "administration", "people")
    page.get_by_role("searchbox", name="Find people").fill("rex")
    page.get_by_role("link", name="Rex").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("region", name="Link for a new password").inner_text().strip()
    there = visit("")
    there.goto(link)
    there.get_by_label("New password").fill(OTHER_PASSWORD)
    there.get_by_role("button", name="Save the password").click()
    there.locator("#message-box").wait_for()
    again = visit("")
    sign_in(again, team, "rex", OTHER_PASSWORD)
