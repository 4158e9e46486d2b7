"""What is held out is never learnt, however it is connected; what is written is what training reads."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from causerie.data import card
from causerie.data.card import StepFacts
from causerie.data.contract import Judgement, Message, Preference
from causerie.data.records import samples
from causerie.improvement.contract import Method, Statement
from causerie.improvement.poisoning import question_key
from causerie.improvement.training_set import LICENCE, parted, write_set
from tests.improvement.said import ids, statement, thumb

STEPS = [StepFacts("personal-data", {}, 40, 0, {}, {"email": 2}, 0)]


def many(people: int, talks: int, each: int) -> list[Statement]:
    """Of each person so many conversations with so many statements."""
    return [
        statement(person_id=f"person_{p}", conversation_id=f"conv_{p}_{talk}", asked=f"question {p} {talk} {n}")
        for p in range(people)
        for talk in range(talks)
        for n in range(each)
    ]


@pytest.mark.parametrize(
    ("people", "apart"),
    [(3, lambda each: each.conversation_id), (20, lambda each: each.person_id)],
    ids=["few: by conversation", "many: by person"],
)
def test_what_belongs_together_is_learnt_or_held_out_together(people: int, apart: Callable[[Statement], str]) -> None:
    statements = many(people, 10, 3)
    learnt, held = parted(statements, 0.2)
    assert ids(learnt) | ids(held) == ids(statements)
    assert not {apart(each) for each in learnt} & {apart(each) for each in held}
    assert 0.15 * len(statements) < len(held) < 0.31 * len(statements)


def test_the_same_question_in_two_conversations_does_not_leak() -> None:
    statements = [statement(asked=f"Question {number % 25}?") for number in range(100)]
    learnt, held = parted(statements, 0.2)
    assert held
    assert not {question_key(each) for each in learnt} & {question_key(each) for each in held}


def test_what_is_held_out_is_the_same_each_time_and_mostly_stays_when_more_is_said() -> None:
    statements = many(3, 40, 1)
    held = ids(parted(statements, 0.2)[1])
    assert ids(parted(list(reversed(statements)), 0.2)[1]) == held
    more = ids(parted([*statements, *many(5, 40, 1)[120:]], 0.2)[1])
    assert len(held & more) > 0.4 * len(held)


def test_a_group_that_is_nearly_everything_is_learnt() -> None:
    giant = [statement(conversation_id="conv_one") for _ in range(90)]
    rest = many(2, 10, 1)
    learnt, held = parted([*giant, *rest], 0.2)
    assert ids(giant) <= ids(learnt)
    assert held
    assert parted([statement(conversation_id="conv_one") for _ in range(9)], 0.2)[1] == []


def read(folder: Path, kind: str, split: str) -> Sequence[object]:
    return list(samples(folder, kind, split))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["dpo", "kto"])
def test_a_data_folder_says_nothing_of_who_said_it(tmp_path: Path, method: Method) -> None:
    if method == "dpo":
        learnt, held = [statement(better="good", worse="bad")], [statement()]
    else:
        learnt, held = [thumb(good=True, answer="good"), thumb(good=False, answer="bad")], [thumb(good=True)]
    made = write_set(tmp_path / "data", learnt, held, method, STEPS)
    assert (made.learnt, made.held_out, made.people) == (len(learnt), 1, 1)
    found = read(tmp_path / "data", made.kind, "train")
    if method == "dpo":
        (sample,) = found
        assert isinstance(sample, Preference)
        assert (sample.messages, sample.chosen, sample.rejected) == (learnt[0].messages, "good", "bad")
        assert sample.messages == (Message("user", learnt[0].messages[0].content),)
    else:
        assert [(each.answer, each.good) for each in found if isinstance(each, Judgement)] == [
            ("good", True),
            ("bad", False),
        ]
    assert len(read(tmp_path / "data", made.kind, "validation")) == 1
    known = card.read_card(tmp_path / "data")
    card.verify(known, tmp_path / "data")
    assert (known.sources[0].licence, known.data_sha256, known.steps[0].edited) == (
        LICENCE,
        made.sha256,
        {"email": 2},
    )
    everything = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"person_a" not in everything
    assert all(b"person_a" not in repr(each).encode() for each in found)


def test_the_same_set_has_the_same_hash(tmp_path: Path) -> None:
    statements = many(2, 4, 2)
    made = [write_set(tmp_path / name, statements[:8], statements[8:], "dpo", STEPS) for name in ("one", "two")]
    assert made[0].sha256 == made[1].sha256
    assert made[0].sha256 != write_set(tmp_path / "three", statements[:7], statements[8:], "dpo", STEPS).sha256
