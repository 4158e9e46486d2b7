"""An answer belongs to the server, not to the tab: reloads, other conversations, other tabs, drafts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.browsing import Watch
from tests.web.conftest import OpenPage, answer, answer_to, ask, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def numbers(page: Page) -> list[int]:
    """The numbers that the model `slow` has counted."""
    return [int(word) for word in re.findall(r"word(\d+)", answer(page))]


def whole(page: Page) -> bool:
    """Whether no word is missing and none came twice."""
    counted = numbers(page)
    return counted == list(range(len(counted)))


def test_a_page_reloaded_in_the_middle_of_an_answer_sees_it_finish(open_page: OpenPage) -> None:
    page = open_page(model="brief")
    send(page, "Count.")
    page.get_by_text("word5").wait_for()
    page.reload()
    page.get_by_text("word20").wait_for()
    page.reload()
    expect(page.get_by_role("button", name="Another answer")).to_be_visible()
    assert numbers(page)[-1] == 99
    assert whole(page)
    expect(page.locator(".outcome")).to_have_count(0)


def test_an_answer_goes_on_while_another_conversation_is_open(open_page: OpenPage) -> None:
    page = open_page(model="brief")
    send(page, "Count for me.")
    page.get_by_text("word5").wait_for()
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("img", name="An answer is coming")).to_be_visible()
    page.get_by_role("link", name="Count for me.").first.click()
    page.get_by_text("word9").first.wait_for()
    expect(page.get_by_role("button", name="Another answer")).to_be_visible()
    assert numbers(page)[-1] == 99
    assert whole(page)


def test_two_tabs_see_the_same_conversation_live(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    send(page, "Count in both.")
    page.get_by_text("word5").wait_for()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_text("word20").wait_for()
    assert whole(other)
    other.get_by_role("button", name="Stop").click()
    for tab in (page, other):
        expect(tab.get_by_text("Stopped. What was said is kept.")).to_be_visible()
    assert answer(page) == answer(other)
    send(other, "And once more.")
    expect(page.locator(".bubble").last).to_have_text("And once more.")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(other.get_by_text("Stopped. What was said is kept.")).to_have_count(2)


def test_two_tabs_see_the_same_list(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "A title for the list")
    other = page.context.new_page()
    other.goto(page.url)
    row = other.get_by_role("link", name="A title for the list")
    expect(row).to_be_visible()
    row.hover()
    other.get_by_role("button", name="Actions for A title for the list").click()
    other.get_by_role("menuitem", name="Rename").click()
    other.get_by_label("New title").fill("Renamed elsewhere")
    other.get_by_label("New title").press("Enter")
    expect(page.get_by_role("link", name="Renamed elsewhere")).to_be_visible()


def test_a_draft_survives_a_reload_and_reaches_another_device(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "Begin.")
    conversation = page.url.rsplit("/", 1)[1]
    with page.expect_response(answer_to("PUT", f"/api/drafts/{conversation}")):
        page.locator("#message-box").fill("not sent yet")
    page.reload()
    expect(page.locator("#message-box")).to_have_value("not sent yet")
    device = open_page(model="echo")
    device.goto(page.url)
    expect(device.locator("#message-box")).to_have_value("not sent yet")
    ask(device, "not sent yet")
    expect(page.locator(".bubble").last).to_have_text("not sent yet")


def test_typing_never_waits_for_the_network(open_page: OpenPage, watch: Watch) -> None:
    watch.forgiven = "ERR_INTERNET_DISCONNECTED|ERR_FAILED"
    page = open_page(model="echo")
    page.context.set_offline(True)
    page.locator("#message-box").press_sequentially("Typed without a network")
    expect(page.locator("#message-box")).to_have_value("Typed without a network")
    page.locator("#message-box").press("Enter")
    expect(page.locator(".bubble")).to_have_text("Typed without a network")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".answer .prose")).to_contain_text("Typed without a network")
    expect(page.locator(".bubble")).to_have_count(1)
