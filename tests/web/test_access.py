"""The page for everyone: the keyboard alone, a screen reader that is not shouted at, twice as large, without motion.

What axe finds is in `test_screens.py`.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage, ask, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def focused(page: Page) -> str:
    """The name of what has the focus."""
    name = "(e => e.getAttribute('aria-label') || e.textContent || e.tagName)(document.activeElement)"
    return str(page.evaluate(name)).strip()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of that name has the focus, and check that the focus is seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if re.match(name, focused(page)):
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(outline) == "solid", f"the focus on {name} is not seen"
            return
    pytest.fail(f"Tab never reaches {name}")


def test_the_keyboard_alone_is_enough(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    expect(page.locator("#message-box")).to_be_focused()
    page.keyboard.type("Count.")
    page.keyboard.press("Enter")
    page.get_by_text("word3").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(".outcome")).to_be_visible()
    tab_to(page, "Model: slow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="slow")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Model: "))).to_be_focused()
    tab_to(page, "Edit")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Edit your message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Edit your message")).to_have_count(0)
    tab_to(page, "Settings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Settings", exact=True)).to_be_focused()


def test_a_screen_reader_hears_that_an_answer_comes_and_not_its_words(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    page.evaluate(
        """() => {
            window.heard = [];
            const live = [...document.querySelectorAll('[aria-live], [role=status]')];
            const note = () => window.heard.push(live.map(e => e.textContent).join(''));
            const all = {childList: true, characterData: true, subtree: true};
            live.forEach(e => new MutationObserver(note).observe(e, all));
        }"""
    )
    send(page, "Count.")
    page.get_by_text("word20").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("status").filter(has_text="Answer stopped.")).to_have_count(1)
    assert page.evaluate("window.heard") == ["Answering…", "Answer stopped."]
    assert page.locator("[role=log], [aria-live=assertive]").count() == 0


def test_the_page_is_whole_at_twice_its_size(open_page: OpenPage) -> None:
    """A window of 1280 x 800 pixels at 200 % is one of 640 x 400."""
    page = open_page(model="layout", width=640)
    page.set_viewport_size({"width": 640, "height": 400})
    expect(page.get_by_role("heading", name="What shall we talk about?")).to_be_in_viewport()
    ask(page, "Show me.")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    expect(page.locator("#message-box")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Control+,")
    last = page.get_by_role("dialog", name="Settings").get_by_role("button").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show the conversations").click()
    expect(page.get_by_role("button", name="New conversation").last).to_be_in_viewport(ratio=1)


def test_nothing_moves_for_who_asked_for_rest(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    moving = "document.getAnimations().filter(one => one.playState === 'running').length"
    send(page, "Count.")
    page.locator(".answer .prose").get_by_text("word3").wait_for()  # laid out, and with its caret
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert page.evaluate(moving) > 0, "the caret of an answer that comes blinks: this test sees motion"
    page.keyboard.press("Escape")
    expect(page.locator(".outcome")).to_be_visible()
