"""Evaluations in the page: a model is judged, its figures and its bad answers are read, and two are compared."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.evaluation.written import task_table, write_suite
from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.conftest import OpenPage
from tests.web.judged import CONTAINS, LINES, write_mine
from tests.web.stub_upstream import stub_upstream, upstream_config
from tests.web.team import Team, Visit, member, too_wide
from tests.web.test_screens import check, every_look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LONG_MS = 120_000
"""A job in a process of its own, on a machine that does much at once."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two suites of its own: `mine`, and `few` with examples before its questions."""
    made = tmp_path_factory.mktemp("evaluations") / "home"
    write_mine(made)
    table = task_table("words", "answer", "words", f'examples = "few.jsonl"\nshots = 1\n{CONTAINS}')
    few = [{**line, "id": f"few {line['id']}", "question": f"{line['question']}!"} for line in LINES]
    write_suite(made / "suites" / "few", table, words=LINES, few=few)
    return made


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[str]:
    """The address of a server whose models answer at once."""
    with stub_upstream() as upstream, running_server(home, upstream_config(upstream)) as up:
        yield up.address


class Words(NamedTuple):
    """What a person reads on their way."""

    locale: str
    menu: str
    start: str
    model: str
    begin: str
    whole: str
    bad: str
    good: str
    compare: str
    verdict: str
    seen: str
    """What 10 items can show: 7.8489 of them."""
    worse: str
    """A model that answers worse, and that nobody judged before."""


ENGLISH = Words("en-US", "Evaluations", "Judge a model", "Model", "Begin", "The whole suite", "Bad ones", "Good ones",
                "Compare", "Worse", "seen from 78.5\u00a0pts", "layout")  # fmt: skip
FRENCH = Words("fr-FR", "Évaluations", "Juger un modèle", "Modèle", "Commencer", "Toute la suite", "Mauvaises",
               "Bonnes", "Comparer", "Moins bien", "visible dès 78,5\u00a0pts", "diagram")  # fmt: skip


def open_evaluations(page: Page, server: str, place: str = "") -> None:
    """Go to the evaluations, and wait until what the view fetches is there."""
    page.goto(f"{server}/#/evaluations{place}")
    page.locator("main h1").wait_for()
    expect(page.locator("main .pending")).to_have_count(0)


def begin(page: Page, server: str, words: Words, model: str) -> None:
    """Judge a model by the suite `mine`, and wait for its figures."""
    open_evaluations(page, server, "?start=")
    page.get_by_label(words.model, exact=True).select_option(model)
    page.locator("input[name=suite][value=mine]").check()
    page.get_by_role("button", name=words.begin, exact=True).click()
    page.get_by_role("heading", name=model, exact=True).wait_for()
    page.locator(".metric").first.wait_for(timeout=LONG_MS)


@pytest.mark.parametrize("words", [ENGLISH, FRENCH], ids=["english", "french"])
def test_a_model_is_judged_and_compared(open_page: OpenPage, server: str, words: Words) -> None:
    page = open_page(locale=words.locale)
    page.locator(".person").click()
    page.get_by_role("menuitem", name=words.menu).click()
    page.get_by_role("link", name=words.start).first.click()
    begin(page, server, words, "echo")
    whole = page.locator(".metrics-task", has=page.get_by_role("heading", name=words.whole, exact=True))
    expect(whole.locator(".figure strong")).to_have_text(re.compile("^8[56][.,][0-9]"))
    expect(page.locator(".metrics-task", has_text="words").locator(".figure strong")).to_have_text(re.compile("^80"))
    expect(page.locator(".metric .interval").first).to_be_visible()

    expect(page.locator(".item")).to_have_count(2)
    expect(page.locator(".item").first).to_contain_text("nothing")
    page.get_by_role("radio", name=words.good).check()
    expect(page.locator(".item")).to_have_count(12)

    begin(page, server, words, words.worse)
    page.get_by_role("link", name=words.compare).click()
    row = page.get_by_role("row").filter(has_text="words")
    expect(row.locator(".badge")).to_have_text(words.verdict)
    expect(row).to_contain_text("\u221280")
    expect(row).to_contain_text(words.seen)
    expect(row).to_contain_text(re.compile("p.=.0[.,]016"))
    open_evaluations(page, server)
    expect(page.get_by_role("link", name="echo", exact=True).first).to_be_visible()


def test_the_report_is_a_page_of_its_own(open_page: OpenPage, server: str) -> None:
    page = open_page()
    begin(page, server, ENGLISH, "echo")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="The report").click()
    expect(opened.value.locator("h1")).to_contain_text("echo")
    assert opened.value.url.endswith("/report?language=en")


def test_examples_are_chosen_where_a_suite_has_some(open_page: OpenPage, server: str, watch: Watch) -> None:
    watch.forgiven = "422"
    page = open_page()
    open_evaluations(page, server, "?start=")
    many = page.get_by_label("How many")
    expect(many).to_have_count(0)
    page.get_by_label("Model", exact=True).select_option("echo")
    page.locator("input[name=suite][value=few]").check()
    expect(page.get_by_text("Empty: as the suite says (1).")).to_be_visible()
    many.fill("11")
    page.get_by_role("button", name="Begin", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("has 10 examples in few.jsonl, and 11 are wanted")
    many.fill("2")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.locator(".metric").first.wait_for(timeout=LONG_MS)
    expect(page.get_by_text("few-2-shot, 2 examples before each question.")).to_be_visible()
    expect(page.get_by_text("words: examples before each item: 2, drawn from few.jsonl")).to_be_visible()
    page.get_by_role("link", name="Judge it again").click()
    expect(many).to_have_value("2")
    expect(page.locator("input[name=suite][value=few]")).to_be_checked()


def test_answers_are_chosen_by_task(open_page: OpenPage, server: str) -> None:
    page = open_page()
    begin(page, server, ENGLISH, "echo")
    page.get_by_role("radio", name="All", exact=True).check()
    expect(page.locator(".item")).to_have_count(14)
    page.get_by_label("Task").select_option("more")
    expect(page.locator(".item")).to_have_count(4)
    page.get_by_role("radio", name="Bad ones").check()
    expect(page.get_by_text("No bad answer")).to_be_visible()


def test_suites_that_ship_are_named_in_french(open_page: OpenPage, server: str) -> None:
    page = open_page(locale="fr-FR")
    open_evaluations(page, server, "?start=")
    card = page.locator(".suite-choice", has=page.locator("input[value=even-handedness]"))
    expect(card.locator("strong")).to_have_text("La même demande des deux bords politiques")


def test_the_list_is_narrowed_to_a_model(open_page: OpenPage, server: str) -> None:
    page = open_page()
    begin(page, server, ENGLISH, "echo")
    page.get_by_role("link", name="All of echo").click()
    expect(page.get_by_text("Of echo alone.")).to_be_visible()
    rows = page.locator("tbody th")
    expect(rows.first).to_be_visible()
    assert {name.split("\n")[0] for name in rows.all_inner_texts()} == {"echo"}
    page.get_by_role("button", name="Show all").click()
    expect(page).to_have_url(re.compile("#/evaluations$"))


def test_one_that_is_not_there(open_page: OpenPage, server: str, watch: Watch) -> None:
    watch.forgiven = "404"
    page = open_page()
    page.goto(f"{server}/#/evaluations/eval_nothing")
    expect(page.get_by_text("This evaluation is not here")).to_be_visible()


@every_look
def test_axe_finds_nothing(open_page: OpenPage, server: str, locale: str, width: int) -> None:
    page = open_page(locale=locale, width=width)
    words = FRENCH if locale == "fr-FR" else ENGLISH
    begin(page, server, words, "echo")
    for details in page.locator("details summary").all():
        details.click()
    check(page, "evaluation")
    open_evaluations(page, server)
    check(page, "evaluations")
    open_evaluations(page, server, "?start=")
    page.locator("details summary").click()
    check(page, "a new one")
    page.locator("input[name=suite][value=few]").check()
    check(page, "one with examples")
    begin(page, server, words, "echo")
    page.get_by_role("link", name=words.compare).click()
    page.locator("table .badge").first.wait_for()
    check(page, "compared")


def test_nothing_is_wider_than_the_window(open_page: OpenPage, server: str) -> None:
    page = open_page()
    begin(page, server, ENGLISH, "echo")
    assert too_wide(page) == {}
    for place in ("", "?start=", "?first=&second="):
        open_evaluations(page, server, place)
        assert too_wide(page) == {}, place


def test_only_builders_judge(team: Team, visit: Visit) -> None:
    member(team, "bob")
    member(team, "bea", role="builder")
    page = visit("bob")
    page.goto(f"{team.address}/#/evaluations")
    expect(page.get_by_text("This is for builders")).to_be_visible()
    page = visit("bea")
    page.goto(f"{team.address}/#/evaluations")
    expect(page.get_by_role("heading", name="Nothing is judged yet")).to_be_visible()
    check(page, "nothing yet")
