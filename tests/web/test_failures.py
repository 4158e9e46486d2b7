"""What people read when something fails: what happened, what to do, in their language, and nothing is lost."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.conftest import OpenPage, ask, send
from tests.web.test_library import open_library

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
REFUSED = "Failed to load resource"
"""What Chromium's console says of every answer with an error status."""


def test_an_answer_that_breaks_off_is_kept_and_can_be_tried_again(open_page: OpenPage) -> None:
    page = open_page(model="cut")
    ask(page, "Go on.")
    expect(page.locator(".answer .prose")).to_have_text("This will not be finished")
    expect(page.get_by_role("alert")).to_contain_text("The answer could not be finished")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".versions")).to_have_text("2 of 2")


def test_a_failure_is_told_in_french_with_the_server_s_words_below(open_page: OpenPage, watch: Watch) -> None:
    watch.forgiven = REFUSED
    page = open_page(model="broken", locale="fr-FR")
    ask(page, "Bonjour")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("L’autre serveur, qui fait tourner ce modèle, a échoué.")  # noqa: RUF001
    expect(page.get_by_role("status").filter(has_text="La réponse a échoué.")).to_have_count(1)
    alert.get_by_text("Ce que le serveur a dit").click()
    expect(alert).to_contain_text("no memory left")


@pytest.mark.engine
def test_a_message_that_does_not_fit_is_explained(open_page: OpenPage, watch: Watch) -> None:
    watch.forgiven = REFUSED
    page = open_page()
    ask(page, "word " * 9000)
    expect(page.get_by_role("alert")).to_contain_text("longer than this model can read")


def test_a_server_that_is_gone_is_told_and_found_again(open_page: OpenPage, watch: Watch, tmp_path: Path) -> None:
    watch.forgiven = REFUSED
    with running_server(tmp_path / "home") as up:
        watch.own = up.address
        page = open_page(address=up.address)
    send(page, "Are you there?")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached. Is causerie up still running")
    expect(page.locator(".bubble")).to_have_text("Are you there?")


@pytest.mark.parametrize("tab", ["Memory", "Instructions"])
def test_what_could_not_be_fetched_says_why_and_is_asked_again(open_page: OpenPage, watch: Watch, tab: str) -> None:
    watch.forgiven = "ERR_FAILED"
    page = open_page(model="echo")
    page.route("**/api/personal", lambda route: route.abort("failed"))
    open_library(page, tab)
    alert = page.get_by_role("dialog").get_by_role("alert").filter(has_text="The server cannot be reached")
    expect(alert).to_be_visible()
    page.unroute("**/api/personal")
    alert.get_by_role("button", name="Try again").click()
    expect(alert).to_have_count(0)
    expect(page.get_by_role("switch", name="Use")).to_be_enabled()


def test_what_was_open_can_be_read_without_the_server_and_the_rest_comes_with_it(
    open_page: OpenPage, watch: Watch
) -> None:
    watch.forgiven = "ERR_INTERNET_DISCONNECTED|ERR_FAILED"
    page = open_page(model="echo")
    ask(page, "To be read on the train")
    page.get_by_role("button", name="New conversation").click()
    ask(page, "Open at the time")
    page.context.set_offline(True)
    page.get_by_role("link", name="To be read on the train").first.click()
    expect(page.locator(".bubble")).to_have_text("To be read on the train")
    expect(page.get_by_text("The server cannot be reached for now.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("The server cannot be reached for now.")).to_have_count(0)
    page.reload()
    expect(page.locator(".bubble")).to_have_text("To be read on the train")
    expect(page.get_by_role("link", name="Open at the time").first).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Open at the time").first.click()
    expect(page.get_by_text("causerie does not answer").first).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".bubble")).to_have_text("Open at the time")
