"""Prompts with blanks, instructions, memory, files, the palette and the keys."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage, answer, answer_to, ask

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def open_library(page: Page, tab: str) -> None:
    """Open the dialog of prompts, instructions and memory."""
    page.get_by_role("button", name="On this machine: account and more").click()
    page.get_by_role("menuitem", name="Prompts and memory").click()
    page.get_by_role("tab", name=tab).click()


def test_a_prompt_is_used_with_its_blanks_filled_in(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    open_library(page, "Prompts")
    page.get_by_role("button", name="New prompt").click()
    page.get_by_role("textbox", name="Name").fill("Translate it")
    page.get_by_role("textbox", name="Text").fill("Translate {{text}} into {{language|French}}.")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="Translate it").first.click()
    expect(page.get_by_label("language")).to_have_value("French")
    page.get_by_label("text", exact=True).fill("good evening")
    page.get_by_role("button", name="Put into the message box").click()
    expect(page.locator("#message-box")).to_have_value("Translate good evening into French.")
    open_library(page, "Prompts")
    page.get_by_role("button", name="Delete Translate it").click()
    expect(page.get_by_text("No prompt yet")).to_be_visible()


def test_memory_reaches_the_model_only_while_it_is_on(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    open_library(page, "Memory")
    page.get_by_label("Something to remember").fill("I keep bees.")
    page.get_by_role("button", name="Remember").click()
    expect(page.get_by_text("I keep bees.")).to_be_visible()
    page.keyboard.press("Escape")
    ask(page, "Who am I?")
    assert "bees" not in answer(page)
    open_library(page, "Memory")
    with page.expect_response(answer_to("PATCH", "/api/personal")):
        page.get_by_role("switch", name="Use memory").check()
    page.keyboard.press("Escape")
    ask(page, "And now?")
    assert "I keep bees." in answer(page)
    open_library(page, "Memory")
    expect(page.get_by_role("switch", name="Use memory")).to_be_checked()
    with page.expect_response(answer_to("PATCH", "/api/personal")):
        page.get_by_role("switch", name="Use memory").uncheck()
    page.get_by_role("button", name="Forget: I keep bees.").click()
    expect(page.get_by_text("Nothing is remembered.")).to_be_visible()


def test_a_file_and_a_long_pasted_text_reach_the_model(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Attach files").click()
    chosen.value.set_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"The password is mellon."})
    expect(page.get_by_role("button", name="Remove notes.txt")).to_be_visible()
    page.evaluate("navigator.clipboard.writeText('lorem ipsum '.repeat(500))")
    page.locator("#message-box").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("button", name=re.compile("^Remove "))).to_have_count(2)  # both have arrived
    expect(page.locator("#message-box")).to_have_value("")
    toast, box = page.locator(".toast").bounding_box(), page.locator(".composer").bounding_box()
    assert toast
    assert box
    assert toast["y"] + toast["height"] <= box["y"], "what is said does not hide what is written"
    ask(page, "What is in the files?")
    said = answer(page)
    assert "mellon" in said
    assert "lorem ipsum" in said
    expect(page.locator(".question .chip")).to_have_count(2)


def test_the_palette_does_what_its_letters_name(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").wait_for()
    page.keyboard.type("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").wait_for()
    page.keyboard.type("layout")
    page.keyboard.press("Enter")
    expect(page.locator(".model-name")).to_have_text("layout")
    page.keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+e")
    expect(page.get_by_role("heading", name="A conversation that leaves no trace")).to_be_visible()


def test_a_browser_without_its_own_voice_says_so(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    page.get_by_role("button", name="Dictate").click()
    expect(page.get_by_text("This browser cannot recognise speech on this device")).to_be_visible()
    ask(page, "Speak.")
    page.get_by_role("button", name="Read aloud").click()
    expect(page.get_by_text("This browser has no voice of its own")).to_be_visible()
