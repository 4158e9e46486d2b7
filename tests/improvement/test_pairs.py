"""Duplicates go, contradictions are decided by people or by nobody, and pairs become single answers."""

from causerie.data.contract import Message
from causerie.improvement.contract import Statement
from causerie.improvement.pairs import clean, for_method, method_for
from tests.improvement.said import ids, statement, thumb

LONG = "the tide comes and goes twice a day because the moon and the sun pull at the water of the sea in turn"


def pair(person: str, better: str, worse: str, asked: str = "what comes after red?") -> Statement:
    return statement(person_id=person, better=better, worse=worse, asked=asked)


def test_the_first_of_the_same_stays_whatever_spaces_and_capitals() -> None:
    first = pair("person_a", "Green.", "Blue.")
    again = pair("person_b", "green. ", "BLUE.", "What comes   after red?")
    other = pair("person_b", "green.", "white.")
    found = clean([first, again, other])
    assert found.kept == [first, other]
    assert found.left_out == {"said before": 1}


def test_what_is_nearly_the_same_goes_too_but_not_its_opposite() -> None:
    first = pair("person_a", LONG, "nobody knows", "why is there a tide?")
    nearly = pair("person_b", LONG + " indeed", "nobody knows", "why is there a tide?")
    short = pair("person_b", "the moon pulls", LONG, "why is there a tide?")
    found = clean([first, nearly, short])
    assert found.kept == [first, short]
    assert found.left_out == {"nearly the same was said before": 1}


def test_a_pair_whose_answers_are_the_same_says_nothing() -> None:
    found = clean([pair("person_a", "Green", " green")])
    assert (found.kept, found.left_out) == ([], {"the two answers are the same": 1})


def test_where_people_contradict_each_other_two_thirds_decide_or_nobody() -> None:
    right = [pair(f"person_{n}", "green", "blue") for n in range(2)]
    wrong = pair("person_x", "blue", "green")
    assert clean([wrong, *right]).kept == right[:1]
    assert clean([wrong, right[0]]).kept == []
    assert clean([wrong, right[0]]).left_out == {"people contradict each other": 2}
    loud = [pair("person_x", "blue", "green") for _ in range(9)]
    assert clean([*loud, *right]).kept == right[:1], "people are counted, not what they say"


def test_thumbs_on_the_same_answer_contradict_each_other_too() -> None:
    up, down = (thumb(good=good, answer="green", asked="q", person_id=f"person_{good}") for good in (True, False))
    assert clean([up, down]).kept == []
    elsewhere = thumb(good=False, answer="green", asked="another question")
    assert clean([up, elsewhere]).kept == [up, elsewhere]


def test_what_stands_before_the_question_makes_it_another() -> None:
    before = (Message("user", "In French."), Message("assistant", "Oui."), Message("user", "q"))
    one, two = statement(asked="q", better="a", worse="b"), statement(messages=before, better="b", worse="a")
    assert clean([one, two]).kept == [one, two]


def test_pairs_are_learnt_where_there_are_enough_of_them() -> None:
    mixed = [*(statement() for _ in range(5)), *(thumb(good=True) for _ in range(50))]
    assert method_for(mixed, "auto", 5) == "dpo"
    assert method_for(mixed, "auto", 6) == "kto"
    assert method_for(mixed, "dpo", 6) == "dpo"
    assert all(each.is_pair for each in for_method(mixed, "dpo"))


def test_a_pair_is_two_single_answers_of_which_none_is_said_twice() -> None:
    one = pair("person_a", "green", "blue")
    two = pair("person_a", "green", "white")
    up = thumb(good=True, answer="Green", asked="what comes after red?")
    single = for_method([one, two, up], "kto")
    assert [(each.better, each.worse) for each in single] == [("green", ""), ("", "blue"), ("", "white")]
    assert len(ids(single)) == 3
    torn = for_method([one, pair("person_b", "blue", "white")], "kto")
    assert [(each.better, each.worse) for each in torn] == [("green", ""), ("", "white")], "blue is good and bad"


def test_nothing_is_nothing() -> None:
    assert clean([]).kept == []
    assert for_method([], "kto") == []
