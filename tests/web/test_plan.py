"""The plan in the page: sliders are dragged, and days, money and memory follow; the address keeps what was asked."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.browsing import Watch
from tests.web.conftest import OpenPage
from tests.web.team import Team, Visit, member, see, too_wide
from tests.web.test_screens import check, every_look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ONE_SERVER = "?parameters=1000000000&tokens=20000000000&gpus=8&gpu=h100&context=4096&batch_tokens=1048576"


def open_plan(page: Page, server: str, asked: str = "") -> None:
    """Go to the plan, and wait for the curves: then all is there."""
    page.goto(f"{server}/#/plan{asked}")
    page.locator(".plots .lines-line").first.wait_for()
    expect(page.locator(".plots.stale")).to_have_count(0)


def tile(page: Page, name: str) -> Locator:
    """A figure by its name."""
    return page.locator(".plan-tiles .tile", has=page.locator("dt", has_text=re.compile(f"^{name}$")))


@pytest.mark.parametrize(
    ("locale", "menu", "gpus", "time", "never", "passed"),
    [
        ("en-US", "Plan", "GPUs", "Time", "Not passed", "Passed on day"),
        ("fr-FR", "Plan", "GPU", "Durée", "Non franchi", "Franchi au jour"),
    ],
    ids=["english", "french"],
)
def test_figures_follow_a_slider(
    open_page: OpenPage, locale: str, menu: str, gpus: str, time: str, never: str, passed: str
) -> None:
    page = open_page(locale=locale)
    page.locator(".person").click()
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".plots .lines-line").first.wait_for()
    first = tile(page, time).locator("dd").first.inner_text()
    expect(page.locator(".thresholds-head .badge").first).to_contain_text(passed)
    expect(page.locator(".thresholds-head .badge").last).to_contain_text(never)
    law = page.locator(".thresholds-head strong").first.inner_text()
    expect(page.locator(".plots .lines-legend li", has_text=law)).to_have_count(1)
    slider = page.get_by_role("slider", name=gpus, exact=True)
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(tile(page, time).locator("dd").first).not_to_have_text(first)
    expect(page).to_have_url(re.compile(r"gpus=24576"))
    expect(page.locator(".plots.stale")).to_have_count(0)
    now = tile(page, time).locator("dd").first.inner_text()
    assert float(now.split()[0].replace(",", ".")) < float(first.split()[0].replace(",", "."))


def test_numbers_are_typed_too(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_plan(page, server, ONE_SERVER)
    box = page.get_by_label("Weights, typed")
    expect(box).to_have_value("1B")
    before = tile(page, "Rented").locator("dd").first.inner_text()
    box.fill("2.5 B")
    expect(tile(page, "Rented").locator("dd").first).not_to_have_text(before)
    box.press("Enter")
    expect(box).to_have_value("2.5B")
    box.fill("many")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.press("Escape")
    expect(box).to_have_value("2.5B")
    expect(page).to_have_url(re.compile("parameters=2500000000"))


def test_the_price_and_every_assumption_can_be_one_s_own(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_plan(page, server, ONE_SERVER)
    page.get_by_label("Rent of a GPU hour, typed").fill("4")
    expect(page).to_have_url(re.compile(r"with\.rent_usd_per_gpu_hour=3\.\.4\.\.8"))
    pue = page.locator(".assumption", has_text="Watts of the building")
    expect(pue).to_contain_text("Uptime Institute")
    energy = tile(page, "Energy").locator("dd").first
    before = energy.inner_text()
    pue.get_by_label("High").fill("2")
    pue.get_by_label("Expected").fill("1.9")
    pue.get_by_label("High").press("Enter")
    expect(pue.locator(".badge")).to_have_text("Yours")
    expect(energy).not_to_have_text(before)
    pue.get_by_label("Low").fill("3")
    expect(pue.get_by_role("alert")).to_have_text("Three numbers, the lowest first.")
    pue.get_by_label("Low").press("Escape")
    pue.get_by_role("button", name="As usual").click()
    expect(energy).to_have_text(before)
    page.get_by_role("button", name="All as usual").click()
    expect(page.locator(".assumption .badge")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("with"))


def test_what_does_not_fit_is_said_with_a_way_out(open_page: OpenPage, server: str, watch: Watch) -> None:
    watch.forgiven = "400"
    page = open_page()
    page.goto(f"{server}/#/plan?parameters=70000000000&tokens=1000000000000&gpus=4&gpu=h100")
    expect(page.get_by_role("alert")).to_contain_text("It does not fit into these GPUs")
    for _ in range(4):
        page.get_by_role("button", name="Twice as many GPUs").or_(page.locator(".memory-bar")).first.wait_for()
        if page.locator(".memory-bar").count():
            break
        page.get_by_role("button", name="Twice as many GPUs").click()
        page.wait_for_timeout(300)
    expect(page.locator(".memory-parts")).to_contain_text("GiB")


def test_sources_and_refusals_of_the_server_are_said_in_french(
    open_page: OpenPage, server: str, watch: Watch
) -> None:
    watch.forgiven = "400"
    page = open_page(locale="fr-FR")
    page.goto(f"{server}/#/plan?parameters=70000000000&tokens=1000000000000&gpus=4096&gpu=h100")
    expect(page.locator(".controls")).to_contain_text("fiche technique NVIDIA H100")
    page.goto(f"{server}/#/plan?parameters=70000000000&tokens=1000000000000&gpus=4&gpu=h100")
    expect(page.get_by_role("alert")).to_contain_text("aucune répartition ne tient\u00a0: un GPU porterait")
    expect(page.locator("main [lang=en]")).to_have_count(0)


def test_a_known_run_and_a_link_lead_to_the_same_plan(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_plan(page, server)
    page.get_by_role("radio", name="Llama 3.1 405B").check()
    expect(page).to_have_url(re.compile("gpus=16384"))
    expect(page.locator(".plots.stale")).to_have_count(0)
    time = tile(page, "Time").locator("dd").first.inner_text()
    page.get_by_role("button", name="Copy the link").click()
    link = str(page.evaluate("navigator.clipboard.readText()"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as JSON").click()
    assert json.loads(saved.value.path().read_text())["gpus"] == 16384
    open_plan(page, server, ONE_SERVER)
    page.goto(link)
    expect(tile(page, "Time").locator("dd").first).to_have_text(time)
    expect(page.get_by_role("radio", name="Llama 3.1 405B")).to_be_checked()


def test_a_curve_is_read(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_plan(page, server)
    curve = page.get_by_role("slider", name="Days by GPUs: read along the curve")
    curve.focus()
    page.keyboard.press("End")
    expect(curve).to_have_attribute("aria-valuetext", re.compile(r"^40,000 GPUs: Expected \S+ days, All goes well"))
    page.keyboard.press("ArrowLeft")
    expect(curve).to_have_attribute("aria-valuetext", re.compile(r"^20,000 GPUs"))


@every_look
def test_axe_finds_nothing(open_page: OpenPage, server: str, watch: Watch, locale: str, width: int) -> None:
    watch.forgiven = "400"
    page = open_page(locale=locale, width=width)
    open_plan(page, server)
    page.locator(".controls-more summary").click()
    page.locator(".lines-field").first.focus()
    page.keyboard.press("ArrowLeft")
    check(page, "plan")
    page.goto(f"{server}/#/plan?parameters=70000000000&gpus=2")
    page.locator(".results .failed").wait_for()
    check(page, "a plan that does not fit")


def test_nothing_is_wider_than_the_window(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_plan(page, server)
    assert too_wide(page) == {}


def test_only_builders_plan(team: Team, visit: Visit) -> None:
    member(team, "bob")
    page = visit("bob")
    page.goto(f"{team.address}/#/plan")
    expect(page.get_by_text("This is for builders")).to_be_visible()
    see(visit(), team, "plan")
