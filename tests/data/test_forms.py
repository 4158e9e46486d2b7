"""Conversations, preferences and judgements are read from every form; what is none is put aside with a reason."""

from typing import Any

import pytest

from causerie.data.contract import Conversation, Document, Judgement, Message, Preference, Removed, Sample
from causerie.data.forms.table import TABLE, Form
from causerie.data.records import line_of, sample_of

QUESTION = {"role": "user", "content": "Why?"}
ANSWER = {"role": "assistant", "content": "Because."}


def made(form: Form, *rows: dict[str, Any]) -> list[Sample | Removed]:
    return list(TABLE[form][0]((f"r{number}", row) for number, row in enumerate(rows)))


def said(sample: Sample | Removed) -> list[tuple[str, str]]:
    assert isinstance(sample, Conversation), sample
    return [(message.role, message.content) for message in sample.messages]


def reason(form: Form, row: dict[str, Any]) -> str:
    (found,) = made(form, row)
    assert isinstance(found, Removed), found
    return found.reason


def test_documents_keep_their_language_and_short_facts() -> None:
    (found,) = made("documents", {"text": "Bonjour", "lang": "fr", "title": "T", "long": "x" * 300, "n": 3})
    assert found == Document(id="r0", text="Bonjour", language="fr", meta={"title": "T"})
    assert reason("documents", {"content": "x"}) == "no field `text`"
    assert reason("documents", {"text": " \n"}) == "empty"


def test_openai_messages() -> None:
    parts = {"role": "user", "content": [{"type": "text", "text": "Wh"}, {"type": "text", "text": "y?"}]}
    (found,) = made("messages", {"messages": [{"role": "developer", "content": "Be kind."}, parts, ANSWER, QUESTION]})
    assert said(found) == [("system", "Be kind."), ("user", "Why?"), ("assistant", "Because.")]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (None, "no list of messages"),
        (["x"], "no list of messages"),
        ([QUESTION], "no answer"),
        ([], "no answer"),
        ([ANSWER], "an answer before any question"),
        ([QUESTION, {"role": "assistant", "content": " "}], "an empty message"),
        ([{"role": "wizard", "content": "x"}, ANSWER], "an unknown role: wizard"),
        ([QUESTION, {"role": "assistant", "content": None}], "a message that is not text"),
        ([{"role": "user", "content": [{"type": "image_url"}]}, ANSWER], "a message that is not text"),
    ],
)
def test_what_is_no_conversation_says_why(messages: object, expected: str) -> None:
    assert reason("messages", {"messages": messages}) == expected


def test_sharegpt() -> None:
    turns = [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}]
    (found,) = made("sharegpt", {"conversations": turns, "system": "Be kind."})
    assert said(found) == [("system", "Be kind."), ("user", "Why?"), ("assistant", "Because.")]
    assert said(made("sharegpt", {"conversation": turns})[0])[0] == ("user", "Why?")
    assert reason("sharegpt", {"messages": []}) == "no list of messages"


def test_alpaca_and_dolly() -> None:
    alpaca = {"instruction": "Add.", "input": "1 2", "output": "3", "system": "S", "history": [["a", "b"]]}
    dolly = {"instruction": "Who?", "context": "", "response": "Me."}
    first, second, third = made("alpaca", alpaca, dolly, {"input": "x"})
    assert said(first) == [
        ("system", "S"), ("user", "a"), ("assistant", "b"), ("user", "Add.\n\n1 2"), ("assistant", "3"),
    ]  # fmt: skip
    assert said(second) == [("user", "Who?"), ("assistant", "Me.")]
    assert isinstance(third, Removed)


def message(own: Any, parent: Any, role: str, rank: Any = None, **more: Any) -> dict[str, Any]:
    facts = {"message_id": own, "parent_id": parent, "role": role, "rank": rank, "text": own, "lang": "en"}
    return facts | more


TREE = [
    message("a2", "q", "assistant", 1),
    message("q", None, "prompter"),
    message("a1", "q", "assistant", 0),
    message("spam", "q", "assistant", 0, deleted=True),
    message("q2", "a1", "prompter", 0),
    message("b1", "q2", "assistant"),
    message("b2", "q2", "assistant"),
    message("orphan", "nowhere", "assistant"),
]


REFUSED = [Removed("deleted or refused", "spam"), Removed("a reply to what is not there", "orphan")]


def test_openassistant_takes_the_best_way_down_and_pairs_by_rank() -> None:
    *refused, found = made("openassistant", *TREE)
    assert refused == REFUSED
    assert said(found) == [("user", "q"), ("assistant", "a1"), ("user", "q2"), ("assistant", "b1")]
    assert isinstance(found, Conversation)
    assert found.language == "en"
    *refused, pair = made("openassistant-pairs", *TREE)
    assert refused == REFUSED
    assert isinstance(pair, Preference)
    assert (pair.messages, pair.chosen, pair.rejected) == ((Message("user", "q"),), "a1", "a2")


def test_openassistant_trees_with_replies_are_the_same() -> None:
    def nested(own: str) -> dict[str, Any]:
        row = next(each for each in TREE if each["message_id"] == own)
        return row | {"replies": [nested(each["message_id"]) for each in TREE if each["parent_id"] == own]}

    tree = {"message_tree_id": "q", "prompt": nested("q")}
    for form in ("openassistant", "openassistant-pairs"):
        assert [each for each in made(form, tree) if not isinstance(each, Removed)] == made(form, *TREE)[2:]


def test_openassistant_as_tables_have_it() -> None:
    text = [
        message("q", "", "prompter", ""),
        message("a", "q", "assistant", "1"),
        message("b", "q", "assistant", "0"),
    ]
    for rows in (text, [row | {"rank": float(row["rank"])} if row["rank"] else row for row in text]):
        (found,) = made("openassistant", *rows)
        assert said(found) == [("user", "q"), ("assistant", "b")]
    numbered = [message(0, None, "prompter"), message(1, 0, "assistant")]
    for row in numbered:
        row["text"] = "x"
    assert len(said(made("openassistant", *numbered)[0])) == 2


JUNK: list[Any] = [
    None,
    5,
    1.5,
    True,
    "x",
    [],
    {},
    [1],
    [[]],
    ["x"],
    [None],
    {"a": 1},
    [["a", "b", "c"]],
    [{"role": []}],
]


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("documents", {"text": "a", "language": "en"}),
        ("messages", {"messages": [QUESTION, ANSWER]}),
        (
            "sharegpt",
            {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "s"},
        ),
        ("alpaca", {"instruction": "a", "input": "b", "output": "c", "system": "s", "history": []}),
        ("openassistant", message("m", None, "prompter", 0, replies=[], deleted=False, review_result=True)),
        ("openassistant-pairs", message("m", None, "prompter", 0, replies=[], prompt=None)),
        ("preferences", {"prompt": "a", "chosen": "b", "rejected": "c"}),
        ("preferences", {"input": {}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]}),
        ("judgements", {"prompt": "a", "answer": "b", "completion": "b", "label": True, "rating": 1}),
        ("feedback", {"prompt": [QUESTION], "chosen": "b", "rejected": "c", "source": "vote"}),
    ],
)
def test_a_field_with_anything_in_it_is_no_fault(form: Form, row: dict[str, Any]) -> None:
    for name in row:
        for junk in JUNK:
            for sample in made(form, row | {name: junk}):
                assert isinstance(sample, Removed) or sample_of(line_of(sample), TABLE[form][1]) == sample


def test_preferences_in_four_forms() -> None:
    trl = {"prompt": "Why?", "chosen": "Because.", "rejected": "No."}
    listed = {
        "prompt": [QUESTION],
        "chosen": [ANSWER],
        "rejected": [{"role": "assistant", "content": "No."}],
    }
    whole = {"chosen": [QUESTION, ANSWER], "rejected": [QUESTION, {"role": "assistant", "content": "No."}]}
    openai = {
        "input": {"messages": [QUESTION]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }
    hh = {"chosen": "\n\nHuman: Why?\n\nAssistant: Because.", "rejected": "\n\nHuman: Why?\n\nAssistant: No."}
    for found in made("preferences", trl, listed, whole, openai, hh):
        assert isinstance(found, Preference), found
        assert (found.messages, found.chosen, found.rejected) == ((Message("user", "Why?"),), "Because.", "No.")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"prompt": "Why?", "chosen": "x", "rejected": "x"}, "two equal answers"),
        ({"prompt": "Why?", "chosen": "x", "rejected": " "}, "an empty answer"),
        ({"prompt": [ANSWER], "chosen": "x", "rejected": "y"}, "no question"),
        ({"chosen": "x", "rejected": "y"}, "no transcript of Human and Assistant"),
        ({"chosen": [QUESTION], "rejected": [QUESTION]}, "no answer"),
        ({"chosen": [QUESTION, ANSWER], "rejected": [ANSWER]}, "the two conversations differ before the answer"),
        ({"input": {}, "preferred_output": [ANSWER]}, "no list of messages"),
    ],
)
def test_what_is_no_pair_says_why(row: dict[str, Any], expected: str) -> None:
    assert reason("preferences", row) == expected


def test_judgements() -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "Why?", "completion": [ANSWER], "label": False},
        {"prompt": [QUESTION], "answer": "Because.", "rating": 1},
        {"prompt": [QUESTION], "answer": "Because.", "rating": -1},
    ]
    found = [sample for sample in made("judgements", *rows) if isinstance(sample, Judgement)]
    assert [(sample.answer, sample.good) for sample in found] == [
        ("Because.", False),
        ("Because.", True),
        ("Because.", False),
    ]
    assert reason("judgements", {"prompt": "Why?", "answer": "x"}) == "no `label` and no `rating`"
    assert reason("judgements", {"prompt": [], "answer": "x", "rating": 1}) == "no question"
    assert reason("judgements", {"prompt": "Why?", "answer": "", "rating": 1}) == "an empty answer"
    assert reason("judgements", {"prompt": "Why?", "answer": None, "rating": 1}) == "a message that is not text"


def test_our_feedback_forgets_who_said_it() -> None:
    row = {
        "source": "vote", "person_id": "p-123", "question_id": "q-1", "prompt": [QUESTION], "chosen": "Because.",
        "rejected": "No.", "chosen_model": None, "rejected_model": "small", "at": "2026-01-01",
    }  # fmt: skip
    (found,) = made("feedback", row)
    assert isinstance(found, Preference)
    assert found.meta == {"how": "vote", "rejected_model": "small"}
    assert "p-123" not in str(found)
    assert reason("feedback", {"prompt": "x"}) == "no list of messages"


@pytest.mark.parametrize("form", list(TABLE))
def test_a_row_of_another_form_is_put_aside_not_a_fault(form: Form) -> None:
    assert isinstance(made(form, {"something": "else"})[0], Removed)
