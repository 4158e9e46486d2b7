"""Finding and sorting conversations: search, folders, pins, archive, trash; and one that leaves no trace."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.chatgpt_export import chatgpt_export
from tests.web.conftest import OpenPage, ask

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def choose(page: Page, title: str, action: str) -> None:
    """Choose an action in a conversation's menu, and wait until the server has done it: the page shows it before."""
    page.get_by_role("link", name=title).first.hover()
    page.get_by_role("button", name=f"Actions for {title}").first.click()
    with page.expect_response(lambda response: response.request.method in ("PATCH", "DELETE")):
        page.get_by_role("menuitem", name=action).click()


def test_a_search_marks_what_it_found_and_leads_there(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    said = "It begins with much that nobody looks for, more than two lines hold: the marmalade recipe of Zénobie"
    ask(page, said)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("searchbox", name="Search").fill("zenobie marmal")
    found = page.get_by_role("list", name="Messages").get_by_role("link").first
    lines, mark = found.locator("span").bounding_box(), found.locator("mark").first.bounding_box()
    assert lines
    assert mark
    assert lines["y"] <= mark["y"] + mark["height"] / 2 <= lines["y"] + lines["height"], "two lines are shown"
    found.click()
    expect(page.locator(".bubble")).to_have_text(said)
    page.get_by_role("searchbox", name="Search").fill("nothing of the kind")
    expect(page.get_by_text("Nothing was found.")).to_be_visible()


def test_a_deleted_conversation_comes_back_with_undo_and_from_the_trash(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "Throw me away")
    choose(page, "Throw me away", "Delete")
    expect(page.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(page.get_by_role("link", name="Throw me away")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Throw me away")).to_have_count(1)
    choose(page, "Throw me away", "Delete")
    page.get_by_role("button", name="Folders, archive, trash").click()
    page.get_by_role("menuitem", name="Trash").click()
    page.get_by_role("list", name="Trash").get_by_role("link", name="Throw me away").hover()
    page.get_by_role("button", name="Actions for Throw me away").click()
    page.get_by_role("menuitem", name="Take back").click()
    page.get_by_role("button", name="All conversations").click()
    expect(page.get_by_role("link", name="Throw me away")).to_have_count(1)


def test_conversations_are_pinned_filed_and_archived(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "Sort me")
    choose(page, "Sort me", "Pin")
    expect(page.get_by_role("list", name="Pinned").get_by_role("link", name="Sort me")).to_be_visible()
    choose(page, "Sort me", "Unpin")
    page.get_by_role("button", name="Folders, archive, trash").click()
    page.get_by_role("menuitem", name="New folder").click()
    page.get_by_label("Name of the folder").fill("Work")
    page.get_by_label("Name of the folder").press("Enter")
    expect(page.get_by_role("button", name="Work", exact=True)).to_be_visible()
    choose(page, "Sort me", "Move to Work")
    page.get_by_role("button", name="Work", exact=True).click()
    expect(page.get_by_role("list", name="Work").get_by_role("link", name="Sort me")).to_be_visible()
    choose(page, "Sort me", "Archive")
    expect(page.get_by_role("link", name="Sort me")).to_have_count(0)
    page.get_by_role("button", name="Folders, archive, trash").click()
    page.get_by_role("menuitem", name="Archive").click()
    expect(page.get_by_role("list", name="Archive").get_by_role("link", name="Sort me")).to_be_visible()


def test_a_temporary_conversation_leaves_no_trace(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    page.get_by_role("button", name="Temporary conversation").click()
    expect(page.get_by_role("heading", name="A conversation that leaves no trace")).to_be_visible()
    ask(page, "A secret of mine")
    expect(page.locator(".answer .prose")).to_contain_text("A secret of mine")
    expect(page.get_by_role("link", name="A secret of mine")).to_have_count(0)
    page.reload()
    expect(page.locator(".bubble")).to_have_count(0)
    page.get_by_role("searchbox", name="Search").fill("secret of mine")
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
    assert "secret" not in str(page.evaluate("JSON.stringify(localStorage)"))


def test_an_export_of_chatgpt_is_brought_in(open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(chatgpt_export("Penguins elsewhere", ["Do penguins fly?", "They swim instead."]))
    page = open_page(model="echo")
    page.get_by_role("button", name="Settings").click()
    page.locator("input[data-what=import]").set_input_files(file)
    expect(page.get_by_text("1 conversation brought in from ChatGPT (2 messages).")).to_be_visible()
    page.locator("input[data-what=import]").set_input_files(file)
    expect(page.get_by_text("1 was already here.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search").fill("penguins")
    page.get_by_role("list", name="Titles").get_by_role("link", name="Penguins elsewhere").click()
    expect(page.locator(".answer .prose")).to_have_text("They swim instead.")
