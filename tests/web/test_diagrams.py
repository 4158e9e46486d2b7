"""Diagrams in an answer: drawn in a frame that can do nothing, shown as a picture, their text a button away."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPage, ask

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_diagram_is_drawn_and_its_text_is_kept(open_page: OpenPage) -> None:
    page = open_page(model="diagram")
    ask(page, "How is tea made?")
    drawn = page.get_by_role("img", name=re.compile("^Diagram: flowchart LR"))
    expect(drawn).to_be_visible()
    width, height = drawn.evaluate(
        "picture => picture.decode().then(() => [picture.naturalWidth, picture.naturalHeight])"
    )
    assert width > height > 20, "tea is made from left to right"
    assert "water" in drawn.evaluate("picture => decodeURIComponent(picture.src)")
    page.get_by_role("button", name="Show its text").click()
    expect(page.get_by_role("region", name="Diagram").first).to_contain_text("Boil <b>water</b>")
    page.get_by_role("button", name="Show the diagram").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as SVG").click()
    assert saved.value.suggested_filename == "diagram.svg"


def test_text_that_is_no_diagram_stays_text_and_says_why(open_page: OpenPage) -> None:
    page = open_page(model="diagram")
    ask(page, "How is tea made?")
    expect(page.get_by_text(re.compile("^This diagram cannot be drawn: Parse error"))).to_be_visible()
    expect(page.get_by_role("region", name="Diagram")).to_contain_text("a --> --> b")


def test_a_diagram_takes_the_colours_of_the_theme(open_page: OpenPage) -> None:
    page = open_page(model="diagram", scheme="dark")
    ask(page, "How is tea made?")
    drawn = page.get_by_role("img", name=re.compile("^Diagram: "))
    dark = drawn.get_attribute("src")
    page.emulate_media(color_scheme="light")
    # The browser tells of the change with its next frame, and draws none while nothing moves.
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(drawn).not_to_have_attribute("src", dark or "")


def test_the_frame_that_draws_reaches_neither_the_page_nor_the_network(open_page: OpenPage) -> None:
    page = open_page(model="diagram")
    ask(page, "How is tea made?")
    expect(page.get_by_role("img", name=re.compile("^Diagram: "))).to_be_visible()
    frame = next(frame for frame in page.frames if "/assets/diagram-" in frame.url)
    assert frame.evaluate("origin") == "null"
    assert (
        frame.evaluate("() => { try { return document.cookie } catch (error) { return error.name } }")
        == "SecurityError"
    )
    assert (
        frame.evaluate("() => { try { return parent.document.title } catch (error) { return error.name } }")
        == "SecurityError"
    )
