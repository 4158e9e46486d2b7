"""What people do with a conversation: ask, stop, ask again, edit, copy, come back."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.conftest import OpenPage, answer, answer_to, ask, send

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def set_number(page: Page, label: str, value: str) -> None:
    """Fill one of the sampling settings."""
    page.get_by_role("button", name="Settings").click()
    page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Escape")


@pytest.mark.engine
def test_the_starter_answers_the_first_question_and_its_speed_is_told(open_page: OpenPage) -> None:
    page = open_page()
    set_number(page, "Longest answer, in tokens", "30")
    ask(page, "Say hello.")
    assert answer(page).strip()
    expect(page.locator(".measured")).to_have_text(re.compile(r"tokens/s · first word after [\d.]+ s · \d+ tokens"))
    expect(page.get_by_role("meter", name="Memory of the conversation")).to_have_attribute(
        "aria-valuetext", re.compile(r"^\d+ of 8,192 tokens used")
    )
    expect(page.get_by_role("status").filter(has_text="Answer complete.")).to_have_count(1)


@pytest.mark.engine
def test_the_same_seed_gives_the_same_answer_twice(open_page: OpenPage) -> None:
    page = open_page()
    set_number(page, "Longest answer, in tokens", "24")
    set_number(page, "Seed", "7")
    ask(page, "Tell me a story.")
    first = answer(page)
    page.get_by_role("button", name="Another answer").click()
    expect(page.locator(".versions")).to_have_text("2 of 2")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert answer(page) == first


def test_an_answer_that_is_stopped_keeps_what_was_said(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    send(page, "Count.")
    page.get_by_text("word5").wait_for()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. What was said is kept.")).to_be_visible()
    said = answer(page)
    assert "word5" in said
    page.reload()
    page.locator(".answer .prose").wait_for()
    assert answer(page) == said


def test_an_answer_is_stopped_before_the_server_has_its_question(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for number, path in enumerate(("**/api/conversations", "**/api/conversations/*/messages"), 1):
        page.route(path, hold, times=1)
        with page.expect_request(path):
            send(page, f"Count {number}.")
        page.get_by_role("button", name="Stop", exact=True).click()
        held.pop().continue_()
        expect(page.get_by_text("Stopped. What was said is kept.")).to_have_count(number)
        expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_another_answer_stands_beside_the_first(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "Once.")
    page.get_by_role("button", name="Another answer").click()
    expect(page.locator(".versions")).to_have_text("2 of 2")
    with page.expect_response(answer_to("PATCH", "/api/conversations/")):
        page.get_by_role("button", name="Previous version").click()
    expect(page.locator(".versions")).to_have_text("1 of 2")
    page.reload()
    expect(page.locator(".versions")).to_have_text("1 of 2")


def test_an_edited_question_is_asked_anew_and_the_old_one_stays(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "The first question")
    ask(page, "The second question")
    page.locator(".question").first.hover()
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_label("Edit your message").fill("A better question")
    page.locator(".editor").get_by_role("button", name="Send").click()
    expect(page.locator(".answer")).to_have_count(1)
    expect(page.locator(".answer .prose")).to_contain_text("A better question")
    assert "The second question" not in page.locator(".column").first.inner_text()
    page.locator(".question").first.hover()
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator(".bubble").last).to_have_text("The second question")


def test_the_whole_conversation_is_sent_with_each_question(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "My name is Ada.")
    ask(page, "What is my name?")
    said = answer(page)
    assert said.index("My name is Ada.") < said.index("What is my name?")


def test_an_answer_is_copied_as_it_was_written(open_page: OpenPage) -> None:
    page = open_page(model="layout")
    ask(page, "Show me.")
    page.locator(".answer").get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator(".answer").get_by_role("button", name="Copied")).to_be_visible()
    assert str(page.evaluate("navigator.clipboard.readText()")).startswith("# A heading\n\nSome **bold**")
    page.get_by_role("button", name="Copy code").click()
    assert page.evaluate("navigator.clipboard.readText()") == "def double(number: int) -> int:\n    return number * 2"


def test_a_new_conversation_leaves_the_old_one_in_the_list(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    ask(page, "Keep this in mind.")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("heading", name="What shall we talk about?")).to_be_visible()
    expect(page.locator("#message-box")).to_be_focused()
    page.go_back()
    expect(page.locator(".bubble")).to_have_text("Keep this in mind.")


def test_shift_and_enter_begin_a_new_line_and_the_box_grows(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    box = page.locator("#message-box")
    low = box.bounding_box()
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    high = box.bounding_box()
    assert low is not None
    assert high is not None
    assert high["height"] > low["height"]
    box.press("Enter")
    expect(page.locator(".bubble")).to_have_text("one\ntwo")


def test_an_idea_fills_the_box(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    page.get_by_role("button", name="Explain something").click()
    expect(page.locator("#message-box")).to_have_value(re.compile("^Explain why the sky is blue"))
    expect(page.locator("#message-box")).to_be_focused()


def test_a_question_edited_while_its_answer_comes_is_asked_at_once(open_page: OpenPage) -> None:
    page = open_page(model="slow")
    send(page, "Count.")
    page.get_by_text("word3").wait_for()
    page.locator(".question").hover()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Edit your message").fill("Count again.")
    page.locator(".editor").get_by_role("button", name="Send").click()
    expect(page.locator(".bubble")).to_have_text("Count again.")
    page.get_by_text("word3").wait_for()
    page.locator(".question").hover()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Edit your message").fill("And again.")
    page.get_by_label("Edit your message").press("Enter")
    expect(page.locator(".bubble")).to_have_text("And again.")
    expect(page.locator(".versions").first).to_have_text("3 of 3")
    page.get_by_text("word3").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Stopped. What was said is kept.")).to_be_visible()


def test_a_message_sent_before_the_models_are_known_is_answered(open_page: OpenPage) -> None:
    page = open_page(model="echo")
    waiting: list[Route] = []
    page.route("**/api/models", lambda route: waiting.append(route), times=1)  # noqa: PLW0108 - it must be a function
    with page.expect_request("**/api/models"):
        page.reload()
    expect(page.locator(".model-name")).to_have_text("Looking for models…")
    send(page, "Are you there?")
    waiting[0].continue_()
    expect(page.locator(".answer .prose")).to_contain_text("Are you there?")
    expect(page.locator(".speaker")).to_have_text("echo")
