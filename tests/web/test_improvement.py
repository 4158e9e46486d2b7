"""The closed loop in the page: its rounds as timelines, its settings, and a round that is begun."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.conftest import OpenPage
from tests.web.judged import rounds
from tests.web.team import Team, Visit, member, too_wide
from tests.web.test_screens import check, every_look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LONG_MS = 120_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder."""
    return tmp_path_factory.mktemp("improvement") / "home"


@pytest.fixture(scope="module")
def made(home: Path) -> list[str]:
    """The rounds that are over: refused, with too little to learn, failed."""
    home.mkdir(mode=0o700)
    return rounds(home)


@pytest.fixture(scope="module")
def server(home: Path, made: list[str]) -> Iterator[str]:
    """The address of a server with these rounds."""
    with running_server(home) as up:
        yield up.address


def open_improvement(page: Page, server: str, place: str = "") -> None:
    """Go to the loop, and wait until what the view fetches is there."""
    page.goto(f"{server}/#/improvement{place}")
    page.locator("main h1").wait_for()
    expect(page.locator("main .pending")).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "menu", "verdict", "left", "reason", "leans"),
    [
        (
            "en-US",
            "Improvement",
            "Refused by the gate",
            "44 statements",
            "set aside: all at once",
            "more than chance",
        ),
        ("fr-FR", "Amélioration", "Refusé au contrôle", "44 avis", "écarté : tout à la fois", "plus que le hasard"),
    ],
    ids=["english", "french"],
)
def test_a_round_is_one_timeline(
    open_page: OpenPage, server: str, made: list[str], locale: str, menu: str, verdict: str, left: str, reason: str,
    leans: str,
) -> None:  # fmt: skip
    page = open_page(locale=locale)
    page.locator(".person").click()
    page.get_by_role("menuitem", name=menu).click()
    row = page.get_by_role("row").filter(has_text=verdict)
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(made[0]))
    steps = page.locator(".timeline-step")
    expect(steps).to_have_count(8)
    expect(page.locator(".timeline-step.done")).to_have_count(8)
    expect(steps.nth(1)).to_contain_text(left)
    expect(steps.nth(1)).to_contain_text("\u221212")
    expect(steps.nth(1).locator(".timeline-counts")).to_contain_text(reason.replace(" :", "\u00a0:"))
    expect(steps.nth(4)).to_contain_text("starter-improved")
    expect(page.locator(".round-beside")).to_contain_text("78")
    expect(page.locator(".round-beside")).to_contain_text(leans)
    expect(page.locator(".findings")).to_contain_text("person_gone")
    gate = page.locator("main a[href*='releases?model=starter-improved']")
    assert str(gate.get_attribute("href")).endswith("alias=chat")


def test_what_was_too_little_and_what_failed_say_so(open_page: OpenPage, server: str, made: list[str]) -> None:
    page = open_page()
    open_improvement(page, server, f"/{made[1]}")
    expect(page.get_by_text("People have not said enough since the last round.")).to_be_visible()
    expect(page.locator(".timeline-step.skipped")).to_have_count(7)
    open_improvement(page, server, f"/{made[2]}")
    expect(page.get_by_role("alert").filter(has_text="the texts of this round are gone")).to_be_visible()
    expect(page.locator(".timeline-step.broken")).to_contain_text("Examine")


def test_what_the_round_says_itself_is_said_in_french(open_page: OpenPage, server: str, made: list[str]) -> None:
    page = open_page(locale="fr-FR")
    open_improvement(page, server, f"/{made[0]}")
    expect(page.locator(".findings")).to_contain_text("12 moments, dont 12 ou plus en 60 s")
    open_improvement(page, server, f"/{made[2]}")
    expect(page.get_by_role("alert").filter(has_text="les textes de ce tour n\u2019existent plus")).to_be_visible()
    expect(page.locator("main [lang=en]")).to_have_count(0)


def test_the_settings_are_changed_and_the_change_undone(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_improvement(page, server)
    expect(page.get_by_text("None begins by itself")).to_be_visible()
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Days between two rounds").fill("7")
    page.get_by_label("It learns from").select_option("kto")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("One begins by itself every 7 days")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("None begins by itself")).to_be_visible()
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_label("It learns from")).to_have_value("auto")


def test_a_round_without_feedback_learns_nothing(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_improvement(page, server)
    page.get_by_role("button", name="Begin a round").click()
    page.locator(".timeline-step").first.wait_for()
    expect(page.locator(".screen-title .badge")).to_have_text("Too little to learn", timeout=LONG_MS)
    expect(page.locator(".timeline-step.done")).to_contain_text("0 statements")


def test_a_round_that_is_not_there(open_page: OpenPage, server: str, watch: Watch) -> None:
    watch.forgiven = "404"
    page = open_page()
    page.goto(f"{server}/#/improvement/job_nothing")
    expect(page.get_by_text("This round is not here")).to_be_visible()


@every_look
def test_axe_finds_nothing(open_page: OpenPage, server: str, made: list[str], locale: str, width: int) -> None:
    page = open_page(locale=locale, width=width)
    open_improvement(page, server)
    page.locator("main [aria-expanded]").click()
    page.locator(".round-settings").wait_for()
    check(page, "the loop, and its settings")
    for round_ in made:
        open_improvement(page, server, f"/{round_}")
        check(page, "a round")


def test_nothing_is_wider_than_the_window(open_page: OpenPage, server: str, made: list[str]) -> None:
    page = open_page()
    for place in ("", f"/{made[0]}"):
        open_improvement(page, server, place)
        assert too_wide(page) == {}, place


def test_only_administrators_begin(team: Team, visit: Visit) -> None:
    member(team, "bea", role="builder")
    page = visit("bea")
    open_improvement(page, team.address)
    expect(page.get_by_role("heading", name="The loop is open")).to_be_visible()
    expect(page.get_by_role("button", name="Begin a round")).to_have_count(0)
    check(page, "nothing yet")
    member(team, "max")
    page = visit("max")
    page.goto(f"{team.address}/#/improvement")
    expect(page.get_by_text("This is for builders")).to_be_visible()
