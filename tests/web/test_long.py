"""A conversation of two thousand messages: opened with few requests, drawn in part, scrolled to its beginning."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.chatgpt_export import chatgpt_export
from tests.web.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MESSAGES = 2000
MOST_REQUESTS = 3
TITLE = "Two thousand messages"


def bring_in(page: Page, address: str) -> None:
    """Import it, if an earlier test did not."""
    said = [f"Message number {at}, **with** some words. " * 4 for at in range(MESSAGES)]
    told = page.request.post(
        f"{address}/api/conversations/import",
        data=chatgpt_export(TITLE, said), headers={"origin": address, "content-type": "application/octet-stream"},
    )  # fmt: skip
    assert told.ok, told.text()


def shown(page: Page) -> int:
    """How many messages stand in the document."""
    return page.locator(".turn-item").count()


def test_it_opens_with_few_requests_and_scrolls_to_its_beginning(open_page: OpenPage, server: str) -> None:
    page = open_page(model="echo")
    bring_in(page, server)
    page.get_by_role("searchbox", name="Search").fill("two thousand")
    link = page.get_by_role("list", name="Titles").get_by_role("link", name=TITLE)
    link.wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    link.click()
    expect(page.get_by_text(f"Message number {MESSAGES - 1},").first).to_be_in_viewport()
    page.wait_for_timeout(500)
    opening = [url for url in asked if not re.search("/api/(models|settings)", url)]
    assert len(opening) <= MOST_REQUESTS, opening
    assert shown(page) < 100, "only the end is drawn at first"
    before = shown(page)
    page.locator(".viewport").hover()
    for _ in range(12):
        page.mouse.wheel(0, -4000)
        page.wait_for_timeout(30)
    expect(page.locator(".turn-item").nth(before), "more is drawn as one scrolls up").to_be_attached()
    at = page.locator(".turn-item").first.get_attribute("id")
    assert at is not None
    for _ in range(2000):
        if page.get_by_text("Message number 0,").count():
            break
        page.locator(".viewport").evaluate("area => { area.scrollTop = 0 }")
        page.wait_for_timeout(20)
    expect(page.get_by_text("Message number 0,").first).to_be_attached()
    assert len([url for url in asked if "/api/conversations/" in url]) == 1, "scrolling asks the server nothing"


def test_an_answer_is_asked_for_at_its_end_and_typing_is_not_held_up(open_page: OpenPage, server: str) -> None:
    page = open_page(model="layout")
    bring_in(page, server)
    page.get_by_role("searchbox", name="Search").fill("two thousand")
    page.get_by_role("list", name="Titles").get_by_role("link", name=TITLE).click()
    expect(page.get_by_text(f"Message number {MESSAGES - 1},").first).to_be_in_viewport()
    page.locator("#message-box").press_sequentially("One more question", delay=0)
    expect(page.locator("#message-box")).to_have_value("One more question")
    page.locator("#message-box").press("Enter")
    expect(page.get_by_role("heading", name="A heading")).to_be_visible()
    assert shown(page) < 200
