"""Several models on one question, the vote, and what people say of an answer."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage, answer_to, ask, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def compare(page: Page, *models: str, blind: bool = False) -> None:
    """Choose the models that are asked side by side."""
    page.get_by_role("button", name="Compare several models").click()
    for model in models:
        page.get_by_role("checkbox", name=model, exact=True).check()
    if blind:
        page.get_by_role("checkbox", name="Hide the names until I vote").check()


def test_two_models_answer_side_by_side_and_the_vote_is_kept(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    compare(page, "layout")
    send(page, "Who is better?")
    expect(page.locator(".compared .answer")).to_have_count(2)
    expect(page.locator(".compared .speaker")).to_have_text(["echo", "layout"])
    vote = page.get_by_role("group", name="Your vote")
    vote.get_by_role("button", name="layout").click()
    expect(page.get_by_text("You preferred layout.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("You preferred layout.")).to_be_visible()
    expect(page.locator(".compared .answer")).to_have_count(2)


def test_a_blind_comparison_tells_the_names_after_the_vote(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    compare(page, "layout", blind=True)
    send(page, "Guess who.")
    expect(page.locator(".compared .speaker")).to_have_text(["Answer A", "Answer B"])
    vote = page.get_by_role("group", name="Your vote")
    vote.get_by_role("button", name="All are good").click()
    expect(page.get_by_text("You found all of them good.")).to_be_visible()
    speakers = page.locator(".compared .speaker")
    expect(speakers.filter(has_text=re.compile("^Answer [AB]$"))).to_have_count(0)
    assert sorted(speakers.all_inner_texts()) == ["echo", "layout"]


def test_the_conversation_goes_on_from_the_answer_that_one_chooses(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    compare(page, "layout")
    send(page, "First.")
    with page.expect_response(answer_to("PATCH", "/api/conversations/")):
        page.get_by_role("group", name="Go on from:").get_by_role("button", name="layout").click()
    page.get_by_role("button", name="Compare several models").click()
    ask(page, "And now?")
    said = page.locator(".answer .prose").last
    expect(said).to_contain_text("A heading")
    expect(said).to_contain_text("And now?")


def test_a_thumb_counts_at_once_and_may_say_more(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "Judge me.")
    page.get_by_role("button", name="Bad answer").click()
    form = page.get_by_role("form", name="Your opinion")
    form.get_by_text("Made up").click()
    form.get_by_role("button", name="Write the better answer").click()
    form.get_by_label("The better answer").fill("I am an echo.")
    form.get_by_role("switch").check()
    form.get_by_role("button", name="Keep my opinion").click()
    expect(page.get_by_text("Thank you: your opinion is kept.")).to_be_visible()
    page.reload()
    thumb = page.get_by_role("button", name="Bad answer")
    expect(thumb).to_have_attribute("aria-pressed", "true")
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Undo").click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
