"""How an answer is laid out, and that nothing in it reaches another host or runs."""

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPage, ask
from tests.web.team import too_wide

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_an_answer_is_laid_out_and_fetches_nothing(open_page: OpenPage) -> None:
    page = open_page(model="layout")
    ask(page, "Show me.")
    prose = page.locator(".prose")
    expect(prose.get_by_role("heading", name="A heading")).to_be_visible()
    expect(prose.locator("strong")).to_have_text("bold")
    expect(prose.get_by_role("cell", name="40 mg")).to_have_css("text-align", "right")
    expect(prose.locator(".code figcaption")).to_contain_text("python")
    expect(prose.locator(".hljs-keyword").first).to_have_text("def")
    expect(prose.locator(".katex")).to_have_count(3)
    expect(prose.locator(".katex-display")).to_have_count(1)
    expect(prose).to_contain_text("prices: $5 and $10.")
    expect(prose.get_by_role("link", name="Image: a cat")).to_have_attribute(
        "href", "https://pictures.example/cat.png"
    )
    expect(prose.locator("img, script")).to_have_count(0)
    expect(page).not_to_have_title("stolen")


def test_formulas_are_drawn_with_our_own_fonts(open_page: OpenPage) -> None:
    page = open_page(model="layout")
    ask(page, "Show me.")
    page.locator(".katex").first.wait_for()
    used = (
        "document.fonts.ready.then(all => [...all].filter(font => font.status === 'loaded').map(font => font.family))"
    )
    assert any("KaTeX" in family for family in page.evaluate(used))


def test_nothing_is_wider_than_the_window(open_page: OpenPage) -> None:
    page = open_page(model="layout")
    ask(page, "A-very-long-word-" * 12)
    assert too_wide(page) == {}
    column = page.locator(".foot .column").bounding_box()
    assert column is not None
    assert column["width"] <= 48 * 18


def test_the_first_load_brings_no_code_for_answers(open_page: OpenPage) -> None:
    page = open_page(model="layout")
    scripts = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')).map(e => e.name)"
    before = page.evaluate(scripts)
    ask(page, "Show me.")
    page.locator(".prose").wait_for()
    assert len(page.evaluate(scripts)) > len(before)
