"""The page for everyone: no violation that axe knows, the keyboard alone, a screen reader that is not shouted at."""

import re
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage, ask, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LOOKS = list(product(("en-US", "fr-FR"), ("light", "dark"), (390, 1280)))


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each kind."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{kind['id']}: {[node['html'] for node in kind['nodes']][:3]}" for kind in found]


@pytest.mark.parametrize(("locale", "scheme", "width"), LOOKS)
def test_axe_finds_no_violation(open_page: OpenPage, locale: str, scheme: str, width: int) -> None:
    page = open_page(model="layout", locale=locale, scheme=scheme, width=width)
    found = {"empty": violations(page)}
    ask(page, "Show me.")
    page.locator(".katex").first.wait_for()
    found["conversation"] = violations(page)
    page.locator(".model-button").click()
    found["models"] = violations(page)
    page.keyboard.press("Escape")
    page.locator(".tools .round").last.click()
    found["settings"] = violations(page)
    page.keyboard.press("Escape")
    assert found == {"empty": [], "conversation": [], "models": [], "settings": []}


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
    assert focused(page).startswith("Model: ")
    tab_to(page, "Edit")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Edit your message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Edit your message")).to_have_count(0)
    tab_to(page, "Settings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    assert focused(page) == "Settings"


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
    page.wait_for_function("window.heard.at(-1) === 'Answer stopped.'")
    assert page.evaluate("window.heard") == ["Answering…", "Answer stopped."]
    assert page.locator("[role=log], [aria-live=assertive]").count() == 0
