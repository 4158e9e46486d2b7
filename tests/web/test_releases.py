"""Releases in the page: the gate refuses with reasons, two people sign, a model is released and taken back."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from causerie.settings import Settings
from tests.registry.policies import written
from tests.registry.stories import write_run
from tests.web.judged import SUITE, hold, judge, write_mine
from tests.web.team import Team, Visit, key_of, member, overflow, running_team, too_wide, visiting
from tests.web.test_screens import check, every_look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

POLICY = f"""
[gate]
lineage = true
card = false
signature = true

[[suites]]
name = "{SUITE}"
thresholds = [{{ metric = "accuracy", least = 0.5, regression = 0.2 }}]

[overrides]
most_days = 30
"""
REASON = "One of the questions has a wrong answer key."


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team with two administrators, a builder, and three models with a past: one good, one bad, one not judged."""
    home = tmp_path_factory.mktemp("releases") / "home"
    settings = Settings(home=home)
    written(settings, POLICY)
    write_mine(home)
    write_run(settings, "good", flops=1e18)
    write_run(settings, "bad", start="runs/good", flops=2e18)
    write_run(settings, "new", start="runs/good", flops=2e18)
    with running_team(home) as running:
        member(running, "bob", role="administrator")
        member(running, "bea", role="builder")
        yield running


@pytest.fixture(scope="module")
def versions(team: Team, browser: Browser) -> dict[str, Any]:
    """The registered versions, by their models' names; all but `new` are judged."""
    with visiting(browser, team) as opens:
        key = key_of(team, opens(), "administration")
    for name in ("good", "bad", "new"):
        team.ask("POST", f"/api/runs/{name}/model", {}, key=key)
    found = {each["model"]: each for each in team.ask("GET", "/api/versions", key=key)["items"]}
    judge(team.home, "good", found["good"]["sha256"], 0.8, 1)
    judge(team.home, "bad", found["bad"]["sha256"], 0.3, 2)
    return found


def open_releases(page: Page, team: Team, place: str = "") -> None:
    """Go to the releases, and wait until what the view fetches is there."""
    page.goto(f"{team.address}/#/releases{place}")
    page.locator("main h1").wait_for()
    expect(page.locator("main .pending")).to_have_count(0)


def at_gate(page: Page, team: Team, model: str) -> None:
    """Go to a model's lines at the gate."""
    open_releases(page, team, f"?model={model}&alias=chat")
    page.locator(".gate-line").first.wait_for()


def in_service(page: Page, model: str) -> None:
    """Wait until this model answers as `chat`."""
    expect(page.locator(".alias", has_text="chat").locator(".alias-model")).to_have_text(model)


def test_a_model_comes_into_service_and_the_one_before_it_comes_back(
    team: Team, visit: Visit, versions: dict[str, Any]
) -> None:
    ada, bob = visit(), visit("bob")
    ada.locator(".person").click()
    ada.get_by_role("menuitem", name="Releases").click()
    expect(ada.get_by_role("heading", name="Nothing is released yet")).to_be_visible()
    ada.get_by_role("link", name="To the gate: good").click()
    expect(ada.locator(".screen-title .badge")).to_have_text("Passes")
    expect(ada.locator(".gate-group.held")).to_contain_text("Right answers: 0.8, at least 0.7; 0.5 is needed.")
    ada.get_by_role("button", name="Release", exact=True).click()
    in_service(ada, "good")
    ada.goto(team.address)
    ada.get_by_role("button", name=re.compile("^Model: chat")).click()
    card = ada.locator(".model-card").first
    expect(card).to_contain_text(f"Released: good, version {versions['good']['id'][:12]}")
    expect(card.get_by_role("radio")).to_be_checked()
    ada.keyboard.press("Escape")

    # A bad one is refused with reasons, and two people let it pass.
    at_gate(ada, team, "bad")
    expect(ada.locator(".screen-title .badge")).to_have_text("Refused")
    expect(ada.locator(".gate-group.lacking")).to_contain_text("Right answers: 0.3, at least 0.2; 0.5 is needed.")
    expect(ada.get_by_role("button", name="Release", exact=True)).to_be_disabled()
    ada.get_by_role("button", name="Ask for one").click()
    ada.get_by_label("Reason").last.fill(REASON)
    ada.get_by_role("button", name="Ask for it").click()
    expect(ada.locator(".signing")).to_contain_text("Another person must sign.")
    open_releases(bob, team)
    expect(bob.locator(".signing")).to_contain_text(REASON)
    bob.get_by_role("button", name="Sign: bad").click()
    expect(bob.locator(".signing")).to_have_count(0)
    at_gate(bob, team, "bad")
    expect(bob.locator(".screen-title .badge")).to_have_text("Passes by an exception")
    bob.get_by_role("radio", name=re.compile("^A share")).check()
    bob.get_by_role("slider", name="Share of people").fill("0.25")
    bob.get_by_role("button", name="Release", exact=True).click()
    expect(bob.locator(".alias-tried")).to_contain_text("25% of people")
    bob.get_by_role("button", name="chat: put the one before back").click()
    expect(bob.locator(".alias-tried")).to_have_count(0)
    in_service(bob, "good")

    at_gate(bob, team, "bad")
    bob.get_by_role("button", name="Release", exact=True).click()
    in_service(bob, "bad")
    expect(bob.get_by_role("button", name="Undo")).to_have_count(0)  # what it would undo is past
    bob.get_by_role("button", name="chat: put the one before back").click()
    in_service(bob, "good")
    bob.get_by_role("button", name="Undo").click()
    in_service(bob, "bad")
    bob.get_by_role("button", name="chat: put the one before back").click()
    in_service(bob, "good")
    history = bob.get_by_role("table", name="What happened")
    expect(history.get_by_role("row").nth(1)).to_contain_text("Taken back")
    expect(history).to_contain_text("by an exception")
    expect(history).to_contain_text("Ada Lovelace")
    open_releases(bob, team, f"/{versions['bad']['id']}")
    expect(bob.locator(".override-note")).to_contain_text("An exception let it past the gate.")


def test_what_was_not_judged_says_how(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit(locale="fr-FR")
    at_gate(page, team, "new")
    expect(page.locator(".screen-title .badge")).to_have_text("Refusé")
    line = page.locator(".gate-group.lacking .gate-line")
    expect(line).to_contain_text(f"Aucune évaluation avec {SUITE}")
    expect(line.locator(".typed")).to_have_text(f"causerie eval new --suite {SUITE}")
    line.get_by_role("link", name="Juger new maintenant").click()
    expect(page.get_by_label("Modèle", exact=True)).to_have_value("new")
    expect(page.locator(f"input[name=suite][value={SUITE}]")).to_be_checked()
    page.go_back()
    page.get_by_role("link", name="Lignée et fiche").click()
    expect(page).to_have_url(re.compile(versions["new"]["id"]))


def test_a_version_has_its_seal_its_lineage_and_its_files(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit()
    open_releases(page, team, f"/{versions['bad']['id']}")
    page.get_by_role("button", name="Check its seal").click()
    expect(page.get_by_text("Every byte is what was signed.")).to_be_visible()
    expect(page.locator(".lineage-node.model")).to_have_count(2)
    expect(page.locator(".lineage-node.itself")).to_contain_text("bad")
    page.get_by_text("The same as a list").click()
    expect(page.locator(".lineage-list li", has_text=re.compile("^bad"))).to_contain_text("good")
    expect(page.locator(".card-text")).to_contain_text("bad")
    page.get_by_role("button", name="Files to save").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Bill of materials (CycloneDX)").click()
    assert json.loads(saved.value.path().read_text())["bomFormat"] == "CycloneDX"


def test_a_lineage_is_told_in_french(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit(locale="fr-FR")
    open_releases(page, team)
    expect(page.locator(".rows li", has_text="new")).to_contain_text("Sur des conversations")
    open_releases(page, team, f"/{versions['bad']['id']}")
    page.get_by_text("La même chose en liste").click()
    told = page.locator(".lineage-list")
    of_bad = "Sur des conversations\u00a0: 24 pas, 6\u202f144 jetons, 2\u00a0\u00d7\u00a010\u00b9\u2078 FLOP"
    expect(told.locator("li", has_text=re.compile("^bad"))).to_contain_text(of_bad)
    expect(told.locator("li", has_text=re.compile("^mine"))).to_contain_text("Réponses justes 0,3")
    expect(page.locator(".lineage-node.itself .lineage-detail")).to_contain_text("Sur des conversations")


def test_what_a_version_lacks_is_said_in_french(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit(locale="fr-FR")
    open_releases(page, team, f"/{versions['new']['id']}")
    lacking = page.locator(".gap-list")
    expect(lacking.last).to_contain_text("description\u00a0: ce qu\u2019est le modèle, en quelques phrases")
    expect(lacking.last).to_contain_text("une évaluation")
    expect(lacking.locator("[lang=en]")).to_have_count(0)


def test_a_run_at_a_threshold_waits_for_two(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    hold(team.home)
    for login, said in (("ada", "Ada Lovelace signed"), ("bob", "")):
        page = visit(login)
        open_releases(page, team)
        held = page.locator(".signing", has_text="giant")
        expect(held).to_contain_text("1.3\u00a0\u00d7\u00a010²⁵ operations")
        held.get_by_role("button", name="Sign: giant").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("We told the Commission on Monday.")
        page.get_by_role("dialog").get_by_role("button", name="Sign", exact=True).click()
        if said:
            expect(held).to_contain_text(said)
            expect(held).to_contain_text("Another person must sign.")
        else:
            expect(held).to_have_count(0)


def test_builders_read_and_members_do_not(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit("bea")
    at_gate(page, team, "good")
    expect(page.get_by_text("Administrators release")).to_be_visible()
    expect(page.get_by_role("button", name="Release", exact=True)).to_have_count(0)
    member(team, "max")
    page = visit("max")
    page.goto(f"{team.address}/#/releases")
    expect(page.get_by_text("This is for builders")).to_be_visible()


def test_what_is_not_there(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit()
    for place in ("/" + "0" * 64, "?model=nobody"):
        page.goto(f"{team.address}/#/releases{place}")
        expect(page.get_by_text("This model is not here")).to_be_visible()


@every_look
def test_axe_finds_nothing(team: Team, visit: Visit, versions: dict[str, Any], locale: str, width: int) -> None:
    page = visit(locale=locale, width=width)
    open_releases(page, team)
    check(page, "releases")
    at_gate(page, team, "new")
    page.locator(".gate-beside .part").last.locator(".button").first.click()
    check(page, "a model that is refused")
    at_gate(page, team, "good")
    page.locator("input[name=stage]").nth(1).check()
    check(page, "a model that passes")
    open_releases(page, team, f"/{versions['bad']['id']}")
    page.locator(".card-text .prose").wait_for()
    for details in page.locator("main details summary").all():
        details.click()
    check(page, "a version")
    assert overflow(page) <= 0


def test_nothing_is_wider_than_the_window(team: Team, visit: Visit, versions: dict[str, Any]) -> None:
    page = visit()
    for place in ("", "?model=new&alias=chat", "?model=good&alias=chat", f"/{versions['good']['id']}"):
        open_releases(page, team, place)
        assert too_wide(page) == {}, place
