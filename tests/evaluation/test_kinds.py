"""Each kind asks as it should, scores right answers right and wrong ones wrong, and refuses what it cannot do."""

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from causerie.errors import CauserieError, DataError, InvalidRequest
from causerie.evaluation.contract import Answer, Item, Kind, Metric, Scored, Subject
from causerie.evaluation.kinds.answer import f1, holds, number_in, words
from causerie.evaluation.kinds.choice import letter_in
from causerie.evaluation.kinds.judge import verdict_in
from causerie.evaluation.kinds.table import KINDS, kind_of
from causerie.evaluation.subjects.opening import opened
from tests.evaluation.answering import MODEL, Answerer
from tests.evaluation.written import item, task


@pytest_asyncio.fixture
async def answerer() -> AsyncIterator[Answerer]:
    async with Answerer() as server:
        yield server


@pytest_asyncio.fixture
async def subject(answerer: Answerer, tmp_path: Path) -> AsyncIterator[Subject]:
    async with opened(answerer.settings(tmp_path / "home"), MODEL) as asked:
        answerer.requests.clear()
        yield asked


async def value(kind: Kind, asked: Item, subject: Subject) -> float:
    return kind.score(asked, await kind.ask(asked, subject)).value


def row(number: int, score: float, **more: Any) -> Scored:
    return Scored(id=str(number), task="t", prompt="", answer="", score=score, **more)


def named(metrics: list[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


def test_every_kind_of_the_table_is_there_and_refuses_options_that_it_does_not_know() -> None:
    for name in KINDS:
        with pytest.raises(DataError, match="options that its kind does not know: colour"):
            kind_of(task(name, colour=3))
    with pytest.raises(DataError, match="kind 'none', which is not known"):
        kind_of(task("none"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"form": "loud"}, "it takes exact, contains, numeric, f1"),
        ({"max_tokens": "9"}, "it takes a int"),
        ({"max_tokens": 0}, "1 to 32768"),
        ({"max_tokens": True}, "it takes a int"),
    ],
)
def test_an_option_has_its_type_and_range(options: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as error:
        kind_of(task("answer", item(expected=("x",)), **options))
    assert said in error.value.hint


# answer


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The answer is 1,234.5 euros", "1234.5"),
        ("Cela fait 1 234,5 €", "1234.5"),
        ("Cela fait 1\u202f234 €.", "1234"),
        ("1.234,5", "1234.5"),
        ("1,000,000", "1000000"),
        ("so 12. Then #### 14\nand 3", "14"),
        (r"\boxed{7} and 8", "7"),
        ("it is \N{MINUS SIGN}3", "-3"),
        ("3,5", "3.5"),
        ("0.125", "0.125"),
        ("7 apples and 12.", "12"),
        ("none", None),
    ],
)
def test_a_number_is_found_as_people_write_it(text: str, number: str | None) -> None:
    found = number_in(text)
    assert (None if found is None else f"{found:f}") == number


def test_words_are_compared_without_case_articles_and_punctuation() -> None:
    assert words("L\N{RIGHT SINGLE QUOTATION MARK}École, la « Tour » !") == ["école", "tour"]
    assert words("A") == ["a"]
    assert holds("It is Paris, I think.", "paris")
    assert not holds("It is Parisian.", "paris")
    assert f1("the cat sat", "cat sat down") == pytest.approx(0.8)
    assert (f1("", "cat"), f1("dog", "cat"), f1("", "")) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("form", "expected", "text", "score"),
    [
        ("exact", ("Paris", "Paname"), "the PARIS.", 1.0),
        ("exact", ("Paris",), "It is Paris", 0.0),
        ("contains", ("Paris",), "It is Paris", 1.0),
        ("contains", ("Paris",), "It is Lyon", 0.0),
        ("numeric", ("12.0", "13"), "3 and 4, so 12", 1.0),
        ("numeric", ("12",), "twelve", 0.0),
        ("f1", ("cat sat down",), "the cat sat", 0.8),
    ],
)
async def test_short_answers(
    form: str, expected: tuple[str, ...], text: str, score: float, answerer: Answerer, subject: Subject
) -> None:
    answerer.answer = lambda _: text
    asked = item(expected=expected)
    kind = kind_of(task("answer", asked, form=form, max_tokens=7, system="Be brief."))
    assert await value(kind, asked, subject) == pytest.approx(score)
    (sent,) = answerer.requests
    assert (sent["max_tokens"], sent["temperature"]) == (7, 0.0)
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]


def test_short_answers_give_accuracy_and_the_share_of_words() -> None:
    rows = [row(1, 1.0, extra={"accuracy": 1.0}), row(2, 0.5, extra={"accuracy": 0.0})]
    found = named(kind_of(task("answer", form="f1")).measure(rows))
    assert (found["f1"].value, found["accuracy"].value) == (0.75, 0.5)
    (accuracy,) = kind_of(task("answer")).measure([row(1, 1.0), row(2, 0.0)])
    assert (accuracy.name, accuracy.value, accuracy.items, accuracy.unit) == ("accuracy", 0.5, 2, "share")
    assert 0 < accuracy.low < 0.5 < accuracy.high < 1


@pytest.mark.parametrize(
    ("lacking", "form", "said"),
    [
        ({"expected": ()}, "exact", "no answer"),
        ({"question": "", "text": "x", "expected": ("a",)}, "exact", "no question"),
        ({"expected": ("a",)}, "numeric", "no number"),
    ],
)
def test_an_answer_needs_a_question_and_a_right_answer(lacking: dict[str, Any], form: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        kind_of(task("answer", item(**lacking), form=form))


# choice

CHOICES: dict[str, Any] = {
    "choices": ("Lyon", "Paris", "Nice"),
    "expected": ("Paris",),
    "question": "Capital of France?",
}


async def test_a_choice_by_letters_takes_the_most_probable_letter(answerer: Answerer, subject: Subject) -> None:
    answerer.top = {"A": 0.2, " B": 0.15, "B": 0.1, "The": 0.5}  # " B" and "B" are one letter
    asked = item(**CHOICES)
    kind = kind_of(task("choice", asked))
    answer = await kind.ask(asked, subject)
    assert (answer.text, answer.scored_by, answer.extra["form"]) == ("Paris", "log-probabilities", "letters")
    assert [math.exp(each) for each in answer.log_probabilities] == pytest.approx([0.2, 0.25, 0.0])
    assert set(answer.extra["log_probabilities"]) == {"A", "B"}
    assert kind.score(asked, answer).value == 1.0
    (sent,) = answerer.requests
    assert (sent["max_tokens"], sent["logprobs"], sent["top_logprobs"]) == (1, True, 20)
    assert "Capital of France?\n\nA. Lyon\nB. Paris\nC. Nice\n\nAnswer with the letter" in answerer.asked[0]


@pytest.mark.parametrize("top", [None, {"The": 0.9}], ids=["shows none", "shows no letter"])
async def test_a_choice_without_probabilities_is_written_and_says_so(
    top: dict[str, float] | None, answerer: Answerer, subject: Subject
) -> None:
    answerer.top, answerer.answer = top, lambda _: "I think it is B."
    asked = item(**CHOICES)
    answer = await kind_of(task("choice", asked)).ask(asked, subject)
    assert (answer.text, answer.scored_by, answer.extra["form"]) == ("Paris", "generation", "letters, written")


async def test_a_choice_that_names_no_letter_is_wrong(answerer: Answerer, subject: Subject) -> None:
    answerer.answer = lambda _: "I do not know"
    asked = item(**CHOICES)
    assert await value(kind_of(task("choice", asked)), asked, subject) == 0.0


@pytest.mark.parametrize(
    ("text", "letter"),
    [("The answer is B.", "B"), ("b", ""), ("**C**", "C"), ("L'A", "A"), ("Z", ""), ("C'est B", "B"), ("BAD", "")],
)
def test_a_letter_stands_alone(text: str, letter: str) -> None:
    assert letter_in(text, 4) == letter


async def test_a_cloze_compares_texts_by_their_length_or_not(answerer: Answerer, tmp_path: Path) -> None:
    answerer.echoes = True
    asked = item(
        question="", text="The capital is", choices=("a b c d e", "fghij klmnopqrst"), expected=("a b c d e",)
    )
    async with opened(answerer.settings(tmp_path / "home"), MODEL) as subject:
        assert "text" in subject.abilities
        short = await kind_of(task("choice", asked, form="cloze", by_length=False)).ask(asked, subject)
        long = await kind_of(task("choice", asked, form="cloze")).ask(asked, subject)
    # A half for each word: five of them against two.
    assert short.log_probabilities == pytest.approx((5 * math.log(0.5), 2 * math.log(0.5)))
    assert (short.text, long.text) == ("fghij klmnopqrst", "fghij klmnopqrst")
    assert long.extra["form"] == "cloze"


async def test_a_cloze_without_probabilities_of_texts_is_asked_by_letters(
    answerer: Answerer, subject: Subject
) -> None:
    answerer.top = {"B": 0.9}
    asked = item(**CHOICES)
    assert (await kind_of(task("choice", asked, form="cloze")).ask(asked, subject)).extra["form"] == "letters"


async def test_a_french_choice_is_asked_in_french(answerer: Answerer, subject: Subject) -> None:
    asked = item(**CHOICES, language="fr")
    await kind_of(task("choice", asked)).ask(asked, subject)
    assert "Répondez par la lettre" in answerer.asked[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"choices": ("one",), "expected": ("one",)},
        {"choices": ("a", "a"), "expected": ("a",)},
        {"choices": ("a", "b"), "expected": ()},
        {"choices": ("a", "b"), "expected": ("c",)},
        {"choices": ("a", "b"), "expected": ("a",), "question": ""},
    ],
)
def test_a_choice_needs_different_choices_and_a_right_one(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="item 1 of t has no"):
        kind_of(task("choice", item(**wrong)))


# bits per byte


async def test_bits_per_byte_are_those_of_all_texts_together(answerer: Answerer, tmp_path: Path) -> None:
    answerer.echoes = True
    texts = [item("1", question="", text="one two three"), item("2", question="", text="a b")]
    kind = kind_of(task("bits_per_byte", *texts))
    async with opened(answerer.settings(tmp_path / "home"), MODEL) as subject:
        scores = [kind.score(each, await kind.ask(each, subject)) for each in texts]
    # The first word has no probability; each other one costs a bit.
    assert [(score.value, score.extra["bytes"]) for score in scores] == [(2.0, 13), (1.0, 3)]
    rows = [row(number, score.value, extra=score.extra) for number, score in enumerate(scores)]
    (metric,) = kind.measure([*rows, row(9, 0.0, error="too long")])
    assert metric.value == pytest.approx(3 / 16)
    assert (metric.name, metric.unit, metric.higher_is_better, metric.items) == (
        "bits_per_byte", "bits/byte", False, 2,
    )  # fmt: skip
    assert kind.measure([row(9, 0.0, error="too long")]) == []
    with pytest.raises(DataError, match="no text"):
        kind_of(task("bits_per_byte", item()))


# instructions


async def test_instructions_are_checked_by_program(answerer: Answerer, subject: Subject) -> None:
    checks = (
        {"check": "punctuation:no_comma"},
        {"check": "keywords:existence", "keywords": ["paris"]},
    )
    asked = item(checks=checks)
    kind = kind_of(task("instructions", asked))
    answerer.answer = lambda _: "Here it is, then:\nParis"
    answer = await kind.ask(asked, subject)
    score = kind.score(asked, answer)
    assert score.value == 0.0
    assert score.extra == {"passed": 1, "checks": 2, "accuracy_loose": 1.0, "failed": ["punctuation:no_comma"]}
    good = kind.score(asked, Answer(text="Paris"))
    rows = [row(1, score.value, extra=score.extra), row(2, good.value, extra=good.extra), row(3, 0.0, error="no")]
    found = named(kind.measure(rows))
    assert found["accuracy"].value == pytest.approx(1 / 3)
    assert found["accuracy_loose"].value == pytest.approx(2 / 3)
    assert found["instruction_accuracy"].value == pytest.approx(3 / 5)


def test_instructions_are_looked_at_before_a_model_is_asked() -> None:
    with pytest.raises(InvalidRequest, match="there is no check 'none'"):
        kind_of(task("instructions", item(checks=({"check": "none"},))))
    with pytest.raises(DataError, match="no check"):
        kind_of(task("instructions", item(checks=())))
    with pytest.raises(DataError, match="no check"):
        kind_of(task("instructions", item(checks=({"chek": "none"},))))
    with pytest.raises(DataError, match="no question"):
        kind_of(task("instructions", item(question="", text="x", checks=({"check": "punctuation:no_comma"},))))


# rules


@pytest.mark.parametrize(
    ("rules", "text", "score"),
    [
        ([{"check": "contains", "any": ["PARIS", "Lyon"]}], "It is paris", 1.0),
        ([{"check": "contains", "all": ["Paris", "Lyon"]}], "It is paris", 0.0),
        ([{"check": "absent", "any": ["Lyon"]}], "It is paris", 1.0),
        ([{"check": "absent", "any": ["Lyon"]}], "", 0.0),
        ([{"check": "words", "at_least": 2, "at_most": 3}], "one two three", 1.0),
        ([{"check": "words", "at_most": 2}], "one two three", 0.0),
        ([{"check": "words", "at_least": 4}, {"check": "absent", "any": ["x"]}], "one two three", 0.0),
    ],
)
async def test_rules(
    rules: list[dict[str, Any]], text: str, score: float, answerer: Answerer, subject: Subject
) -> None:
    answerer.answer = lambda _: text
    asked = item(checks=tuple(rules))
    kind = kind_of(task("rules", asked))
    assert await value(kind, asked, subject) == score
    assert kind.measure([row(1, score)])[0].value == score


@pytest.mark.parametrize(
    "rule",
    [
        {"check": "pattern", "any": ["(a+)+$"]},
        {"check": "contains"},
        {"check": "contains", "any": []},
        {"check": "contains", "any": [3]},
        {"check": "contains", "any": ["a"], "all": ["b"]},
        {"check": "words"},
        {"check": "words", "at_least": "3"},
        {"check": "absent", "any": ["a"], "more": 1},
    ],
)
def test_a_rule_that_is_not_known_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="a rule that is not known"):
        kind_of(task("rules", item(checks=(rule,))))


def test_rules_need_a_question_and_a_rule() -> None:
    with pytest.raises(DataError, match="no checks"):
        kind_of(task("rules", item()))
    with pytest.raises(DataError, match="no question"):
        kind_of(task("rules", item(question="", text="x", checks=({"check": "words", "at_most": 3},))))


# judge


def judging(text: str, *, prefers: str) -> str:
    """What a judge says that looks for a word, or always takes the first."""
    first = text.partition("Answer A:\n")[2].partition("\n\nAnswer B:")[0]
    return "It is.\nA" if prefers in first else "It is not.\nB"


@pytest.mark.parametrize(
    ("prefers", "value", "agrees"),
    [("mine", 1.0, 1.0), ("reference", 0.0, 1.0), ("", 0.5, 0.0)],
    ids=["wins", "loses", "a judge who takes the first"],
)
async def test_a_judge_is_asked_in_both_orders(
    prefers: str, value: float, agrees: float, answerer: Answerer, subject: Subject
) -> None:
    answerer.answer = lambda messages: (
        judging(messages[-1]["content"], prefers=prefers)
        if "Answer A:" in messages[-1]["content"]
        else "my answer: mine"
    )
    asked = item(expected=("the reference",))
    kind = kind_of(task("judge", asked, rubric="Short is good."), subject)
    answer = await kind.ask(asked, subject)
    score = kind.score(asked, answer)
    assert (score.value, score.extra["judge_agreement"]) == (value, agrees)
    assert len(answerer.requests) == 3
    assert "Short is good." in answerer.asked[1]
    found = named(kind.measure([row(1, score.value, extra=score.extra)]))
    assert (found["win_rate"].value, found["judge_agreement"].value) == (value, agrees)
    assert list(named(kind.measure([row(1, 0.0, error="no")]))) == ["win_rate"]


async def test_a_judge_who_says_nothing_decides_nothing(answerer: Answerer, subject: Subject) -> None:
    answerer.answer = lambda _: "Both are nice."
    asked = item(expected=("the reference",))
    kind = kind_of(task("judge", asked), subject)
    score = kind.score(asked, await kind.ask(asked, subject))
    assert (score.value, score.extra["judge_agreement"]) == (0.5, 0.0)


async def test_a_question_that_the_judge_cannot_take_is_the_judge_s_failure(
    answerer: Answerer, subject: Subject
) -> None:
    answerer.refuses = lambda messages: 400 if "Answer A:" in messages[-1]["content"] else 0
    asked = item(expected=("the reference",))
    kind = kind_of(task("judge", asked), subject)
    answer = await kind.ask(asked, subject)
    score = kind.score(asked, answer)
    assert (score.value, score.extra["judge_agreement"], answer.extra["judge_error"]) == (
        0.5,
        0.0,
        "c: no",
    )
    answerer.refuses = lambda messages: 401 if "Answer A:" in messages[-1]["content"] else 0
    with pytest.raises(CauserieError):
        await kind.ask(asked, subject)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("so\nA", "A"), ("A? No: B", "B"), ("TIE", "TIE"), ("It is close.\nTie", "TIE"), ("Well", ""),
        ("A is shorter, B warmer.\n**tie.**\n", "TIE"), ("B is clearly better, this is not a tie.", "B"),
        ("Not a tie at all", ""), ("A\nno tie here", "A"), ("Verdict: TIE", "TIE"),
    ],
)  # fmt: skip
def test_a_verdict_is_the_last_that_is_said(text: str, verdict: str) -> None:
    assert verdict_in(text) == verdict


def test_a_judged_task_needs_a_judge_and_a_reference() -> None:
    with pytest.raises(DataError, match="needs a model that judges"):
        kind_of(task("judge", item(expected=("x",))))
    with pytest.raises(DataError, match="no answer to compare with"):
        kind_of(task("judge", item()))
    with pytest.raises(DataError, match="no question"):
        kind_of(task("judge", item(question="", text="x", expected=("x",))))
