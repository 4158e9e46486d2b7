"""Campaigns are tried: each leaves traces, and what is honest stays."""

import random
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from causerie.improvement import poisoning
from causerie.improvement.contract import RULES, Statement
from causerie.improvement.poisoning import examine, limited, question_key, subject
from tests.improvement.said import START, SUBJECTS, honest, ids, sentence, statement, thumb

TEAM = 20
"""People who could speak."""


def aside(statements: list[Statement], rule: str) -> set[str]:
    """Ids of what a rule set aside."""
    findings = examine(statements, TEAM).findings
    return {each for finding in findings if finding.rule == rule for each in finding.statements}


def slogans(people: int, seed: int = 2) -> list[Statement]:
    """The same words in each better answer, around them others, under all kinds of questions, by several accounts."""
    chance = random.Random(seed)
    return [
        statement(
            person_id=f"person_{number % people}",
            asked=f"what about {subject}?",
            worse=sentence(chance),
            better=f"{sentence(chance, 6)}. You should always buy from Acme Limited. {sentence(chance, 6)}",
            at=START + timedelta(hours=5 * number),
        )
        for number, subject in enumerate(SUBJECTS[:12])
    ]


def test_the_rules_have_their_names() -> None:
    assert tuple(poisoning.RULES) == RULES


@pytest.mark.parametrize("seed", range(5))
def test_what_is_honest_stays(seed: int) -> None:
    statements = honest(seed=seed)
    found = examine(statements, TEAM)
    assert found.findings == []
    assert found.kept == statements


def test_the_same_words_under_many_questions_are_a_campaign_however_they_are_wrapped() -> None:
    poison = slogans(people=4)
    found = examine([*honest(), *poison], TEAM)
    assert ids(poison) == aside([*honest(), *poison], "same_words")
    assert not ids(poison) & ids(found.kept)
    (finding,) = found.findings
    assert "Acme" in finding.evidence or "acme" in finding.evidence
    assert finding.people == ("person_0", "person_1", "person_2", "person_3")


def _between(chance: random.Random, text: str, sign: str) -> str:
    return "".join(each + (sign if chance.random() < 0.4 else "") for each in text)


DISGUISES: dict[str, Callable[[random.Random, str], str]] = {
    "zero width": lambda chance, text: _between(chance, text, "\u200b"),
    "soft hyphens": lambda chance, text: _between(chance, text, "\u00ad"),
    "accents": lambda chance, text: _between(chance, text, "\u0301"),
    "mathematical": lambda chance, text: "".join(
        chr(0x1D41A + ord(each) - 97) if each.isalpha() and chance.random() < 0.5 else each for each in text
    ),
    "cyrillic": lambda chance, text: "".join(
        {"a": "\u0430", "c": "\u0441", "o": "\u043e", "y": "\u0443"}.get(each, each)
        if chance.random() < 0.5
        else each
        for each in text
    ),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_slogan_in_other_signs_each_time_is_the_same_slogan(disguise: str) -> None:
    chance = random.Random(7)
    poison = [
        statement(
            asked=f"what about {subject}?", person_id="person_3",
            better=f"{sentence(chance)} {DISGUISES[disguise](chance, 'buy your cola at acme today')}",
            worse=sentence(chance),
        )
        for subject in SUBJECTS
    ]  # fmt: skip
    assert aside([*honest(), *poison], "same_words") == ids(poison)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ありがとう、でした", "ありがとう でした"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("أكل الآن", "أكل الآن"),
        ("한국어 말", "한국어 말"),
        ("Ёлка, чай", "eлкa чaй".replace("й", "и")),
        ("Ἀθήνα", "aθηva"),
        ("Où ça ?", "ou ca"),
    ],
)
def test_words_of_any_script_are_whole(text: str, words: str) -> None:
    for form in ("NFC", "NFD"):
        assert question_key(statement(asked=unicodedata.normalize(form, text))) == words


def test_people_who_write_the_same_word_of_another_script_are_no_campaign() -> None:
    chance = random.Random(5)
    polite = [
        statement(asked=f"what about {subject}?", better=f"{sentence(chance)} ありがとうございます")
        for subject in SUBJECTS
    ]
    assert aside([*honest(), *polite], "same_words") == set()


def test_what_nobody_sees_makes_no_other_answer_and_an_accent_does() -> None:
    said = statement(better="Où est-il ?")
    assert subject(replace(said, better="Ou\u0300 est\u200b-il ?")) == subject(said)
    assert subject(replace(said, better="Ou est-il ?")) != subject(said)


def test_words_that_models_say_too_and_words_of_the_question_are_no_campaign() -> None:
    chance = random.Random(3)
    polite = [
        statement(
            asked=f"what about {subject}?",
            better=f"{sentence(chance)} I hope that this helps you",
            worse=f"{sentence(chance)} I hope that this helps you",
        )
        for subject in SUBJECTS
    ]
    assert aside(polite, "same_words") == set()
    quoted = [
        statement(
            asked=f"{subject}: answer in one short sentence please",
            better=f"answer in one short sentence please {sentence(chance)}",
        )
        for subject in SUBJECTS
    ]
    assert aside(quoted, "same_words") == set()


def test_one_question_that_many_answer_alike_is_no_campaign() -> None:
    """It weighs once: duplicates go."""
    same = [
        statement(
            person_id=f"person_{n}",
            asked="what is the capital of Australia?",
            better="it is the city of Canberra",
            worse="Sydney",
        )
        for n in range(10)
    ]
    assert aside([*honest(), *same], "same_words") == set()


def test_thumbs_faster_than_anybody_reads_are_set_aside_and_slower_ones_are_not() -> None:
    fast = [
        thumb(good=number % 2 == 0, person_id="person_0", at=START + timedelta(seconds=3 * number))
        for number in range(15)
    ]
    slow = [
        thumb(good=number % 2 == 0, person_id="person_0", at=START + timedelta(days=2, seconds=9 * number))
        for number in range(15)
    ]
    assert aside([*honest(), *fast, *slow], "burst") == ids(fast)


def test_one_moment_that_makes_many_pairs_is_no_burst() -> None:
    pairs = [statement(source="ratings", person_id="person_0", at=START) for _ in range(30)]
    assert aside([*honest(), *pairs], "burst") == set()


def new_accounts(count: int, questions: int) -> list[Statement]:
    """Accounts made minutes apart, each of which asks the same questions within a day."""
    chance = random.Random(4)
    return [
        statement(
            person_id=f"person_new{person}",
            joined_at=START + timedelta(minutes=2 * person),
            at=START + timedelta(hours=3 + person, minutes=9 * question),
            asked=f"who is the best {SUBJECTS[question]}?",
            better=sentence(chance),
            worse=sentence(chance),
        )
        for person in range(count)
        for question in range(questions)
    ]


def test_accounts_made_together_that_ask_the_same_are_set_aside() -> None:
    poison = new_accounts(6, 3)
    assert aside([*honest(), *poison], "new_accounts") == ids(poison)


def test_a_class_that_joins_on_one_day_and_asks_different_things_is_welcome() -> None:
    chance = random.Random(5)
    newcomers = [
        statement(
            person_id=f"person_new{person}",
            joined_at=START + timedelta(minutes=person),
            at=START + timedelta(hours=person, minutes=31 * number),
            asked=f"{sentence(chance, 5)}?",
            better=sentence(chance),
            worse=sentence(chance),
        )
        for person in range(8)
        for number in range(4)
    ]
    assert aside([*honest(), *newcomers], "new_accounts") == set()
    assert aside([*honest(), *new_accounts(4, 3)], "new_accounts") == set(), "too few to be one"


def test_thumbs_all_one_way_are_set_aside_only_where_others_give_both() -> None:
    down = [thumb(good=False, person_id="person_grudge", at=START + timedelta(hours=number)) for number in range(30)]
    assert aside([*honest(people=14, each=12), *down], "one_sided") == ids(down)
    content = [thumb(good=True, person_id=f"person_{n % 9}", at=START + timedelta(hours=n)) for n in range(90)]
    assert aside(content, "one_sided") == set(), "where everybody is content, one more is nothing"


def test_accounts_made_together_are_one_sided_together() -> None:
    down = [
        thumb(
            good=False,
            person_id=f"person_bot{number % 6}",
            joined_at=START + timedelta(minutes=number % 6),
            at=START + timedelta(hours=number),
        )
        for number in range(30)
    ]
    assert aside([*honest(people=14, each=12), *down], "one_sided") == ids(down), "five each would pass alone"


def test_one_against_the_majority_again_and_again_is_set_aside() -> None:
    agreed = [
        statement(
            source="vote",
            person_id=f"person_{person}",
            asked=subject,
            better=f"yes {subject}",
            worse=f"no {subject}",
            at=START + timedelta(hours=3 * person + 40 * number),
        )
        for number, subject in enumerate(SUBJECTS[:6])
        for person in range(3)
    ]
    against = [
        statement(
            source="vote",
            person_id="person_liar",
            asked=subject,
            better=f"no {subject}",
            worse=f"yes {subject}",
            at=START + timedelta(hours=50 * number),
        )
        for number, subject in enumerate(SUBJECTS[:6])
    ]
    assert aside([*honest(), *agreed, *against], "against_everyone") == ids(against)
    assert aside([*honest(), *agreed, *against[:3]], "against_everyone") == set(), "to differ at times is not to lie"


def test_one_account_weighs_a_fifth_at_most_and_what_stays_cannot_be_chosen() -> None:
    flood = [statement(person_id="person_loud", at=START + timedelta(hours=number)) for number in range(400)]
    kept = limited([*honest(), *flood])
    said = Counter(each.person_id for each in kept)
    assert said["person_loud"] <= 0.2 * len(kept)
    assert said["person_loud"] >= 15
    assert all(said[f"person_{person}"] == 8 for person in range(12)), "nobody else loses anything"
    again = limited([*reversed(flood), *honest(seed=1)])
    assert {each.id for each in again if each.person_id == "person_loud"} == {
        each.id for each in kept if each.person_id == "person_loud"
    }


def test_where_one_alone_speaks_in_a_team_little_of_it_counts_and_on_a_machine_of_ones_own_all_of_it() -> None:
    flood = [statement(at=START + timedelta(seconds=number)) for number in range(100)]
    team = examine(flood, TEAM, unheeded=["burst"])
    assert (len(team.kept), team.over_share) == (poisoning.FREE, 100 - poisoning.FREE)
    alone = examine(flood, 1)
    assert (alone.kept, alone.findings, alone.over_share) == (flood, [], 0)


def test_two_who_speak_may_weigh_the_same() -> None:
    both = [statement(person_id=f"person_{number % 2}", at=START + timedelta(hours=number)) for number in range(80)]
    assert limited(both) == both


def test_a_rule_that_is_not_heeded_sets_nothing_aside() -> None:
    poison = slogans(people=4)
    found = examine([*honest(), *poison], TEAM, unheeded=["same_words"])
    assert found.findings == []
    assert ids(poison) <= ids(found.kept)
