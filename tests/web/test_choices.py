"""What people choose: model, language, theme, system prompt, sampling, and the key of a server that asks for one."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.conftest import OpenPage, ask

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_starter_says_what_it_is_and_how_to_get_a_better_one(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.get_by_text("the small model that comes with causerie")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Model: smollm2-135m-instruct")).click()
    card = page.locator(".model-card", has_text="smollm2-135m-instruct")
    for fact in (
        "Comes with causerie",
        "94 MB",
        "135",
        "Q4_1",
        "8,192 tokens",
        "Apache-2.0",
        "English",
        "very small",
    ):
        expect(card).to_contain_text(fact)
    expect(page.locator(".model-list")).not_to_contain_text("multilingual-e5-small")
    page.locator(".better").get_by_role("button", name="Copy the command").click()
    assert page.evaluate("navigator.clipboard.readText()") == "causerie models suggest"


def test_a_chosen_model_answers_and_stays_chosen(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name=re.compile("^Model:")).click()
    page.locator(".model-card", has_text="echo").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    ask(page, "Who are you?")
    expect(page.locator(".speaker")).to_have_text("echo")
    page.reload()
    expect(page.locator(".model-name")).to_have_text("echo")


def test_the_language_is_the_browser_s_and_can_be_switched(open_page: OpenPage) -> None:
    page = open_page(locale="fr-FR")
    expect(page.get_by_role("heading", name="De quoi parlons-nous")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_role("button", name="Réglages").click()
    page.get_by_label("Langue").select_option("en")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def ground(page: Page) -> str:
    """The colour behind the page."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_theme_is_the_system_s_and_can_be_switched(open_page: OpenPage) -> None:
    page = open_page()
    light = ground(page)
    page.emulate_media(color_scheme="dark")
    dark = ground(page)
    assert dark != light
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Dark", exact=True).click()
    assert ground(page) == dark
    page.reload()
    assert ground(page) == dark
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_system_prompt_and_sampling_reach_the_model(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("System prompt").fill("Speak like a pirate.")
    page.get_by_label("Temperature").fill("0.3")
    page.get_by_label("Seed").fill("12")
    page.get_by_label("Stop words").fill("END\n\nFIN")
    page.keyboard.press("Escape")
    ask(page, "Hello")
    said = page.locator(".answer .prose").inner_text()
    assert "Speak like a pirate." in said
    for part in ("0.3", "12", "END", "FIN"):
        assert part in said


def test_a_setting_outside_its_limits_is_refused_in_words(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Temperature").fill("9")
    expect(page.get_by_text("Between 0 and 2")).to_be_visible()
    page.keyboard.press("Escape")
    ask(page, "Hello")
    assert "temperature" not in page.locator(".answer .prose").inner_text()


def test_a_server_with_keys_asks_for_one(open_page: OpenPage, watch: Watch, tmp_path: Path) -> None:
    watch.forgiven = "401"
    with running_server(tmp_path / "home", 'api_keys = ["a-key-of-twenty-letters"]\n') as up:
        watch.own = up.address
        page = open_page(address=up.address, let_in=False)
        key = page.get_by_label("API key")
        key.fill("wrong")
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_text("The server does not know this key.")).to_be_visible()
        key.fill("a-key-of-twenty-letters")
        page.get_by_role("button", name="Use this key").click()
        expect(page.locator(".model-name")).to_have_text("smollm2-135m-instruct")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.evaluate("JSON.stringify(localStorage)").find("a-key") == -1
        page.reload()
        expect(page.locator(".model-name")).to_have_text("smollm2-135m-instruct")
        page.context.close()
