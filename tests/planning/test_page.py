"""The page stands alone, says every figure, and draws what it says; numbers are written for people."""

import re
from html.parser import HTMLParser

import pytest

from causerie.planning.asked import Gpu
from causerie.planning.drawing import Axis, Mark, Picture, svg
from causerie.planning.figures import gib, plain, ranged, share, short, span
from causerie.planning.gpus import gpu
from causerie.planning.page import page, pictures
from causerie.planning.plan import make_plan
from causerie.planning.telling import sections
from tests.planning.planned import large_run, small_run

VOID = {"meta", "br", "link", "circle", "line", "rect"}


def t(text: str, **values: object) -> str:
    return text.format_map(values)


class Nesting(HTMLParser):
    """Fails where a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parent's
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_one_file_with_every_section_and_four_curves() -> None:
    plan = make_plan(large_run(name="a <b> & c", batch=2048), gpu("h100"), 16_384)
    html = page(plan, t, "en")
    nesting = Nesting()
    nesting.feed(html)
    assert nesting.open == []
    assert not re.search(r"(src|href)=|<script|url\(", html), "nothing is fetched"
    assert html.count("<svg") == 4
    assert "a &lt;b&gt; &amp; c" in html
    for section in sections(plan, t):
        assert section.title in html
    assert "EU AI Act" in html
    assert "Besiroglu" in html or "2404.10102" in html


def test_thresholds_are_named_in_the_reader_s_language_in_the_curve_too() -> None:
    plan = make_plan(large_run(batch=2048), gpu("h100"), 16_384)
    *_, (_, picture) = pictures(plan, lambda text, **values: "<" + text.format_map(values) + ">")
    assert [mark.name for mark in picture.marks] == ["<EU AI Act, systemic risk presumed>"]


def test_the_sections_say_the_figures_of_the_plan() -> None:
    plan = make_plan(small_run(), gpu("h100"), 100)
    told = {section.title: {row.label: row for row in section.rows} for section in sections(plan, t)}
    assert told["The run"]["parameters"].value == "1.1 G"
    assert told["Layout"]["GPUs used"].value == f"{plan.placed.layout.gpus}"
    if plan.placed.layout.gpus < 100:
        assert "in reserve" in told["Layout"]["GPUs used"].note
    assert told["Time: expected (all well .. all badly)"]["utilisation"].value.endswith("%)")
    assert len(told["What is assumed, and by which source"]) == 17
    assert told["Thresholds of law"]["1e+25: EU AI Act, systemic risk presumed"].value.startswith("never")


def test_a_machine_without_a_price_has_no_money_in_its_plan() -> None:
    machine = Gpu(key="measured", name="a laptop", flops_per_s={"bfloat16": 1e11})
    titles = [section.title for section in sections(make_plan(small_run(), machine, 1), t)]
    assert "Money and energy" not in titles
    assert "Failures" in titles


def test_the_curve_of_days_begins_where_the_network_fits() -> None:
    plan = make_plan(small_run(), gpu("h100"), 4)
    name, picture = next(pictures(plan, t))
    assert name.startswith("More GPUs")
    days = [y for _, y in picture.curve]
    assert days == sorted(days, reverse=True)
    large = make_plan(large_run(batch=2048), gpu("h100"), 2048)
    assert min(x for x, _ in next(pictures(large, t))[1].curve) >= 256


def test_a_drawing_places_points_lines_and_names_inside() -> None:
    drawn = svg(
        Picture(
            curve=[(1, 10), (10, 1)], band=([(1, 9), (10, 0.9)], [(1, 11), (10, 1.1)]), x_name="x & y", y_name="y",
            marks=(Mark(x=2, y=5, name="here"), Mark(x=9, y=2, name="right"), Mark(x=None, y=8, name="limit")),
            log_x=True, log_y=True,
        ), "title <1>",
    )  # fmt: skip
    assert "title &lt;1&gt;" in drawn
    assert "x &amp; y" in drawn
    assert all(0 <= float(value) <= 720 for value in re.findall(r'\bc?[xy][12]?="([-\d.]+)"', drawn))
    assert drawn.count('text-anchor="end">right') == 1
    assert 'class="limit"' in drawn


@pytest.mark.parametrize(
    ("values", "log", "expected"),
    [
        ([0, 10], False, [0, 2, 4, 6, 8, 10]),
        ([5, 5], False, [4.6, 4.8, 5.0, 5.2, 5.4]),
        ([1, 1000], True, [1, 10, 100, 1000]),
        ([10, 60], True, [10, 20, 50]),
        ([7, 7], True, [10, 20, 50]),
    ],
)
def test_ticks_are_round(values: list[float], log: bool, expected: list[float]) -> None:
    assert Axis.over(values, log=log).ticks() == pytest.approx(expected)


def test_numbers_for_people() -> None:
    assert short(1.05e12) == "1.05 T"
    assert short(999.9e6, "B") == "1 GB"
    assert short(12, "W") == "12 W"
    assert (plain(34_052.2), plain(0.12345)) == ("34,050", "0.123")
    assert (span(90_000), span(7200), span(90), span(5.25)) == ("1.04 d", "2 h", "1.5 min", "5.25 s")
    assert (share(0.4), gib(2**31)) == ("40.0 %", "2.00 GiB")
    assert ranged({"good": 1.0, "expected": 2.0, "bad": 3.0}, float) == "2  (1 .. 3)"
    assert ranged({"good": 2.0, "expected": 2.0, "bad": 2.0}, float) == "2"
