"""Sharing by a link that ends when its maker says so; and taking a conversation away as a file."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.browsing import Watch
from tests.web.conftest import OpenPage, ask

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_link_shows_the_conversation_as_it_was_until_it_is_taken_back(open_page: OpenPage, watch: Watch) -> None:
    watch.forgiven = "404"
    page = open_page(model="echo")
    ask(page, "For your eyes")
    page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share this conversation")
    dialog.get_by_label("Who may read it").select_option("anyone")
    dialog.get_by_role("button", name="Make a link").click()
    link = dialog.get_by_label("Link", exact=True).input_value()
    page.keyboard.press("Escape")
    ask(page, "Said afterwards")
    reader = page.context.new_page()
    reader.goto(link)
    expect(reader.locator(".bubble")).to_have_text(["For your eyes"])
    expect(reader.get_by_text("Said afterwards")).to_have_count(0)
    page.get_by_role("button", name="Share").click()
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_text("Taken back")).to_be_visible()
    reader.reload()
    expect(reader.get_by_text("This link shows nothing")).to_be_visible()


def test_a_conversation_is_saved_to_read(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(model="echo")
    ask(page, "Write me down")
    page.get_by_role("button", name="More about this conversation").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Save as Markdown").click()
    file = tmp_path / "saved.md"
    saved.value.save_as(file)
    assert saved.value.suggested_filename.endswith(".md")
    assert "Write me down" in file.read_text()
