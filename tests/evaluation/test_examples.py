"""Examples before an item: which ones it gets, that none gives it away, and how the model sees them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from causerie.errors import ContextLengthExceeded, DataError, InvalidRequest
from causerie.evaluation import examples
from causerie.evaluation.caching import hash_of
from causerie.evaluation.contract import Evaluation, Item, Shots, Subject, Suite, Task
from causerie.evaluation.finding import find
from causerie.evaluation.folder import folder_of, read_items
from causerie.evaluation.kinds.table import KINDS, WITH_EXAMPLES, kind_of
from causerie.evaluation.running import Options, run
from causerie.evaluation.subjects.asked import Asked
from causerie.evaluation.subjects.opening import opened
from causerie.settings import Settings
from tests.evaluation.answering import MODEL, Answerer
from tests.evaluation.written import added, additions, item, task_table, write_suite

FROM_DEV = 'shots = 3\nexamples = "dev.jsonl"\n'
NUMERIC = '[tasks.options]\nform = "numeric"'


@pytest_asyncio.fixture
async def answerer() -> AsyncIterator[Answerer]:
    async with Answerer(added) as server:
        yield server


def own(settings: Settings, name: str = "mine") -> Path:
    return settings.home / "suites" / name


def dev(count: int, first: int = 100) -> list[dict[str, Any]]:
    """Sums that no test of these asks for."""
    return [{"id": f"d{n}", "question": f"{n} + {n}?", "answer": str(2 * n)} for n in range(first, first + count)]


def sums(settings: Settings, more: str, count: int = 20, pool: int = 12, *, kind: str = "answer") -> Suite:
    """A suite of one task of sums, with a file of examples."""
    table = task_table("t", kind, "items", more + (NUMERIC if kind == "answer" else ""))
    write_suite(own(settings), table, items=additions(count), dev=dev(pool))
    return find(settings, "mine")


def shown(task: Task) -> list[list[str]]:
    return [[each.id for each in item.examples] for item in task.items]


def drawn(*items: Item, pool: tuple[Item, ...], kind: str = "answer", **more: Any) -> Task:
    shots = Shots(pool=pool, source="dev.jsonl", **more)
    return examples.drawn(Task(name="t", kind=kind, languages=("en",), items=items, shots=shots))


# Which ones


def test_each_item_gets_examples_of_its_own_and_the_same_ones_each_time(settings: Settings) -> None:
    suite = sums(settings, FROM_DEV)
    first = shown(suite.tasks[0])
    assert all(len(set(ids)) == 3 for ids in first)
    assert len({tuple(ids) for ids in first}) > 10, "each item draws for itself"
    assert {each for ids in first for each in ids} == {f"d{n}" for n in range(100, 112)}, (
        "all of the pool is drawn from"
    )
    assert find(settings, "mine").sha256 == suite.sha256
    fewer = sums(settings, FROM_DEV + "limit = 5\n")
    assert shown(fewer.tasks[0]) == first[:5], "whatever other items there are"
    other = sums(settings, FROM_DEV + "seed = 1\n")
    assert shown(other.tasks[0]) != first
    assert other.sha256 != suite.sha256


def test_the_first_ones_are_the_same_for_all_items(settings: Settings) -> None:
    suite = sums(settings, FROM_DEV + 'draw = "first"\n')
    assert shown(suite.tasks[0]) == [["d100", "d101", "d102"]] * 20
    assert shown(sums(settings, FROM_DEV + 'draw = "first"\nseed = 7\n').tasks[0]) == shown(suite.tasks[0])


def test_a_suite_without_examples_has_the_hash_that_it_always_had(settings: Settings) -> None:
    plain = sums(settings, "")
    assert sums(settings, "shots = 0\n").sha256 == plain.sha256
    assert sums(settings, 'examples = "dev.jsonl"\n').sha256 == plain.sha256, "a pool alone shows nothing"
    worked = [each | {"worked": "It is so."} for each in additions(20)]
    write_suite(own(settings), task_table("t", "answer", "items", NUMERIC), items=worked)
    assert find(settings, "mine").sha256 == plain.sha256
    assert plain.sha256 == "cd46bb4adf04aff8ea878a83d68bf380026157777f617b380d8555901cf68e82"


def test_a_draw_is_a_shuffle() -> None:
    for size in (0, 1, 2, 7, 100):
        order = list(examples._shuffled(size, "key"))
        assert sorted(order) == list(range(size))
        assert list(examples._shuffled(size, "key")) == order
    assert list(examples._shuffled(100, "key")) != list(examples._shuffled(100, "other"))
    firsts = [next(examples._shuffled(4, str(key))) for key in range(4000)]
    assert all(900 < firsts.count(place) < 1100 for place in range(4))


def test_what_the_test_asks_is_no_example(settings: Settings) -> None:
    """A file that holds some of the test's own questions is a pool without them."""
    table = task_table("t", "answer", "items", 'shots = 3\nexamples = "dev.jsonl"\n' + NUMERIC)
    write_suite(own(settings), table, items=additions(20), dev=[*additions(19), *dev(3)])
    assert {each for ids in shown(find(settings, "mine").tasks[0]) for each in ids} == {"d100", "d101", "d102"}
    write_suite(own(settings), table, items=additions(20), dev=[*additions(19), *dev(2)])
    with pytest.raises(DataError, match=r"the item 0 of t has 2 examples in dev.jsonl, and 3 are wanted"):
        find(settings, "mine")


def test_an_example_that_holds_the_question_within_is_left_out() -> None:
    asked = item(question="Who wrote  it?", expected=("me",))
    quoting = item("q", question="Somebody asked: who wrote it? And you?", expected=("you",))
    answering = item("w", question="Again?", worked="Who wrote it? I did.", expected=("I",))
    other = item("o", question="Who wrote it? or what?", expected=("no",))
    plain = item("p", question="Who wrote items?", expected=("no",))
    (found,) = drawn(asked, pool=(quoting, answering, plain), count=1).items
    assert [each.id for each in found.examples] == ["p"]
    with pytest.raises(DataError, match="has 1 examples"):
        drawn(asked, pool=(quoting, answering, other, plain), count=2)


def test_one_question_with_other_choices_is_another_question() -> None:
    """Which of these is true? stands in many sets, and is nothing without what follows."""

    def which(name: str, *choices: str) -> Item:
        return item(name, question="Which is true?", choices=choices, expected=choices[:1])

    asked, same, other = which("a", "x", "y"), which("b", "y", "x"), which("c", "x", "z")
    (found,) = drawn(asked, pool=(same, other), kind="choice", count=1).items
    assert [each.id for each in found.examples] == ["c"]
    assert examples.unlike((asked,), (same, other)) == (other,)


def test_an_item_gets_examples_of_its_subject() -> None:
    def of(subject: str, name: str) -> Item:
        return item(name, question=f"{name}?", expected=("x",), extra={"subject": subject} if subject else {})

    pool = (of("law", "l1"), of("law", "l2"), of("art", "a1"), of("art", "a2"))
    task = drawn(of("art", "1"), of("law", "2"), pool=pool, count=2, draw="first")
    assert shown(task) == [["a1", "a2"], ["l1", "l2"]]
    with pytest.raises(DataError, match="the item 1 of t has 2 examples"):
        drawn(of("art", "1"), pool=pool, count=3)
    with pytest.raises(DataError, match="the item 2 of t has 0 examples"):
        drawn(of("art", "1"), of("", "2"), pool=pool, count=1)
    # Where no subject is one of the pool's, they are names of something else.
    assert shown(drawn(of("test", "1"), pool=pool, count=4, draw="first")) == [["l1", "l2", "a1", "a2"]]


def test_the_own_items_only_where_the_task_says_so(settings: Settings) -> None:
    with pytest.raises(DataError, match="the task t takes its examples from its own items") as error:
        sums(settings, 'shots = 3\nexamples = "./items.jsonl"\n')
    assert 'examples = "items"' in error.value.hint
    (task,) = sums(settings, 'shots = 3\nexamples = "items"\nlimit = 4\n').tasks
    assert len(task.items) == 4
    for each in task.items:
        assert len(each.examples) == 3
        assert each.id not in {one.id for one in each.examples}
        assert all(one.examples == () for one in each.examples)
    assert {int(name) for ids in shown(task) for name in ids} - set(range(4)), (
        "others of the file, beyond the limit too"
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("shots = 3\n", "the task t does not say where its examples come from"),
        ('shots = -1\nexamples = "dev.jsonl"\n', "shots"),
        ('shots = 101\nexamples = "dev.jsonl"\n', "shots"),
        ('shots = 3\nexamples = ""\n', "examples"),
        ('shots = 3\nexamples = "none.jsonl"\n', "none.jsonl cannot be read"),
        ('shots = 3\nexamples = "../../dev.jsonl"\n', "outside of the suite's folder"),
        (FROM_DEV + 'draw = "best"\n', "draw"),
        (FROM_DEV + 'layout = "song"\n', "layout"),
        (FROM_DEV + "seed = -1\n", "seed"),
        ('shots = 13\nexamples = "dev.jsonl"\n', "has 12 examples in dev.jsonl, and 13 are wanted"),
    ],
)
def test_a_wrong_table_is_named(settings: Settings, more: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        sums(settings, more)


def test_an_example_is_one_question(settings: Settings) -> None:
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    table = task_table("t", "answer", "items", 'shots = 1\nexamples = "dev.jsonl"\n')
    line = {"id": "d", "messages": [*turns, {"role": "user", "content": "Who?"}], "answer": "me"}
    write_suite(own(settings), table, items=additions(2), dev=[line])
    with pytest.raises(DataError, match="the example d of t is a conversation"):
        find(settings, "mine")
    line["messages"] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]
    write_suite(own(settings), table, items=additions(2), dev=[line])
    assert shown(find(settings, "mine").tasks[0]) == [["d"], ["d"]]


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - WITH_EXAMPLES))
def test_other_kinds_take_none(settings: Settings, kind: str) -> None:
    with pytest.raises(DataError, match=f"of the kind '{kind}', which takes no examples") as error:
        sums(settings, FROM_DEV, kind=kind)
    assert error.value.hint == "these take some: answer, choice"
    assert sums(settings, "shots = 0\n", kind=kind).tasks[0].shots


def test_examples_are_checked_as_items_are(settings: Settings) -> None:
    table = task_table("t", "answer", "items", FROM_DEV + NUMERIC)
    write_suite(
        own(settings), table, items=additions(2), dev=[*dev(3), {"id": "d", "question": "?", "answer": "many"}]
    )
    with pytest.raises(DataError, match="the item d of t has no number as its answer"):
        kind_of(find(settings, "mine").tasks[0])


def test_a_task_that_is_taken_over_keeps_its_examples_or_has_others(settings: Settings) -> None:
    (one,) = sums(settings, FROM_DEV).tasks
    of_it = '[[tasks]]\nname = "some"\nfrom = "mine/t"\nlimit = 4\n'

    def taken(more: str) -> Task:
        write_suite(own(settings, "two"), of_it + more, few=dev(2, first=200))
        return find(settings, "two").tasks[0]

    assert shown(taken("")) == shown(one)[:4]
    assert shown(taken("shots = 0\n")) == [[]] * 4
    assert [ids[:3] for ids in shown(taken("shots = 5\n"))] == shown(one)[:4], "more of the same draw"
    assert {len(ids) for ids in shown(taken("shots = 5\n"))} == {5}
    others = taken('shots = 2\ndraw = "first"\nexamples = "few.jsonl"\n')
    assert shown(others) == [["d200", "d201"]] * 4
    assert others.shots is not None
    assert others.shots.source == "few.jsonl"
    assert {name for ids in shown(taken('shots = 2\nexamples = "items"\n')) for name in ids} <= {
        str(n) for n in range(20)
    }


# How the model sees them


@pytest_asyncio.fixture
async def subject(answerer: Answerer, tmp_path: Path) -> AsyncIterator[Subject]:
    async with opened(answerer.settings(tmp_path / "home"), MODEL) as asked:
        answerer.requests.clear()
        yield asked


POOL = (
    item("d1", question="One?", expected=("1", "one")),
    item("d2", question="Two?", expected=("2",), worked="One and one.\nThe answer is 2."),
)


async def test_short_answers_see_examples_as_turns_behind_what_the_system_says(
    answerer: Answerer, subject: Subject
) -> None:
    answerer.answer = lambda _: "3"
    asked = item(question="Three?", expected=("3",))
    task = drawn(asked, pool=POOL, count=2, draw="first")
    kind = kind_of(replace(task, options={"system": "Be brief."}))
    (asked,) = task.items
    assert kind.score(asked, await kind.ask(asked, subject)).value == 1.0
    assert answerer.requests[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Two?"},
        {"role": "assistant", "content": "One and one.\nThe answer is 2."},
        {"role": "user", "content": "Three?"},
    ]


@pytest.mark.parametrize(("language", "word"), [("", "Answer:"), ("fr", "Réponse :"), ("de", "Answer:")])
async def test_or_in_one_message(language: str, word: str, answerer: Answerer, subject: Subject) -> None:
    asked = item(question="Three?", expected=("3",), language=language)
    task = drawn(asked, pool=POOL, count=2, draw="first", layout="message")
    await kind_of(task).ask(task.items[0], subject)
    (message,) = answerer.requests[0]["messages"]
    assert message == {
        "role": "user",
        "content": f"One?\n\n{word} 1\n\nTwo?\n\n{word} One and one.\nThe answer is 2.\n\nThree?",
    }


CAPITALS = (
    item("d1", question="Capital of Italy?", choices=("Milan", "Rome"), expected=("Rome",)),
    item("d2", question="", text="The capital of Spain is", choices=("Madrid", "Vigo"), expected=("Madrid",)),
)
PARIS = item(question="Capital of France?", choices=("Lyon", "Paris", "Nice"), expected=("Paris",))


async def test_a_choice_by_letters_sees_letters(answerer: Answerer, subject: Subject) -> None:
    answerer.top = {"B": 0.9}
    task = drawn(PARIS, pool=CAPITALS, kind="choice", count=2, draw="first")
    answer = await kind_of(task).ask(task.items[0], subject)
    assert (answer.text, answer.extra["form"]) == ("Paris", "letters")
    messages = answerer.requests[0]["messages"]
    told = "Answer with the letter of the right choice and nothing else."
    assert [message["content"] for message in messages] == [
        f"Capital of Italy?\n\nA. Milan\nB. Rome\n\n{told}",
        "B",
        f"The capital of Spain is\n\nA. Madrid\nB. Vigo\n\n{told}",
        "A",
        f"Capital of France?\n\nA. Lyon\nB. Paris\nC. Nice\n\n{told}",
    ]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2 + ["user"]


async def test_a_cloze_goes_on_from_them(answerer: Answerer, tmp_path: Path) -> None:
    answerer.echoes = True
    asked = item(question="", text="The capital of France is", choices=("Lyon", "Paris"), expected=("Paris",))
    task = drawn(asked, pool=CAPITALS, kind="choice", count=2, draw="first")
    kind = kind_of(replace(task, options={"form": "cloze"}))
    async with opened(answerer.settings(tmp_path / "home"), MODEL) as subject:
        answerer.requests.clear()
        answer = await kind.ask(task.items[0], subject)
    before = "Capital of Italy?\nRome\n\nThe capital of Spain is Madrid\n\nThe capital of France is"
    assert [each["prompt"] for each in answerer.requests] == [f"{before} Lyon", f"{before} Paris"]
    assert answer.extra["form"] == "cloze"
    # The stub gives each word a half, and only the choice's own word counts.
    assert answer.log_probabilities == pytest.approx([-0.6931, -0.6931], abs=1e-4)


# The evaluation


async def ran(settings: Settings, suite: Suite, version: str = "") -> Evaluation:
    async with opened(settings, MODEL) as subject:
        assert isinstance(subject, Asked)
        known = Asked(name=MODEL, version=version, at_once=subject.at_once, send=subject.send)
        return await run(settings, suite, known, Options())


async def test_the_draw_stands_in_the_result(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    suite = sums(settings, FROM_DEV + "seed = 4\n")
    evaluation = await ran(settings, suite)
    assert evaluation.metrics[0].value == 1.0
    assert "t: examples before each item: 3, drawn from dev.jsonl with seed 4" in evaluation.notes
    kept = {"count": 3, "source": "dev.jsonl", "draw": "seeded", "seed": 4, "layout": "turns"}
    assert evaluation.shots == {"t": kept}
    assert Evaluation.from_json(json.loads(json.dumps(evaluation.to_json()))) == evaluation
    rows = read_items(folder_of(settings, evaluation.id))
    assert [row.extra["examples"] for row in rows] == shown(suite.tasks[0])
    assert rows[4].prompt == "4 + 4?"
    asked = next(each for each in answerer.requests if each.get("messages", [{}])[-1].get("content") == "4 + 4?")
    assert len(asked["messages"]) == 7
    write_suite(own(settings), task_table("t", "answer", "items", NUMERIC), items=additions(3))
    plain = await ran(settings, find(settings, "mine"))
    assert (plain.shots, plain.notes) == ({}, ())


def test_the_draw_in_words() -> None:
    shots = Shots(count=5, source="dev.csv", draw="first", layout="message")
    assert examples.told("law", shots) == [
        "law: examples before each item: 5, the first of dev.csv", "law: examples and question are one message",
    ]  # fmt: skip
    assert examples.told("law", Shots(count=2, source=examples.OWN)) == [
        "law: examples before each item: 2, drawn from the task's other items with seed 0"
    ]


async def test_an_answer_is_known_by_its_examples(answerer: Answerer, tmp_path: Path) -> None:
    settings, answerer.answer = answerer.settings(tmp_path / "home"), lambda _: "It is 1."
    await ran(settings, sums(settings, FROM_DEV), "a" * 64)
    answerer.requests.clear()
    await ran(settings, sums(settings, FROM_DEV), "a" * 64)
    assert answerer.asked == []
    for more in (
        FROM_DEV + "seed = 1\n",
        FROM_DEV + 'layout = "message"\n',
        'shots = 2\nexamples = "dev.jsonl"\n',
        "",
    ):
        answerer.requests.clear()
        await ran(settings, sums(settings, more), "a" * 64)
        assert len(answerer.asked) >= 18, more  # two seeds may draw the same three in the same order


def test_the_key_of_an_answer_has_what_is_shown_and_not_what_it_is_called() -> None:
    asked = item(question="Three?", expected=("3",))

    def key(*pool: Item, **more: Any) -> str:
        task = drawn(asked, pool=pool, count=2, draw="first", **more)
        return hash_of(task, task.items[0])

    one, two = POOL
    assert key(one, two) == key(item("other", question="One?", expected=("1", "one")), two)
    assert key(one, two) == key(one, two, seed=3)
    assert key(one, two) != key(two, one)
    assert key(one, two) != key(one, two, layout="message")
    assert key(one, two) != key(item("d1", question="One?", expected=("1", "one"), worked="So 1."), two)
    plain = Task(name="t", kind="answer", languages=("en",), items=(asked,))
    assert hash_of(plain, asked) not in {key(one, two), key(one, two, layout="message")}
    assert hash_of(plain, asked) == hash_of(plain, item(question="Three?", expected=("3",), worked="3, then."))


async def test_what_does_not_fit_counts_as_wrong_and_the_note_says_why(answerer: Answerer, tmp_path: Path) -> None:
    settings = answerer.settings(tmp_path / "home")
    suite = sums(settings, FROM_DEV, count=4)

    async def too_long(operation: Any, body: Any) -> dict[str, Any]:
        if body["messages"][-1]["content"] == "2 + 2?":
            raise ContextLengthExceeded("the prompt has {tokens} tokens", tokens=9000)
        text = added(body["messages"])
        return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {}}

    evaluation = await run(settings, suite, Asked(name=MODEL, version="", at_once=1, send=too_long))
    assert (evaluation.errors, evaluation.metrics[0].value) == (1, 0.75)
    assert "t: items that do not fit the model's context with their examples: 1" in evaluation.notes


# --shots


def test_the_command_says_how_many(settings: Settings) -> None:
    sums(settings, 'examples = "dev.jsonl"\n')
    plain = find(settings, "mine")
    assert shown(plain.tasks[0]) == [[]] * 20
    more = find(settings, "mine", shots=3)
    assert more.sha256 != plain.sha256
    assert (plain.name, more.name) == ("mine", "mine-3-shot"), "whoever goes by the name takes neither for the other"
    assert more.sha256 == sums(settings, FROM_DEV).sha256
    assert shown(more.tasks[0]) == shown(find(settings, "mine").tasks[0])
    assert find(settings, "mine", shots=3).name == "mine", "as many as it says"
    none = find(settings, "mine", shots=0)
    assert (none.name, none.sha256, shown(none.tasks[0])) == ("mine-0-shot", plain.sha256, [[]] * 20)


def test_the_command_leaves_tasks_alone_that_take_none(settings: Settings) -> None:
    with_text = task_table("t", "answer", "items", 'examples = "dev.jsonl"\n') + task_table(
        "text", "bits_per_byte", "text"
    )
    write_suite(own(settings), with_text, items=additions(2), dev=dev(3), text=[{"id": "1", "text": "a b"}])
    suite = find(settings, "mine", shots=2)
    assert [len(task.items[0].examples) for task in suite.tasks] == [2, 0]
    write_suite(own(settings), task_table("text", "bits_per_byte", "text"), text=[{"id": "1", "text": "a b"}])
    with pytest.raises(InvalidRequest, match="no task of the suite mine takes examples"):
        find(settings, "mine", shots=2)
    assert find(settings, "mine", shots=0).tasks[0].items[0].examples == ()


def test_the_command_s_wrong_words_are_said(settings: Settings) -> None:
    with pytest.raises(DataError, match="knowledge-en does not say where its examples come from"):
        find(settings, "core", shots=5)
    sums(settings, FROM_DEV)
    with pytest.raises(InvalidRequest, match="the suite mine says itself where its examples come from"):
        find(settings, "mine", shots=2, examples="train.jsonl")
    for shots in (None, 0):
        with pytest.raises(InvalidRequest, match="examples are named, and not how many"):
            find(settings, "mine", shots=shots, examples="train.jsonl")
    with pytest.raises(DataError, match=r"has 12 examples in dev.jsonl, and 13 are wanted"):
        find(settings, "mine", shots=13)
