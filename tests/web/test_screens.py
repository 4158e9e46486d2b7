"""Every screen and state of the page, in both themes and both languages: axe finds no violation in any."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.browsing import Watch
from tests.web.conftest import OpenPage, ask, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
every_look = pytest.mark.parametrize(("locale", "width"), [("en-US", 1280), ("fr-FR", 390)], ids=["desktop", "phone"])
"""Both languages and both widths; `check` looks in both themes."""


def check(page: Page, state: str) -> None:
    """Fail on what axe finds in this state in either theme, one line for each kind."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        found = [f"{kind['id']}: {[node['html'] for node in kind['nodes']][:3]}" for kind in violations]
        assert found == [], f"{state}, {scheme}: {found}"


@contextmanager
def dialog(page: Page, keys: str) -> Iterator[None]:
    """A dialog that these keys open, until the context ends."""
    page.keyboard.press(keys)
    page.locator("dialog[open]").wait_for()
    yield
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")


def command(page: Page, english: str, french: str) -> None:
    """Run a command of the palette by its name in the page's language."""
    with dialog(page, "Control+k"):
        page.keyboard.type(french if page.locator("html").get_attribute("lang") == "fr" else english)
        page.keyboard.press("Enter")
        page.locator("dialog.palette").wait_for(state="detached")
        page.locator("dialog[open]").wait_for()
        page.wait_for_timeout(300)
        check(page, english)


@every_look
def test_before_the_first_message(open_page: OpenPage, watch: Watch, locale: str, width: int) -> None:
    watch.forgiven = "404"
    page = open_page(model="layout", locale=locale, width=width)
    check(page, "empty")
    for keys, state in (
        ("Control+k", "palette"), ("Control+,", "settings"), ("Control+/", "help"), ("Control+Shift+M", "models"),
    ):  # fmt: skip
        with dialog(page, keys):
            check(page, state)
    command(page, "Prompts and", "Messages types")
    page.goto(re.sub("#.*", "", page.url) + "#/temporary")
    page.locator(".empty").wait_for()
    check(page, "temporary")
    page.goto(re.sub("#.*", "", page.url) + "#/c/conv_nobody_has_this")
    page.locator(".empty-hint").wait_for()
    check(page, "gone")
    page.goto(re.sub("#.*", "", page.url) + "#/runs")
    page.locator(".run-first").wait_for()
    check(page, "no run yet")


@every_look
def test_an_answer_and_what_is_done_with_it(open_page: OpenPage, locale: str, width: int) -> None:
    page = open_page(model="layout", locale=locale, width=width)
    ask(page, "Show me.")
    page.locator(".katex").first.wait_for()
    check(page, "answer")
    page.locator(".answer .actions [aria-pressed]").nth(1).click()
    page.locator("form.opinion").wait_for()
    check(page, "opinion")
    page.locator(".question").hover()
    page.locator(".question .actions button").last.click()
    page.locator(".editor").wait_for()
    check(page, "editor")
    page.keyboard.press("Escape")
    page.locator(".header .tools [aria-haspopup=menu]").click()
    page.locator(".menu").wait_for()
    check(page, "menu")
    page.keyboard.press("Escape")
    page.locator(".header .tools [aria-haspopup=dialog]").first.click()
    page.locator("dialog[open] .strong").click()
    page.locator(".link-row input").wait_for()
    check(page, "share")
    link = page.locator(".link-row input").input_value()
    page.goto(link)
    page.reload()
    page.locator(".shared .katex").first.wait_for()
    check(page, "shared")


@every_look
def test_answers_that_come_fail_or_stand_side_by_side(open_page: OpenPage, locale: str, width: int) -> None:
    page = open_page(model="slow", locale=locale, width=width)
    send(page, "Count.")
    page.get_by_text("word3").wait_for()
    check(page, "running")
    page.keyboard.press("Escape")
    page.locator(".outcome").wait_for()
    check(page, "stopped")
    page = open_page(model="cut", locale=locale, width=width)
    ask(page, "Break off.")
    page.locator(".failure").wait_for()
    check(page, "failed")
    page.locator(".composer [aria-pressed]").first.click()
    page.get_by_role("checkbox", name="echo", exact=True).check()
    page.get_by_role("checkbox", name="layout", exact=True).check()
    page.get_by_role("checkbox", name="cut", exact=True).uncheck()
    check(page, "choosing")
    send(page, "Who is better?")
    page.locator(".vote").nth(1).wait_for()
    page.locator(".compared .katex").first.wait_for()
    check(page, "compared")


@every_look
def test_the_sidebar_and_what_is_put_aside(open_page: OpenPage, locale: str, width: int) -> None:
    page = open_page(model="echo", locale=locale, width=width)
    ask(page, "Something to find again")
    if width < 700:
        page.keyboard.press("Control+Shift+S")
        page.locator("dialog.drawer").wait_for()
    check(page, "sidebar")
    page.locator("#search-box").fill("something find")
    page.locator(".found mark").first.wait_for()
    check(page, "found")
    page.locator("#search-box").fill("")
    for at, state in ((1, "archive"), (2, "trash")):
        page.locator(".sidebar-begin [aria-haspopup=menu]").click()
        page.locator(".menu [role^=menuitem]").nth(at).click()
        page.locator(".sidebar .empty-hint, .sidebar .row").first.wait_for()
        check(page, state)
        page.locator(".sidebar-list button").first.click()
    page.locator(".sidebar-begin [aria-haspopup=menu]").click()
    page.locator(".menu [role^=menuitem]").first.click()
    page.locator(".row input").wait_for()
    check(page, "naming a folder")
    page.keyboard.press("Escape")
    row = page.locator("li.row").first
    row.hover()
    row.get_by_role("button").click()
    page.locator(".menu .danger").click()
    expect(page.locator(".toast")).to_be_visible()
    check(page, "undo")
