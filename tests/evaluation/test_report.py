"""The report stands alone, says every figure and every change, and no text of a model gets out of its place."""

import math
import random
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.errors import InvalidRequest
from causerie.evaluation import report
from causerie.evaluation.comparing import Judged, compare
from causerie.evaluation.contamination import Contamination, Found
from causerie.evaluation.contract import Metric, Scored
from causerie.evaluation.interval_plot import Bar, Point, svg
from causerie.evaluation.report import Other, page, shown, write_report
from tests.cli.test_language import kept, shape_of
from tests.evaluation.judged import accuracy, bits, judged, scored

VOID = {"meta", "br", "link", "circle", "line"}
DRAWN = {"svg", "g", "line", "text", "circle", "figure", "figcaption"}
ALLOWED = DRAWN | {"html", "meta", "title", "style", "h1", "h2", "h3", "p", "span", "i", "div", "table", "tr", "th",
                   "td", "code", "details", "summary", "pre"}  # fmt: skip
ATTACK = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe\x00 &amp; $body {x}"


class Page(HTMLParser):
    """Tags, attributes and texts; fails where a tag is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.said)


def small(model: str = "starter", right: int = 30) -> Judged:
    """40 questions of which some are right, and texts."""
    knowledge = scored("knowledge", [1.0] * right + [0.0] * (40 - right))
    texts = [replace(each, extra={"bytes": 100}) for each in scored("text", [120.0 - right + n for n in range(8)])]
    return judged([*knowledge, *texts], [accuracy("knowledge", knowledge), bits("text", texts),
                                         accuracy("", knowledge)], model=model)  # fmt: skip


def test_the_page_says_every_figure_with_its_interval() -> None:
    made = Page(page(small(), language="en"))
    for metric in small().evaluation.metrics:
        assert metric.name.replace("_", " ") in made.text
    assert "75.0%" in made.text
    assert "59.8% … 85.8%" in made.text, "Wilson's interval of 30 out of 40"
    assert "1.04 bits/byte" in made.text or "0.935 bits/byte" in made.text
    assert "Wilson" in made.text
    assert "whole suite" in made.text
    # 40 items right 75 % of the time: 7.8489 of them, and 7.8489 * 0.1875 / 0.05^2
    assert "accuracies are less than 19.6% apart are told apart less than four times in five" in made.text
    assert "to tell 5.0% apart as often takes 589 items" in made.text
    assert made.tags <= ALLOWED
    assert "ab" * 32 in made.text


def test_a_picture_for_each_unit() -> None:
    text = page(small(), language="en")
    assert text.count("<svg") == 2
    assert text.count('class="interval m0"') == 3


def test_in_french_everything_is_french() -> None:
    made = Page(page(small(), language="fr"))
    assert "75,0\u202f%" in made.text
    assert "exactitude" in made.text
    assert "toute la suite" in made.text
    assert "accuracy" not in made.text
    assert "whole suite" not in made.text


def french() -> dict[str, str]:
    table = tomllib.loads(Path(report.__file__).with_name("report_fr.toml").read_text(encoding="utf-8"))
    return {english: text for section in table.values() for english, text in section.items()}


def test_no_sentence_of_the_page_lacks_its_french() -> None:
    source = Path(report.__file__).read_text(encoding="utf-8")
    joined = re.sub(r'"\n\s+"', "", source)
    said = set(re.findall(r'say\(\s*"([^"]+)"', joined))
    for listed in re.findall(r"for each in \(([^)]+)\)", joined):
        said |= set(re.findall(r'"([^"]+)"', listed))
    said |= {"better", "worse", "apart", "alike", "question", "answer", "expected", "no answer"}
    assert len(said) > 40
    assert not sorted(said - french().keys())
    for english, text in french().items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", text))


def test_the_notes_of_an_evaluation_are_french_too() -> None:
    room = Path(report.__file__).parent
    files = [room / "running.py", room / "examples.py", *sorted((room / "importing").glob("*.py"))]
    notes = {shape for path in files for shape in kept(path, ["notes"])}
    assert len(notes) > 5
    assert not sorted(notes - {shape_of(text) for text in french()})
    made = small()
    note = "sums is left out: the engine cannot give x"
    noted = replace(made, evaluation=replace(made.evaluation, notes=(note,)))
    assert "sums est laissé de côté : le moteur ne peut pas donner x" in Page(page(noted, language="fr")).text
    assert note in Page(page(noted, language="en")).text


def test_what_a_model_writes_stays_text() -> None:
    hostile = scored(ATTACK, [0.0, 1.0, 0.5])
    hostile = [
        replace(each, prompt=ATTACK, answer=ATTACK, expected=ATTACK, id=f"{ATTACK}{each.id}") for each in hostile
    ]
    hostile[0] = replace(hostile[0], error=ATTACK, answer="")
    metric = replace(accuracy(ATTACK, hostile), name=ATTACK, unit=ATTACK, method=ATTACK)
    found = Contamination(words=8, items=3, too_short=0, texts=9, data=ATTACK,
                          found=(Found(task=ATTACK, id=ATTACK, share=0.5, document=ATTACK),))  # fmt: skip
    one = judged(hostile, [metric], model=ATTACK, suite=ATTACK, version=ATTACK, guardrail=ATTACK, notes=(ATTACK,),
                 causerie=ATTACK, errors=1)  # fmt: skip
    text = page(one, language="en", others=[Other(role="released", judged=one)], contamination=found)
    made = Page(text)
    assert made.tags <= ALLOWED
    assert not {name for name in made.attributes if name.startswith("on") or name in {"src", "href", "style"}}
    assert not re.search("[\x00\u202e]", text)
    assert "<script>alert(1)</script>" in made.text, "it is shown, as text"
    assert "default-src 'none'" in text


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_can_be_shown(text: str) -> None:
    made = shown(text)
    made.encode("utf-8")
    assert "<" not in made
    assert Page(f"<p>{made}</p>").tags == {"p"}


def test_long_texts_are_cut() -> None:
    assert len(shown("a" * 10**6)) < 5000
    long = scored("t", [1.0, 0.0])
    assert len(page(judged([replace(each, answer="b" * 10**6) for each in long], []), language="en")) < 40_000


def test_good_and_bad_answers_of_each_task() -> None:
    text = page(small(), language="en")
    assert text.count("a bad answer") == 6
    assert text.count("a good answer") == 6
    assert "7: a bad answer" in text, "of bits, more are worse"
    perfect = scored("easy", [1.0] * 5)
    assert "a bad answer" not in page(judged(perfect, []), language="en")
    failed = [replace(each, error="too long", score=0.0) for each in scored("hard", [0.0] * 4)]
    assert page(judged(failed, [], errors=4), language="en").count("a bad answer") == 3


def test_what_changed_since_the_others() -> None:
    before, now = small("old", right=20), small("new", right=36)
    now = replace(now, evaluation=replace(now.evaluation, version="ef" * 32))
    made = Page(page(now, language="en", others=[Other(role="previous", judged=before),
                                                 Other(role="released", judged=now)]))  # fmt: skip
    assert "Differences to: previous version: old" in made.text
    assert "Differences to: release in service: new" in made.text
    assert "40.0%" in made.text
    assert "better" in made.text
    assert "alike" in made.text
    text = page(now, language="en", others=[Other(role="previous", judged=before)])
    assert text.count('class="interval m1"') == 3
    assert "<td class=better>" in text


def test_the_same_version_again_is_not_called_another() -> None:
    same = Page(page(small(), language="en", others=[Other("previous", small(right=20))])).text
    assert "the same version, earlier: starter" in same
    other = small(right=20)
    other = replace(other, evaluation=replace(other.evaluation, version="ef" * 32))
    assert "previous version: starter" in Page(page(small(), language="en", others=[Other("previous", other)])).text


def test_a_comparison_pairs_the_items() -> None:
    rows = compare(small(right=20), small(right=36))
    first = rows[0]
    assert (first.first, first.second, first.items) == (0.5, 0.9, 40)
    assert first.difference == pytest.approx(0.4)
    assert first.method == "McNemar, exact"
    assert first.p_value == pytest.approx(2 * 0.5**16)
    # 3 figures: text is 8 items all better, 2 / 2^8; the two of 40 items are the smaller ones.
    assert [each.p_corrected for each in rows] == pytest.approx([3 * 2 * 0.5**16, 2 / 256, 3 * 2 * 0.5**16])
    assert {each.verdict for each in rows} == {"better"}
    assert {each.verdict for each in compare(small(right=36), small(right=20))} == {"worse"}
    assert {each.verdict for each in compare(small(), small())} == {"alike"}


def test_a_comparison_says_what_its_items_can_show() -> None:
    knowledge, text, whole = compare(small(right=20), small(right=36))
    # 16 won and none lost of 40, half an item more in each cell; 2.8016 standard errors, 7.8489 their square
    variance = 17 / 42
    assert knowledge.seen_from == pytest.approx(2.8015853 * (variance / 40) ** 0.5)
    assert knowledge.items_needed == math.ceil(7.848879734 * variance / 0.05**2) == whole.items_needed
    assert text.seen_from is None, "each text is better by the same"
    assert text.items_needed is None
    same = compare(small(), small())[0]
    assert same.seen_from == pytest.approx(7.848879734 / 40), "as few items as could differ: 7.8 of them"
    assert same.items_needed == 157
    items = scored("t", [1.0, 0.0, 1.0])
    small_one = judged(items, [accuracy("t", items)])
    few = compare(small_one, small_one)[0]
    assert few.seen_from is None, "three items show nothing"
    assert few.items_needed == 628

    made = Page(page(small(right=36), language="en", others=[Other(role="previous", judged=small(right=20))]))
    assert f"{knowledge.seen_from:.1%}" in made.text
    assert f" {knowledge.items_needed:,} " in made.text
    assert "seen from" in made.text


def test_items_in_groups_show_less() -> None:
    def one(right: int, cluster: int) -> Judged:
        items = [replace(each, cluster=str(int(each.id) // cluster))
                 for each in scored("t", [1.0] * right + [0.0] * (40 - right))]  # fmt: skip
        return judged(items, [accuracy("t", items), accuracy("", items)])

    alone, grouped = (compare(one(20, size), one(28, size))[0] for size in (1, 4))
    assert alone.seen_from is not None
    assert grouped.seen_from is not None
    assert grouped.seen_from > 1.5 * alone.seen_from, "eight that are right now stand in two groups"
    text = Page(page(one(20, 4), language="en")).text
    least = re.search(r"less than ([\d.]+)% apart", text)
    assert least
    assert float(least[1]) > 60, "four alike are worth one: 22.1 % times 2, or 7.8 of 10"


def test_no_interval_of_shares_goes_beyond_what_shares_can_differ_by() -> None:
    def one(right: int) -> Judged:
        items = [
            replace(each, cluster=str(number // 2))
            for number, each in enumerate(scored("words", [1.0] * right + [0.0] * 2))
        ]
        return judged(items, [accuracy("words", items)])

    worse = [replace(each, score=0.0) for each in one(12).items]
    row = compare(one(12), judged(worse, [accuracy("words", worse)]))[0]
    assert row.difference == pytest.approx(-12 / 14)
    assert row.low == -1
    assert -1 < row.high < 0
    assert row.verdict == "worse"


def test_bits_per_byte_are_paired_over_their_bytes() -> None:
    row = compare(small(right=20), small(right=36))[1]
    assert row.name == "bits_per_byte"
    assert row.difference == pytest.approx(row.second - row.first)
    assert row.difference == pytest.approx(-0.16)
    assert row.items == 8


def test_a_figure_that_is_no_mean_of_items_is_compared_by_intervals() -> None:
    def one(value: float) -> Judged:
        metric = Metric(task="t", name="win_rate", value=value, low=value - 0.1, high=value + 0.1, items=9,
                        clusters=9, higher_is_better=None, unit="", method="bootstrap")  # fmt: skip
        return judged(scored("t", [1.0, 0.0]), [metric])

    row = compare(one(0.2), one(0.3))[0]
    assert (row.p_value, row.p_corrected, row.method, row.verdict) == (None, None, "intervals", "alike")
    assert (row.seen_from, row.items_needed) == (None, None)
    assert compare(one(0.2), one(0.9))[0].verdict == "apart"
    assert row.high == pytest.approx(0.1 + 0.1 * 2**0.5)


def test_each_item_may_carry_its_part_of_a_figure() -> None:
    chance = random.Random(1)

    def one(shift: float) -> Judged:
        items = [replace(each, extra={"f1": min(1.0, chance.random() + shift)}) for each in scored("t", [0.0] * 30)]
        value = sum(each.extra["f1"] for each in items) / 30
        metric = replace(accuracy("t", items), name="f1", value=value, low=value - 0.1, high=value + 0.1)
        return judged(items, [metric])

    row = compare(one(0), one(0.5))[0]
    assert row.p_value is not None
    assert row.items == 30
    assert row.verdict == "better"


def test_changed_questions_are_no_pairs() -> None:
    now = small()
    changed = [replace(each, hash="other") if each.task == "knowledge" else each for each in now.items]
    rows = compare(small(), replace(now, items=tuple(changed)))
    assert rows[0].method == "intervals"
    assert rows[1].items == 8


def test_suites_that_differ_are_not_compared() -> None:
    with pytest.raises(InvalidRequest, match="nothing to compare"):
        compare(small(), judged([], [], suite="safety"))


def test_contamination_is_told() -> None:
    found = Contamination(words=13, items=40, too_short=3, texts=1000, data="x",
                          found=(Found(task="knowledge", id="q7", share=0.25, document="wiki: 12"),))  # fmt: skip
    made = Page(page(small(), language="en", contamination=found))
    assert "1 of 40 items share a run of 13 words" in made.text
    assert "wiki: 12" in made.text
    assert "25.0%" in made.text


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = write_report(tmp_path, small(), language="en")
    assert path == tmp_path / "report.html"
    assert path.read_text("utf-8").endswith("</html>\n")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_errors_cost_and_notes_are_told() -> None:
    one = judged(scored("t", [1.0]), [], errors=2, cost=0.5, notes=("asked as cloze",), scored_by="mixed",
                 guardrail="strict 2", version="")  # fmt: skip
    made = Page(page(one, language="en"))
    for said in ("2 items got no answer", "Cost: 0.5", "asked as cloze", "strict 2", "unknown", "some tasks"):
        assert said in made.text


def test_the_picture_has_a_line_for_each_figure_and_hides_nothing() -> None:
    bars = [Bar("a" * 60, "told", [Point(0.5, 0.4, 0.6), None]), Bar("b", "told", [Point(2, float("-inf"), 9), None])]
    drawn = svg(bars, "title <x>")
    Page(drawn)
    assert drawn.count("<circle") == 2
    assert "title &lt;x&gt;" in drawn
    assert "…" in drawn
    places = [float(each) for each in re.findall(r'cx="([\d.]+)"', drawn)]
    assert places == sorted(places)
    assert "inf" not in drawn
    assert "nan" not in drawn
    alone = svg([Bar("b", "told", [Point(1, float("-inf"), float("inf"))])], "t")
    Page(alone)


def test_an_item_without_a_task_of_the_metrics_is_still_shown() -> None:
    other = Scored(id="1", task="other", prompt="p", answer="", score=0.0, error="too long")
    assert "too long" in page(judged([other], []), language="en")


def test_a_note_is_the_same_french_in_the_report_and_in_the_terminal() -> None:
    room = Path(report.__file__).parent
    here = tomllib.loads((room / "report_fr.toml").read_text(encoding="utf-8"))["notes"]
    terminal = tomllib.loads((room.parent / "cli" / "fr.toml").read_text(encoding="utf-8"))
    there = {english: text for section in terminal.values() for english, text in section.items()}
    assert here == {english: there.get(english) for english in here}
