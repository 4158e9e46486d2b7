"""Instructions that are added to conversations are followed by their answers: the checks of evaluations say so."""

import json
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from random import Random
from string import Formatter
from typing import Any, Literal

import pytest

from causerie.data.contract import Conversation, Document, Message
from causerie.data.records import samples
from causerie.data.steps.instructions import (
    DESCRIBING,
    MOST_SIGNS,
    SHAPING,
    CheckableInstructions,
    Exchange,
    instructed,
)
from causerie.evaluation.checks.table import check
from tests.data.test_build import run

ENGLISH = (
    "Why is the sky blue during the day?",
    "Sunlight holds every colour, and the air scatters blue light the most. Blue light therefore reaches your eyes "
    "from every side. At dusk the light crosses more air. Most of the blue light is gone by then.",
)
FRENCH = (
    "Pourquoi le ciel est-il bleu pendant la journée ?",
    "La lumière du soleil contient toutes les couleurs, et l'air disperse surtout le bleu. Cette lumière arrive donc "
    "de tous les côtés. Le soir, la lumière traverse plus d'air. Le bleu a presque disparu.",
)
Values = Mapping[str, Any]
Checks = Callable[[str, Values], tuple[str, dict[str, Any]]]
AT_LEAST, FEWER = {"relation": "at least"}, {"relation": "less than"}
CHECKS: dict[str, Checks] = {
    "lowercase": lambda _, __: ("change_case:english_lowercase", {}),
    "capitals": lambda _, __: ("change_case:english_capital", {}),
    "quoted": lambda _, __: ("startend:quotation", {}),
    "ending": lambda _, values: ("startend:end_checker", {"end_phrase": values["phrase"]}),
    "postscript": lambda _, __: ("detectable_content:postscript", {"postscript_marker": "P.S."}),
    "title": lambda _, __: ("detectable_format:title", {}),
    "repeated": lambda question, _: ("combination:repeat_prompt", {"prompt_to_repeat": question}),
    "bullets": lambda _, values: ("detectable_format:number_bullet_lists", {"num_bullets": values["count"]}),
    "paragraphs": lambda _, values: ("length_constraints:number_paragraphs", {"num_paragraphs": values["count"]}),
    "sections": lambda _, values: (
        "detectable_format:multiple_sections",
        {"section_spliter": values["heading"], "num_sections": values["count"]},
    ),
    "highlights": lambda _, values: (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": values["count"]},
    ),
    "json": lambda _, __: ("detectable_format:json_format", {}),
    "no-commas": lambda _, __: ("punctuation:no_comma", {}),
    "capital-words": lambda _, values: (
        "change_case:capital_word_frequency",
        {"capital_relation": "at least", "capital_frequency": values["count"]},
    ),
    "most-words": lambda _, values: ("length_constraints:number_words", FEWER | {"num_words": values["above"]}),
    "fewest-words": lambda _, values: ("length_constraints:number_words", AT_LEAST | {"num_words": values["count"]}),
    "most-sentences": lambda _, values: (
        "length_constraints:number_sentences",
        FEWER | {"num_sentences": values["above"]},
    ),
    "keywords": lambda _, values: ("keywords:existence", {"keywords": values["words"].split(", ")}),
    "forbidden": lambda _, values: ("keywords:forbidden_words", {"forbidden_words": values["words"].split(", ")}),
    "frequency": lambda _, values: (
        "keywords:frequency",
        AT_LEAST | {"keyword": values["word"], "frequency": values["count"]},
    ),
    "letter": lambda _, values: (
        "keywords:letter_frequency",
        {"letter": values["letter"], "let_relation": "at least", "let_frequency": values["count"]},
    ),
}


def exchange(given: tuple[str, str], language: Literal["en", "fr"] = "en", seed: int = 0) -> Exchange:
    return Exchange(*given, language, Random(seed))


@pytest.mark.parametrize("name", [*SHAPING, *DESCRIBING])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_answer_follows_the_instruction(name: str, language: Literal["en", "fr"]) -> None:
    given = ENGLISH if language == "en" else FRENCH
    maker = (SHAPING | DESCRIBING)[name]  # type: ignore[operator]
    for seed in range(10):
        made = maker(exchange(given, language, seed))
        assert made is not None
        asked, options = CHECKS[name](given[0], made.values)
        assert check(asked.replace("english", {"en": "english", "fr": "french"}[language]), options, made.answer)
        assert (made.answer == given[1]) == (name in DESCRIBING)


def test_every_instruction_has_its_words_in_both_languages_and_they_take_what_there_is() -> None:
    table = tomllib.loads(files("causerie.data.steps").joinpath("instructions.toml").read_text("utf-8"))
    assert set(table) == {*SHAPING, *DESCRIBING, "phrases", "afterthoughts", "headings"}
    for name, maker in (SHAPING | DESCRIBING).items():  # type: ignore[operator]
        made = maker(exchange(ENGLISH))
        assert made is not None
        for wording in table[name]["en"] + table[name]["fr"]:
            fields = {field for _, field, _, _ in Formatter().parse(wording) if field}
            assert fields <= set(made.values), wording


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("bullets", "- a list\n- already is one"),
        ("sections", "One sentence only."),
        ("quoted", 'He said "no" to her.'),
        ("json", "long " * 200),
        ("capitals", "word " * 90),
        ("lowercase", "```\nCODE\n```"),
        ("no-commas", "a, b, c, d, e, f"),
        ("highlights", "a * b"),
        ("capital-words", "`Sorted` keeps Order"),
        ("keywords", "No."),
        ("fewest-words", "No."),
        ("forbidden", "Why is the sky blue during the day?"),
        ("frequency", "Every word once."),
        ("letter", "42"),
        ("most-sentences", "1. a\n2. b"),
    ],
)
def test_what_does_not_suit_an_answer_is_not_asked(name: str, answer: str) -> None:
    assert (SHAPING | DESCRIBING)[name](exchange((ENGLISH[0], answer))) is None  # type: ignore[operator]


def test_a_question_that_is_too_short_or_too_long_is_neither_title_nor_repeated() -> None:
    assert SHAPING["title"](exchange(("Why?", "So."))) is None
    assert SHAPING["repeated"](exchange(("Why? " * 100, "So."))) is None


def test_an_instruction_stands_with_the_question_and_one_to_repeat_comes_after_it() -> None:
    seen: Counter[str] = Counter()
    for seed in range(300):
        said, answer, names = instructed(exchange(ENGLISH, seed=seed), 2)
        assert ENGLISH[0] in said
        assert len(said) > len(ENGLISH[0])
        assert 1 <= len(names) <= 2
        if "repeated" in names:
            assert all(text.startswith(ENGLISH[0]) for text in (said, answer))
        seen.update(names)
    assert set(seen) == {*SHAPING, *DESCRIBING}
    assert all(len(instructed(exchange(ENGLISH, seed=seed), 1)[2]) == 1 for seed in range(50))


def conversation(name: str, *contents: str, language: str = "en") -> Conversation:
    roles = ("user", "assistant") * len(contents)
    turns = tuple(Message(role, text) for role, text in zip(roles, contents, strict=False))  # type: ignore[arg-type]
    return Conversation(id=name, messages=turns, language=language)


def test_only_the_last_answer_changes_by_the_share_and_always_alike() -> None:
    all_of_them, none = CheckableInstructions(share=1), CheckableInstructions(share=0)
    asked = conversation("a", "Hello", "Hello!", *ENGLISH)
    changed, counts = all_of_them.change(asked)
    assert changed.messages[:2] == asked.messages[:2]
    assert changed.messages[2] != asked.messages[2]
    assert counts
    assert all_of_them.change(asked) == (changed, counts)
    assert none.change(asked) == (asked, {})
    half = CheckableInstructions(share=0.5)
    assert 60 < sum(bool(half.change(conversation(str(n), *ENGLISH))[1]) for n in range(200)) < 140
    assert len({CheckableInstructions(share=1, seed=n).change(asked)[0].messages[-2].content for n in range(9)}) > 3


def test_french_conversations_get_french_instructions() -> None:
    step = CheckableInstructions(share=1, most=1)
    said = [step.change(conversation(str(n), *FRENCH, language="fr"))[0].messages[0].content for n in range(30)]
    assert any("réponse" in each or "Réponds" in each for each in said)
    assert not any("answer" in each.lower() for each in said)


def test_what_is_no_plain_exchange_passes() -> None:
    step = CheckableInstructions(share=1)
    tool = Conversation(id="t", messages=(Message("user", "?"), Message("tool", "4"), Message("assistant", "4")))
    long = conversation("l", "Why?", "x" * (MOST_SIGNS + 1))
    for passed in (tool, long):
        assert step.change(passed) == (passed, {})
    text = Document(id="d", text="plain")
    assert step.apply(text) is text


def test_an_answer_of_blank_lines_is_looked_at_in_time() -> None:
    before = time.process_time()
    CheckableInstructions(share=1).change(conversation("b", "Why?", "\n" * MOST_SIGNS))
    assert time.process_time() - before < 2


def test_a_build_counts_them_and_leaves_pages_alone(tmp_path: Path) -> None:
    rows = [[{"role": "user", "content": f"{ENGLISH[0]} {n}"}, {"role": "assistant", "content": ENGLISH[1]}]
            for n in range(20)]  # fmt: skip
    lines = [json.dumps({"messages": row}) for row in rows]
    (tmp_path / "talk.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "page.txt").write_text("A page.\n", "utf-8")
    sources = [
        {"name": "talk", "kind": "files", "path": "talk.jsonl", "licence": "own", "form": "messages"},
        {"name": "page", "kind": "files", "path": "page.txt", "licence": "own"},
    ]
    card = run(tmp_path, sources=sources, holdout=0, steps=[{"use": "instructions", "share": 1}])
    step = card.steps[-1]
    assert step.seen == 21
    assert sum(step.edited.values()) >= 20
    (page,) = samples(tmp_path / "out", "documents")
    assert isinstance(page, Document)
    assert page.text.strip() == "A page."
    told = list(samples(tmp_path / "out", "conversations"))
    assert len(told) == 20
    plain = {row[0]["content"] for row in rows}
    assert all(isinstance(one, Conversation) and one.messages[0].content not in plain for one in told)
