"""Runs in the page: a model is made from its first step to the first word with it, watched, compared, and removed."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.running import running_server
from tests.web.browsing import Watch
from tests.web.conftest import OpenPage, answer_to, send
from tests.web.team import Team, Visit, member, see, too_wide
from tests.web.test_screens import check, every_look
from tests.web.tiny_runs import ENGLISH, FRENCH, RECIPE, Words, made, rows_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]

SLOW_MS = 180_000
"""What loads torch in a process of its own takes a while on a machine that does much at once."""
STEPS = 1200
"""Of a run that is paused in the midst: so many that it is not over before the page shows that it goes."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with texts that a run can learn from, and two runs that are over."""
    return made(tmp_path_factory.mktemp("runs") / "home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[str]:
    """The address of a server with these runs, whose person is alone on this machine."""
    with running_server(home) as up:
        yield up.address


def open_runs(page: Page, server: str, place: str = "") -> None:
    """Go to the runs, and wait until what the view fetches is there."""
    page.goto(f"{server}/#/runs{place}")
    page.locator("main h1").wait_for()
    expect(page.locator("main .pending")).to_have_count(0)


def state(page: Page) -> Locator:
    """The word that says how the run stands."""
    return page.locator(".run-title .badge")


def curve(page: Page, name: str = "Loss: read along the curve") -> Locator:
    """What one reads a curve with."""
    return page.get_by_role("slider", name=name, exact=True)


@pytest.mark.parametrize("words", [ENGLISH, FRENCH], ids=["english", "french"])
def test_a_model_is_made_and_talked_with(open_page: OpenPage, home: Path, words: Words) -> None:
    page = open_page(locale=words.locale)
    page.locator(".person").click()
    page.get_by_role("menuitem", name=words.menu).click()
    page.get_by_role("link", name=words.start).click()
    called = f"made-{words.locale[:2]}"
    page.get_by_label(words.box).fill(RECIPE.format(steps=STEPS, often=200))
    page.get_by_role("button", name=words.check).click()
    expect(page.get_by_text(words.good)).to_be_visible(timeout=SLOW_MS)
    page.get_by_label(words.name).fill(called)
    page.get_by_role("button", name=words.begin, exact=True).click()
    page.get_by_role("heading", name=called).wait_for()

    expect(page.locator(".lines-line").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name=words.pause, exact=True).click()
    expect(state(page)).to_have_text(words.paused, timeout=SLOW_MS)
    reached = int(page.locator("progress").first.get_attribute("value") or 0)
    assert 0 < reached < STEPS
    page.get_by_role("button", name=words.resume).click()
    expect(state(page)).to_have_text(words.finished, timeout=SLOW_MS)
    assert page.locator("progress").first.get_attribute("value") == str(STEPS)
    expect(page.locator(".sample").first).to_contain_text("the cat ")

    page.get_by_role("button", name=words.add).click()
    page.get_by_role("dialog").get_by_role("button", name=words.make, exact=True).click()
    page.get_by_role("button", name=words.talk).click(timeout=SLOW_MS)
    expect(page.locator(".model-button")).to_contain_text(called)
    send(page, "the cat")
    # What so small a model says may be nothing at all: that it was asked shows in the count of its tokens.
    expect(page.get_by_role("article", name=called)).to_contain_text(re.compile("token|jeton"), timeout=SLOW_MS)
    steps = [row["step"] for row in rows_of(home / "runs" / called) if row["kind"] == "step"]
    assert steps == list(range(1, STEPS + 1)), "pausing and going on loses no step and takes none twice"


def test_the_palette_leads_to_the_runs(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Control+k")
    page.locator("dialog.palette").wait_for()
    page.keyboard.type("train")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    expect(page.get_by_role("link", name="first", exact=True)).to_be_visible()


def test_a_curve_is_read_with_the_keyboard_and_with_the_mouse(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_runs(page, server, "/first")
    curve(page).focus()
    page.keyboard.press("Home")
    expect(curve(page)).to_have_attribute("aria-valuetext", re.compile(r"^Step 1: Training \S+$"))
    page.keyboard.press("ArrowRight")
    expect(curve(page)).to_have_attribute("aria-valuenow", "2")
    page.keyboard.press("End")
    expect(curve(page)).to_have_attribute("aria-valuetext", re.compile(r"^Step 60: Training \d.*, Held out \d"))
    expect(page.locator(".lines-at").first).to_have_text("Step 60")
    page.keyboard.press("ArrowLeft")  # what was held out was measured at step 40: that is where its dot is
    measured = [
        dot.get_attribute("cx") for dot in page.locator(".lines-field").first.locator(".lines-line ~ circle").all()
    ]
    read = page.locator(".lines-field").first.locator(".lines-reading.colour-1")
    assert read.get_attribute("cx") in measured
    page.keyboard.press("Escape")
    expect(page.locator(".lines-at")).to_have_count(0)
    box = page.locator(".lines-field").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    read = page.locator(".lines-at")
    expect(read.first).to_have_text(re.compile(r"Step (2|3)\d$"))
    assert len(set(read.all_inner_texts())) == 1, "one place is read in all curves at once"


def test_curves_are_looked_at_in_other_ways(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_runs(page, server, "/first")
    loss = page.locator(".lines-field").first
    before = loss.locator(".lines-line").first.get_attribute("d")
    page.get_by_role("switch", name="Log scale").uncheck()
    expect(loss.locator(".lines-line").first).not_to_have_attribute("d", before or "")
    page.get_by_role("switch", name="Log scale").check()
    expect(loss.locator(".lines-line").first).to_have_attribute("d", before or "")
    expect(loss.locator(".lines-behind")).to_have_count(1)
    page.get_by_role("slider", name="Smoothing").fill("0")
    expect(loss.locator(".lines-behind")).to_have_count(0)
    page.get_by_label("By", exact=True).select_option("tokens")
    curve(page).focus()
    page.keyboard.press("End")
    expect(page.locator(".lines-at").first).to_have_text(re.compile(r"^[\d,]+ tokens$"))


def test_a_table_and_a_file_say_what_the_curves_say(open_page: OpenPage, server: str, home: Path) -> None:
    page = open_page()
    open_runs(page, server, "/first")
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("table", name="The same as a table")
    expect(table.get_by_role("row")).to_have_count(61)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    lines = saved.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("run,step,loss,bits_per_byte,")
    step = next(row for row in rows_of(home / "runs" / "first") if row["kind"] == "step")
    assert lines[1].startswith(f"first,1,{step['loss']}")


def test_one_goes_back_in_time_among_the_samples(open_page: OpenPage, server: str, home: Path) -> None:
    page = open_page()
    open_runs(page, server, "/first")
    expect(page.locator(".samples-step")).to_have_text("Step 60")
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator(".samples-step")).to_have_text("Step 40")
    page.get_by_role("slider", name="When it was written").press("Home")
    wrote = [json.loads(line) for line in (home / "runs/first/samples.jsonl").read_text().splitlines()]
    first = min(wrote, key=lambda row: int(row["step"]))
    expect(page.locator(".sample")).to_have_text(first["prompt"] + first["text"])


def test_what_a_run_is_made_of(open_page: OpenPage, server: str, home: Path) -> None:
    page = open_page()
    open_runs(page, server, "/first")
    expect(page.locator(".versions")).to_contain_text("torch")
    lineage = json.loads((home / "runs/first/lineage.json").read_text())
    page.get_by_role("button", name="Copy: Data, SHA-256").click()
    assert page.evaluate("navigator.clipboard.readText()") == lineage["data_sha256"]
    page.get_by_text("The whole recipe, with every default").click()
    page.get_by_role("button", name="Copy the recipe").click()
    assert "[optimiser]" in page.evaluate("navigator.clipboard.readText()")
    checkpoints = page.locator(".part", has=page.get_by_role("heading", name="Checkpoints"))
    expect(checkpoints.get_by_role("listitem").first).to_contain_text("Step 60")


def test_two_runs_in_the_same_axes(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_runs(page, server, "?compare=first,second")
    loss = page.locator(".lines").first
    expect(loss.locator(".lines-legend li")).to_have_text(
        [
            re.compile("^first[0-9]"),
            re.compile("^first, held out"),
            re.compile("^second"),
            re.compile("^second, held"),
        ]
    )
    expect(loss.locator(".lines-line")).to_have_count(4)
    expect(page.get_by_role("table", name="Compare runs").get_by_role("row")).to_have_count(3)
    page.get_by_role("checkbox", name="second", exact=True).uncheck()
    expect(loss.locator(".lines-line")).to_have_count(2)
    page.get_by_role("checkbox", name="second", exact=True).check()
    expect(loss.locator(".lines-line")).to_have_count(4)


def test_a_mistake_in_a_recipe_is_found_by_its_line(open_page: OpenPage, server: str, watch: Watch) -> None:
    watch.forgiven = "400"
    page = open_page()
    open_runs(page, server, "?start=")
    page.get_by_role("radio", name=re.compile("^A first model")).check()
    box = page.get_by_label("The recipe, in TOML")
    good = box.input_value()
    line = next(at for at, text in enumerate(good.split("\n"), 1) if text.startswith("warm_up"))
    box.fill(good.replace("warm_up", "warmup"))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert").filter(has_text=f"look at line {line}")).to_contain_text("did you mean warm_up?")
    expect(page.locator(".wrong-line")).to_have_text(str(line))
    page.get_by_role("button", name=f"Go to line {line}").click()
    expect(box).to_be_focused()
    chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert str(box.evaluate(chosen)).startswith("warmup")
    page.get_by_role("button", name="Back to how it came").click()
    expect(box).to_have_value(good)
    expect(page.locator(".wrong-line")).to_have_count(0)
    page.get_by_label("Name of the run").fill("first")
    expect(page.get_by_text("There is a run of this name already.")).to_be_visible()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()


def test_a_recipe_that_is_changed_stays_while_one_looks_elsewhere(open_page: OpenPage, server: str) -> None:
    page = open_page()
    open_runs(page, server, "/first")
    expect(page.locator(".versions")).to_be_visible()  # the recipe comes with what the run is made of
    page.get_by_role("button", name="More for first").click()
    page.get_by_role("menuitem", name="Start another like it").click()
    expect(page.get_by_label("Name of the run")).to_have_value("first-2")
    box = page.get_by_label("The recipe, in TOML")
    expect(box).to_have_value(re.compile("vocabulary = 300"))
    box.fill("# mine\n" + box.input_value())
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("link", name="Start a run").click()
    expect(box).to_have_value(re.compile("^# mine"))


def test_deleting_can_be_undone(open_page: OpenPage, server: str, home: Path) -> None:
    page = open_page()
    recipe = RECIPE.format(steps=20, often=10)
    asked = urllib.request.Request(
        f"{server}/api/runs", json.dumps({"name": "short", "recipe": recipe}).encode(),
        {"content-type": "application/json", "origin": server},
    )  # fmt: skip
    urllib.request.urlopen(asked, timeout=30).close()
    open_runs(page, server, "/short")
    expect(state(page)).to_have_text("Finished", timeout=SLOW_MS)

    def delete() -> None:
        page.get_by_role("button", name="More for short").click()
        page.get_by_role("menuitem", name="Delete").click()
        expect(page.get_by_role("link", name="first", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="short", exact=True)).to_have_count(0)

    delete()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="short", exact=True).click()
    assert (home / "runs/short").is_dir()
    delete()
    with page.expect_response(answer_to("DELETE", "/api/runs/short")):
        page.locator(".toast .shut").click()
    assert not (home / "runs/short").exists()
    page.reload()
    expect(page.get_by_role("link", name="first", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="short", exact=True)).to_have_count(0)


def test_a_run_that_failed_says_what_to_do(open_page: OpenPage, server: str) -> None:
    page = open_page()
    recipe = RECIPE.format(steps=20, often=10).replace("data/tiny", "data/lost")
    asked = urllib.request.Request(
        f"{server}/api/runs", json.dumps({"name": "lost", "recipe": recipe}).encode(),
        {"content-type": "application/json", "origin": server},
    )  # fmt: skip
    urllib.request.urlopen(asked, timeout=30).close()
    open_runs(page, server, "/lost")
    expect(state(page)).to_have_text("Failed", timeout=SLOW_MS)
    told = page.get_by_role("alert").filter(has_text="there is no data in data/lost")
    expect(told).to_contain_text("build it first: causerie data build")
    expect(page.locator(".run-progress")).to_contain_text("No step taken")
    expect(page.get_by_text("About to begin")).to_have_count(0)


def test_a_run_that_is_not_there(open_page: OpenPage, server: str, watch: Watch) -> None:
    watch.forgiven = "404"
    page = open_page()
    page.goto(f"{server}/#/runs/nobody-has-this")
    expect(page.get_by_text("This run is not here")).to_be_visible()


@every_look
def test_axe_finds_nothing(open_page: OpenPage, server: str, locale: str, width: int) -> None:
    page = open_page(locale=locale, width=width)
    open_runs(page, server)
    page.get_by_role("link", name="first", exact=True).wait_for()
    check(page, "runs")
    open_runs(page, server, "/first")
    page.locator(".lines-line").first.wait_for()
    for details in page.locator("details summary").all():
        details.click()
    page.locator(".lines-field").first.focus()
    page.keyboard.press("ArrowLeft")
    check(page, "run")
    page.locator(".run-top [aria-haspopup=menu]").click()
    check(page, "menu of a run")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^(Add to the models|Ajouter aux modèles)$")).click()
    check(page, "adding a model")
    page.keyboard.press("Escape")
    open_runs(page, server, "?compare=first,second")
    page.locator(".lines-line").first.wait_for()
    check(page, "compared")


@every_look
def test_axe_finds_nothing_where_a_run_is_begun(
    open_page: OpenPage, server: str, watch: Watch, locale: str, width: int
) -> None:
    watch.forgiven = "400"
    page = open_page(locale=locale, width=width)
    open_runs(page, server, "?start=")
    page.locator(".recipe-box textarea").fill("objective = 3\n")
    page.locator(".run-new .button").first.click()
    page.locator("main .failed").wait_for()
    check(page, "a recipe that is wrong")
    page.locator(".recipe-box textarea").fill(RECIPE.format(steps=20, often=10))
    page.locator(".run-new .button").first.click()
    page.locator(".plan").wait_for(timeout=SLOW_MS)
    check(page, "a recipe that is right")


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en-US", "Other programs or a limit left 25% of the processor: while that is so, it takes 8 hr."),
        ("fr-FR", "autres programmes ou une limite ont laissé 25 % du processeur : tant"),
    ],
    ids=["english", "french"],
)  # fmt: skip
def test_a_time_measured_beside_other_programs_says_so(
    open_page: OpenPage, server: str, locale: str, told: str
) -> None:
    page = open_page(locale=locale)

    def busy(route: Route) -> None:
        """The server's own answer, from a machine that has a quarter of its processor left."""
        answer = route.fetch(timeout=SLOW_MS)
        checked = answer.json()
        checked["facts"] |= {"share": 0.25, "hours": 2.0}
        route.fulfill(response=answer, json=checked)

    page.route("**/api/runs/check", busy, times=1)
    open_runs(page, server, "?start=")
    page.locator(".recipe-box textarea").fill(RECIPE.format(steps=20, often=10))
    page.locator(".run-new .button").first.click()
    expect(page.locator(".plan .notice").first).to_contain_text(told, timeout=SLOW_MS)


def test_nothing_is_wider_than_the_window(open_page: OpenPage, server: str) -> None:
    page = open_page()
    for place in ("", "/first", "?compare=first,second", "?start="):
        open_runs(page, server, place)
        assert too_wide(page) == {}, place


def test_only_builders_see_runs(team: Team, visit: Visit) -> None:
    member(team, "bob")
    member(team, "bea", role="builder")
    page = visit("bob")
    page.locator(".person").click()
    expect(page.get_by_role("menuitem", name="My account")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Runs")).to_have_count(0)
    page.goto(f"{team.address}/#/runs")
    expect(page.get_by_text("This is for builders")).to_be_visible()
    page = visit("bea")
    see(page, team, "runs")
    expect(page.get_by_role("heading", name="Make a model of your own")).to_be_visible()
    page.get_by_role("link", name="Start a run").click()
    expect(page.get_by_role("radio", name=re.compile("^A first model"))).to_be_checked()
