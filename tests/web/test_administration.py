"""The administration: people, groups, models, quotas, keys, usage, jobs, the audit log and the settings."""

import re
import urllib.error

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import OpenPage
from tests.web.team import (
    PASSWORD,
    Team,
    Visit,
    key_of,
    member,
    see,
    too_wide,
    wait_for_section,
    wait_for_usage,
)
from tests.web.test_screens import check, every_look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SECTIONS = ("overview", "people", "groups", "models", "quotas", "keys", "usage", "jobs", "audit", "settings")


def row(page: Page, name: str) -> Locator:
    """The row of a table whose words hold `name`."""
    return page.get_by_role("row", name=re.compile(name))


def open_person(page: Page, team: Team, name: str) -> None:
    """Find somebody and open their page."""
    see(page, team, "administration", "people")
    page.get_by_role("searchbox", name="Find people").fill(name)
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()


def test_who_is_alone_is_told_that_the_first_account_comes_first(open_page: OpenPage, server: str) -> None:
    page = open_page()
    page.goto(f"{server}/#/administration/people")
    expect(page.get_by_text("Nobody has an account yet")).to_be_visible()
    expect(page.get_by_text("causerie accounts create")).to_be_visible()


def test_an_account_is_made_with_a_first_password(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "people")
    page.get_by_role("button", name="Make an account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Noor")
    dialog.get_by_label("Sign-in name").fill("noor")
    dialog.get_by_label("First password").fill("12345678")
    dialog.get_by_role("button", name="Make the account").click()
    expect(dialog.get_by_text("A program would soon guess this one.")).to_be_visible()
    dialog.get_by_label("First password").fill(PASSWORD)
    dialog.get_by_role("button", name="Make the account").click()
    expect(row(page, "Noor")).to_contain_text("Member")
    visit("noor")


def test_a_role_is_changed_and_brought_back(visit: Visit, team: Team) -> None:
    member(team, "rob")
    page = visit()
    open_person(page, team, "Rob")
    page.get_by_label("Role").select_option("builder")
    expect(page.get_by_text("Rob is now: Builder.")).to_be_visible()
    expect(page.locator(".section-head")).to_contain_text("Builder")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".section-head")).to_contain_text("Member")


def test_who_is_shut_out_cannot_come_in(visit: Visit, team: Team) -> None:
    member(team, "out")
    page, theirs = visit(), visit("out")
    open_person(page, team, "Out")
    page.get_by_role("switch", name="May sign in").uncheck()
    expect(page.locator(".section-head")).to_contain_text("Shut out")
    theirs.reload()
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("switch", name="May sign in").check()
    expect(page.locator(".section-head")).not_to_contain_text("Shut out")


def test_an_administrator_changes_no_owner(visit: Visit, team: Team) -> None:
    member(team, "abe", role="administrator")
    page = visit("abe")
    open_person(page, team, "Ada Lovelace")
    expect(page.get_by_text("Only an owner changes owners and administrators.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete the account")).to_have_count(0)
    see(page, team, "administration", "people")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_label("Role").locator("option")).to_have_text(["Builder", "Member", "Viewer"])


def test_an_account_is_deleted_once_its_name_is_typed(visit: Visit, team: Team) -> None:
    member(team, "gus")
    page = visit()
    open_person(page, team, "Gus")
    page.get_by_role("button", name="Delete the account").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete the account")).to_be_disabled()
    dialog.get_by_label("To go on, type the sign-in name: gus").fill("gus")
    dialog.get_by_role("button", name="Delete the account").click()
    page.get_by_role("searchbox", name="Find people").fill("gus")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_a_group_gives_a_model_to_those_in_it_and_to_nobody_else(visit: Visit, team: Team) -> None:
    member(team, "ina")
    member(team, "oto")
    page = visit()
    see(page, team, "administration", "groups")
    page.get_by_role("button", name="New group").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Class 3")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Members of Class 3").click()
    page.get_by_role("dialog").get_by_role("searchbox").fill("ina")
    page.get_by_role("dialog").get_by_role("button", name="Ina", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Take out Ina")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(row(page, "Class 3").locator(".number")).to_have_text("1")
    see(page, team, "administration", "models")
    page.get_by_role("button", name="Access to slow").click()
    page.get_by_role("radio", name="Only these groups and people").check()
    page.get_by_role("checkbox", name="Class 3").check()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Undo").hover()  # which keeps it there
    expect(row(page, "slow")).to_contain_text("Class 3")
    keys = {who: key_of(team, visit(who), "models") for who in ("ina", "oto")}
    seen = {
        who: [model["id"] for model in team.ask("GET", "/v1/models", key=key)["data"]] for who, key in keys.items()
    }
    assert ["slow" in names for names in seen.values()] == [True, False]
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "slow")).to_contain_text("Everyone")


def test_a_removed_group_comes_back_when_it_is_undone(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "groups")
    page.get_by_role("button", name="New group").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Chess")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_role("button", name="More for Chess").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(row(page, "Chess")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Chess")).to_be_visible()
    page.get_by_role("button", name="More for Chess").click()
    page.get_by_role("menuitem", name="Remove").click()
    with page.expect_response(re.compile("/api/admin/groups/")):
        page.get_by_role("button", name="Dismiss").click()
    page.reload()
    wait_for_section(page)
    expect(row(page, "Chess")).to_have_count(0)


def test_a_price_is_set_and_forgotten(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "models")
    page.get_by_role("button", name="Price of brief").click()
    page.get_by_label("A million tokens that it reads").fill("0.5")
    page.get_by_label("A million tokens that it writes").fill("1.5")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row(page, "brief")).to_contain_text("€1.50")
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "brief")).to_contain_text("not known")


def test_a_quota_stops_who_is_over_it(visit: Visit, team: Team) -> None:
    member(team, "quo")
    page = visit()
    see(page, team, "administration", "quotas")
    page.get_by_role("button", name="New quota").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Which person").select_option(label="Quo")
    dialog.get_by_label("What is counted").select_option("requests")
    dialog.get_by_label("For each").select_option("day")
    dialog.get_by_label("Limit, in requests").fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("0 requests a day")).to_be_visible()
    key = key_of(team, visit("quo"), "models")
    question = {"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}
    with pytest.raises(urllib.error.HTTPError, match="429"):
        team.ask("POST", "/v1/chat/completions", question, key=key)
    page.get_by_role("button", name="More for Quo").click()
    page.get_by_role("menuitem", name="Change the limit").click()
    page.get_by_role("dialog").get_by_label("Limit, in requests").fill("9")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("9 requests a day")).to_be_visible()
    assert team.ask("POST", "/v1/chat/completions", question, key=key)["choices"]


def test_the_key_of_another_is_revoked(visit: Visit, team: Team) -> None:
    member(team, "kim")
    key = key_of(team, visit("kim"), "models")
    page = visit()
    see(page, team, "administration", "keys")
    row(page, "Kim").get_by_role("button", name="Revoke").click()
    with page.expect_response(re.compile("/api/admin/keys/")):
        page.get_by_role("button", name="Dismiss").click()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        team.ask("GET", "/v1/models", key=key)


def test_an_application_gets_a_key_asks_a_model_and_is_removed(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "keys")
    page.get_by_role("button", name="New application").click()
    page.get_by_label("Name").fill("Website")
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator(".secret code").inner_text()
    page.get_by_role("button", name="I have kept it").click()
    assert team.ask("GET", "/v1/models", key=secret)
    expect(page.get_by_role("table", name="API keys").get_by_role("row", name=re.compile("Website"))).to_be_visible()
    page.get_by_role("button", name="Remove Website").click()
    with page.expect_response(re.compile("/api/admin/applications/")):
        page.get_by_role("button", name="Dismiss").click()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        team.ask("GET", "/v1/models", key=secret)


def test_usage_is_told_by_day_by_model_and_by_person(visit: Visit, team: Team) -> None:
    member(team, "use")
    question = {"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}
    team.ask("POST", "/v1/chat/completions", question, key=key_of(team, visit("use"), "models"))
    page = visit()
    see(page, team, "administration", "usage")
    wait_for_usage(page, page.get_by_role("table", name="By person").get_by_role("row", name=re.compile("Use")))
    expect(page.get_by_role("table", name="By model").get_by_role("row", name=re.compile("echo"))).to_be_visible()
    expect(page.get_by_role("table", name="By person").get_by_role("row", name=re.compile("Use"))).to_be_visible()
    page.get_by_text("Requests", exact=True).last.click()
    expect(page.locator(".bars-field .bar")).to_have_count(30)
    page.get_by_label("Period").select_option("7")
    expect(page.locator(".bars-field .bar")).to_have_count(7)


def test_a_backup_is_asked_for_and_followed_to_its_end(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "jobs")
    page.get_by_role("button", name="Back up now").click()
    expect(page.get_by_role("heading", name="Backup")).to_be_visible()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator(".job-log p").first).to_be_visible()
    expect(page.locator("main .facts")).to_contain_text("File")
    page.get_by_role("link", name="Jobs").first.click()
    expect(row(page, "Backup").first).to_contain_text("Done")


def test_the_audit_log_says_who_did_what_and_is_verified(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "audit")
    expect(page.get_by_role("row", name=re.compile("Ada Lovelace Signed in")).first).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text(re.compile(r"\d+ entries, all intact"))).to_be_visible()
    page.locator("main").get_by_label("Show").select_option("person.create")
    expect(page.get_by_role("row", name=re.compile("Terminal Account made")).first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Signed in"))).to_have_count(0)


def test_a_failed_sign_in_is_nobody_s_deed_and_names_the_account(visit: Visit, team: Team) -> None:
    page = visit()
    refused = page.request.post(
        f"{team.address}/api/session", data={"login": "nobody-here", "password": "wrong"},
        headers={"Origin": team.address},
    )  # fmt: skip
    assert refused.status == 401
    see(page, team, "administration", "audit")
    page.locator("main").get_by_label("Show").select_option("sign_in_failed")
    expect(row(page, "Somebody unknown Sign-in failed").first).to_contain_text("shown=password")


def test_each_setting_says_what_it_does_and_where_it_is_set(visit: Visit, team: Team) -> None:
    page = visit()
    see(page, team, "administration", "settings")
    page.get_by_role("searchbox", name="Find a setting").fill("idle_unload")
    entry = page.locator(".setting")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("Seconds without a request after which a local model leaves memory")
    expect(entry).to_contain_text("CAUSERIE_IDLE_UNLOAD_S")
    expect(entry).to_contain_text("Default")


@pytest.fixture
def busy_team(team: Team, visit: Visit) -> Team:
    """The team once there is something in each section to look at."""
    key = key_of(team, visit(), "models", "administration")
    people = team.ask("GET", "/api/admin/people?search=ada", key=key)["items"]
    groups = [group["name"] for group in team.ask("GET", "/api/admin/groups", key=key)["items"]]
    if "Wide" not in groups:
        team.ask("POST", "/api/admin/groups", {"name": "Wide", "description": "Words " * 20}, key=key)
        quota = {"subject_kind": "person", "subject_id": people[0]["id"], "unit": "money", "period": "day"}
        team.ask("POST", "/api/admin/quotas", {**quota, "limit": 20}, key=key)
        team.ask(
            "PUT", "/api/admin/prices", {"model": "echo", "input_per_million": 1, "output_per_million": 2}, key=key
        )
        question = {"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}
        team.ask("POST", "/v1/chat/completions", question, key=key)
        team.ask("POST", "/api/jobs", {"kind": "backup", "parameters": {}}, key=key)
    return team


@every_look
def test_axe_finds_no_violation_in_the_administration(visit: Visit, busy_team: Team, locale: str, width: int) -> None:
    page = visit(locale=locale, width=width)
    for section in SECTIONS:
        see(page, busy_team, "administration", section)
        check(page, section)
    see(page, busy_team, "administration", "jobs")
    page.locator("main tbody a").first.click()
    page.locator("main .facts").wait_for()
    check(page, "a job")
    see(page, busy_team, "administration", "people")
    page.locator("main tbody a").first.click()
    page.locator("main .section-head .badge").first.wait_for()
    check(page, "a person")
    for section in ("people", "groups", "quotas"):
        see(page, busy_team, "administration", section)
        page.locator("main .section-head .button.strong").click()
        page.locator("dialog[open]").wait_for()
        page.wait_for_timeout(300)  # it fades in
        check(page, f"{section}, dialog")


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_nothing_of_the_administration_is_wider_than_its_window(visit: Visit, busy_team: Team, locale: str) -> None:
    page = visit(locale=locale)
    for section in SECTIONS:
        see(page, busy_team, "administration", section)
        assert too_wide(page) == {}, section
