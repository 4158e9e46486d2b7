"""One's own account: name, language, keys, sessions, usage and quotas, all of it taken along, and its end."""

import json
import re
import urllib.error
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPage
from tests.web.team import (
    PASSWORD,
    Team,
    Visit,
    key_of,
    member,
    see,
    sign_in,
    too_wide,
    wait_for_usage,
)
from tests.web.test_screens import check, every_look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SECTIONS = ("profile", "security", "keys", "usage", "data")


def test_who_is_alone_signs_in_to_nothing_and_reads_how_to_share(open_page: OpenPage, server: str) -> None:
    page = open_page()
    page.goto(f"{server}/#/account")
    expect(page.get_by_role("heading", name="You are alone here")).to_be_visible()
    expect(page.get_by_text("causerie accounts create")).to_be_visible()
    expect(page.get_by_role("navigation", name="Sections of the account").get_by_role("link")).to_have_text(
        ["Alone here", "Usage", "Your data"]
    )
    expect(page.locator("input[type=password]")).to_have_count(0)
    page.goto(f"{server}/#/account/data")
    expect(page.get_by_role("link", name="Save all as a file")).to_be_visible()
    expect(page.get_by_role("button", name="Delete my account")).to_have_count(0)
    check(page, "data, alone")


def test_a_new_name_is_shown_everywhere_and_can_be_undone(visit: Visit, team: Team) -> None:
    member(team, "nan")
    page = visit("nan")
    see(page, team, "account", "profile")
    page.get_by_label("Name", exact=True).fill("Nancy")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".person")).to_contain_text("Nancy")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".person")).to_contain_text("Nan")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Nan")


def test_the_language_follows_the_person_to_another_browser(visit: Visit, team: Team) -> None:
    member(team, "lea")
    page = visit("lea")
    see(page, team, "account", "profile")
    page.get_by_label("Language").select_option("fr")
    expect(page.get_by_role("heading", name="Votre compte")).to_be_visible()
    page.locator("main select:enabled").wait_for()
    elsewhere = visit("lea")
    elsewhere.goto(f"{team.address}/#/account")
    expect(elsewhere.get_by_role("heading", name="Votre compte")).to_be_visible()


def test_a_key_is_shown_once_works_and_outlives_its_revocation_only_while_undo_is_offered(
    visit: Visit, team: Team
) -> None:
    member(team, "kay")
    page = visit("kay")
    see(page, team, "account", "keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Laptop")
    expect(page.get_by_role("checkbox", name="Models")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Administration")).to_have_count(0)
    page.get_by_label("Until").select_option("30")
    page.get_by_role("button", name="Make the key").click()
    secret = page.get_by_role("region", name="Your new key").inner_text().strip()
    page.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row", name=re.compile("Laptop"))
    expect(row).to_contain_text("never used")
    assert team.ask("GET", "/v1/models", key=secret)["data"]
    page.get_by_role("button", name="Revoke Laptop").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    assert team.ask("GET", "/v1/models", key=secret)["data"]
    page.get_by_role("button", name="Revoke Laptop").click()
    with page.expect_response(re.compile("/api/me/keys/")):
        page.get_by_role("button", name="Dismiss").click()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        team.ask("GET", "/v1/models", key=secret)


def test_a_session_elsewhere_is_seen_and_ended(visit: Visit, team: Team) -> None:
    member(team, "sam")
    here, there = visit("sam"), visit("sam")
    see(here, team, "account", "security")
    expect(here.get_by_text("This browser")).to_have_count(1)
    here.get_by_role("button", name=re.compile("^Sign out Chrome")).click()
    expect(here.get_by_text("Signed out there.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()


def test_usage_and_what_is_left_of_a_quota_are_seen_with_when_it_begins_again(visit: Visit, team: Team) -> None:
    member(team, "uma")
    owner = visit()
    key = key_of(team, owner, "administration")
    who = next(one for one in team.ask("GET", "/api/admin/people?search=uma", key=key)["items"])
    quota = {"subject_kind": "person", "subject_id": who["id"], "unit": "requests", "period": "day", "limit": 5}
    team.ask("POST", "/api/admin/quotas", quota, key=key)
    page = visit("uma")
    question = {"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}
    team.ask("POST", "/v1/chat/completions", question, key=key_of(team, page, "models"))
    see(page, team, "account", "usage")
    expect(page.get_by_text("5 requests a day")).to_be_visible()
    expect(page.get_by_text("4 requests left")).to_be_visible()
    expect(page.get_by_text("begins again in")).to_be_visible()
    row = page.get_by_role("row", name=re.compile("echo"))
    wait_for_usage(page, row)
    expect(row).to_contain_text("1")
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("table", name="By day").get_by_role("row")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert "tokens_in" in Path(download.value.path()).read_text(encoding="utf-8")


def test_all_that_is_mine_can_be_taken_along(visit: Visit, team: Team) -> None:
    member(team, "max")
    page = visit("max")
    see(page, team, "account", "data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save all as a file").click()
    mine = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert "exported_at" in mine
    assert "max" in json.dumps(mine)
    assert PASSWORD not in json.dumps(mine)


def test_the_account_is_deleted_once_its_name_is_typed(visit: Visit, team: Team) -> None:
    member(team, "dan")
    page = visit("dan")
    see(page, team, "account", "data")
    page.get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog")
    delete = dialog.get_by_role("button", name="Delete my account")
    expect(delete).to_be_disabled()
    dialog.get_by_label("To go on, type your sign-in name: dan").fill("dan")
    dialog.get_by_label("Your password now").fill("not it")
    delete.click()
    expect(dialog.get_by_role("alert").first).to_contain_text("Your password is not right.")
    dialog.get_by_label("Your password now").fill(PASSWORD)
    delete.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.locator("input[autocomplete=username]").fill("dan")
    page.locator("input[autocomplete=current-password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("not right")


def test_the_last_owner_cannot_leave(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "account", "data")
    page.get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To go on, type your sign-in name: ada").fill("ada")
    dialog.get_by_label("Your password now").fill(PASSWORD)
    dialog.get_by_role("button", name="Delete my account").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("You are the last owner.")


@every_look
def test_axe_finds_no_violation_in_the_account(visit: Visit, team: Team, locale: str, width: int) -> None:
    page = visit("", locale=locale, width=width)
    check(page, "sign-in")
    page.locator("input[autocomplete=username]").fill("nobody")
    page.locator("input[autocomplete=current-password]").fill("wrong")
    page.locator("button[type=submit]").click()
    page.locator(".failed").wait_for()
    check(page, "sign-in refused")
    page.goto(f"{team.address}/#invitation=unknown")
    page.locator(".empty-hint").wait_for()
    check(page, "link")
    sign_in(page, team)
    for section in SECTIONS:
        see(page, team, "account", section)
        check(page, section)
    for section, opens in (
        ("security", ".panel .buttons .button"),
        ("keys", ".empty-hint .button, .section-head .button"),
    ):
        see(page, team, "account", section)
        page.locator(f"main :is({opens})").first.click()
        page.locator("dialog[open]").wait_for()
        page.wait_for_timeout(300)  # it fades in
        check(page, f"{section}, dialog")


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_nothing_of_the_account_is_wider_than_its_window(visit: Visit, team: Team, locale: str) -> None:
    page = visit("", locale=locale)
    assert too_wide(page) == {}
    sign_in(page, team)
    for section in SECTIONS:
        see(page, team, "account", section)
        assert too_wide(page) == {}, section
