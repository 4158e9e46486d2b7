"""One stay from end to end, on both databases: sign in, talk, run out of a quota, see why, leave with everything."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import answer, ask, send
from tests.web.team import PASSWORD, Team, Visit, member, running_team, see

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def team(database_url: str, tmp_path: Path) -> Iterator[Team]:
    """A server on a database of either kind."""
    variables = {"CAUSERIE_DATABASE_URL": database_url} if database_url else {}
    with running_team(tmp_path / "home", 'default_model = "echo"\n', **variables) as running:
        yield running


def limit(page: Page, team: Team, name: str, requests: int) -> None:
    """As an administrator does it: so many requests a day for somebody."""
    see(page, team, "administration", "quotas")
    page.get_by_role("button", name="New quota").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Which person").select_option(label=name)
    dialog.get_by_label("What is counted").select_option("requests")
    dialog.get_by_label("For each").select_option("day")
    dialog.get_by_label("Limit, in requests").fill(str(requests))
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{requests} requests a day")).to_be_visible()


def test_sign_in_talk_run_out_of_quota_see_why_and_leave(visit: Visit, team: Team) -> None:
    member(team, "joy")
    owner, page = visit(), visit("joy")
    limit(owner, team, "Joy", 2)
    ask(page, "What is a harbour?")
    assert "harbour" in answer(page)
    _use_up(page)
    see(page, team, "account", "usage")
    expect(page.get_by_text("0 requests left")).to_be_visible()
    expect(page.get_by_text("begins again in")).to_be_visible()
    see(owner, team, "administration", "overview")
    owner.reload()
    expect(owner.get_by_role("link", name="1 quota is used up")).to_be_visible()
    see(page, team, "account", "data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save all as a file").click()
    assert "What is a harbour?" in json.dumps(json.loads(Path(download.value.path()).read_text(encoding="utf-8")))
    page.get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To go on, type your sign-in name: joy").fill("joy")
    dialog.get_by_label("Your password now").fill(PASSWORD)
    dialog.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    see(owner, team, "administration", "people")
    expect(owner.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    expect(owner.get_by_role("link", name="Joy")).to_have_count(0)


def _use_up(page: Page) -> None:
    """Ask until the quota refuses, which says why and leads to when it begins again."""
    refusal = page.get_by_role("alert").filter(has_text="What you may use is used up for now.")
    for number in range(3):
        send(page, f"And again, {number}?")
        page.get_by_role("button", name=re.compile("^Stop$")).wait_for(state="detached")
        if refusal.count() > 0:
            break
    expect(refusal.first).to_be_visible()
