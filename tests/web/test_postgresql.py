"""The page's story over PostgreSQL: what its other tests tell over SQLite, once from the beginning to the end."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.databases import PostgreSQL
from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.chatgpt_export import chatgpt_export
from tests.web.conftest import OpenPage, answer, ask, send
from tests.web.stub_upstream import stub_upstream, upstream_config

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def talk_and_reload(page: Page) -> None:
    """An answer outlives the page that asked for it."""
    send(page, "Count.")
    page.get_by_text("word5").wait_for()
    page.reload()
    expect(page.get_by_role("button", name="Another answer")).to_be_visible()
    assert [word for word in answer(page).split() if word.startswith("word")] == [f"word{n}" for n in range(100)]


def edit_and_branch(page: Page) -> None:
    """An edited question stands beside the first."""
    page.locator(".question").first.hover()
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_label("Edit your message").fill("Count again.")
    page.locator(".editor").get_by_role("button", name="Send").click()
    expect(page.locator(".question .versions")).to_have_text("2 of 2")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. What was said is kept.")).to_be_visible()
    page.locator(".question").first.hover()
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator(".bubble")).to_have_text("Count.")


def compare_and_vote(page: Page) -> None:
    """Two models answer, and the vote is kept."""
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Compare several models").click()
    page.get_by_role("checkbox", name="brief", exact=True).uncheck()
    for model in ("echo", "layout"):
        page.get_by_role("checkbox", name=model, exact=True).check()
    send(page, "Who is better?")
    page.get_by_role("group", name="Your vote").get_by_role("button", name="layout").click()
    expect(page.get_by_text("You preferred layout.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("You preferred layout.")).to_be_visible()


def share_and_revoke(page: Page) -> None:
    """A link shows the conversation until it is taken back."""
    page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share this conversation")
    dialog.get_by_role("button", name="Make a link").click()
    reader = page.context.new_page()
    reader.goto(dialog.get_by_label("Link", exact=True).input_value())
    expect(reader.locator(".bubble")).to_have_text("Who is better?")
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_text("Taken back")).to_be_visible()
    reader.reload()
    expect(reader.get_by_text("This link shows nothing")).to_be_visible()
    reader.close()
    page.keyboard.press("Escape")


def import_and_find(page: Page, file: Path) -> None:
    """What ChatGPT exported is found by its words."""
    file.write_text(chatgpt_export("Penguins elsewhere", ["Do penguins fly?", "They swim instead, elegantly."]))
    page.get_by_role("button", name="Settings").click()
    page.locator("input[data-what=import]").set_input_files(file)
    expect(page.get_by_text("1 conversation brought in from ChatGPT (2 messages).")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search").fill("elegantly")
    page.get_by_role("list", name="Messages").get_by_role("link").first.click()
    expect(page.locator(".answer .prose")).to_have_text("They swim instead, elegantly.")


def test_the_whole_story_over_postgresql(
    open_page: OpenPage, watch: Watch, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    watch.forgiven = "404"
    with postgresql.database() as url, stub_upstream() as upstream:
        home, config = tmp_path / "home", upstream_config(upstream)
        with running_server(home, config, CAUSERIE_DATABASE_URL=url) as up:
            watch.own = up.address
            page = open_page(model="brief", address=up.address)
            talk_and_reload(page)
            edit_and_branch(page)
            compare_and_vote(page)
            share_and_revoke(page)
            import_and_find(page, tmp_path / "conversations.json")
            ask(page, "And penguins on PostgreSQL?")
            page.context.close()
        assert not (home / "causerie.db").exists()
