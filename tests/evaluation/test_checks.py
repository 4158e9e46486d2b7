"""Instruction checks: each with answers that pass and answers that do not, in English and in French."""

from typing import Any

import pytest

from causerie.errors import InvalidRequest
from causerie.evaluation.checks.languages import is_in
from causerie.evaluation.checks.splitting import paragraphs_by_rule, sentences, words
from causerie.evaluation.checks.table import TABLE, check, check_loosely

ENGLISH = "the cat is on the roof and it does not want to come down"
FRENCH = "le chat est sur le toit et il ne veut pas descendre"

CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    # name, options, answers that pass, answers that do not
    ("change_case:capital_word_frequency", {"capital_relation": "at least", "capital_frequency": 2},
     ["Say NO or YES.", "L'ONU et l'OTAN se réunissent."], ["Say NO.", "Rien de tel."]),
    ("change_case:capital_word_frequency", {"capital_relation": "less than", "capital_frequency": 2},
     ["Say NO."], ["Say NO or YES."]),
    ("change_case:english_capital", {}, [ENGLISH.upper()], [ENGLISH, FRENCH.upper()]),
    ("change_case:english_lowercase", {}, [ENGLISH], [ENGLISH.capitalize(), FRENCH]),
    ("change_case:french_capital", {}, [FRENCH.upper(), "À L'ÉCOLE, LES ENFANTS LISENT."], [FRENCH, ENGLISH.upper()]),
    ("change_case:french_lowercase", {}, [FRENCH], [FRENCH.capitalize(), ENGLISH]),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say hello."},
     ["Say hello. Hello!", " say HELLO. Hi"], ["Hello! Say hello."]),
    ("combination:two_responses", {}, ["One.\n******\nTwo.", "******\nOne.\n******\nTwo.\n******"],
     ["One.", "One.\n******\nOne.", "One.\n******\n", "One.\n******\n\n******\nTwo."]),
    ("detectable_content:number_placeholders", {"num_placeholders": 2},
     ["Dear [name], at [place].", "Cher [nom], le [date], à [lieu]."], ["Dear [name].", "[a\nb] [c]"]),
    ("detectable_content:postscript", {"postscript_marker": "P.S."},
     ["Bye.\nP.S. The key.", "p. s. The key.", "P.-S. La clé.", "PS: the key"], ["Bye.", "The PSYCHE is open."]),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, ["P.P.S. More."], ["P.S. The key."]),
    ("detectable_content:postscript", {"postscript_marker": "Note:"}, ["note: more"], ["more"]),
    ("detectable_format:constrained_response", {}, ["My answer is maybe.", "Ma réponse est oui."], ["Yes.", "Oui."]),
    ("detectable_format:json_format", {}, ['{"a": [1]}', '```json\n{"a": 1}\n```', "```\n[]\n```"],
     ["{a: 1}", 'Here: {"a": 1}', "[" * 100_000]),
    ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 2},
     ["SECTION 1\na\nSECTION 2\nb"], ["SECTION 1\na", "Section 1 Section 2"]),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, ["- a\n- b", "* a\n* b", "  - a\n\n• b"],
     ["- a", "- a\n- b\n- c", "**bold**\n- a"]),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, ["*a* and **b**", "*a* *b* *c*"],
     ["*a*", "** ** and *a*", "*a\nb* *c*"]),
    ("detectable_format:title", {}, ["<<A title>>\ntext"], ["<title>", "<<  >>", "<<a\nb>>"]),
    ("keywords:existence", {"keywords": ["sea", "ship"]}, ["A Ship on the SEA."], ["A ship.", "The sea."]),
    ("keywords:forbidden_words", {"forbidden_words": ["art", "c++"]}, ["A party."], ["Pop art!", "Use C++ here"]),
    ("keywords:frequency", {"relation": "at least", "keyword": "la", "frequency": 2}, ["La balade"], ["la mer"]),
    ("keywords:frequency", {"relation": "less than", "keyword": "a.c", "frequency": 1}, ["abc"], ["a.c"]),
    ("keywords:letter_frequency", {"let_relation": "at least", "letter": "É", "let_frequency": 2},
     ["été"], ["ete", "éte"]),
    ("language:response_language", {"language": "fr"}, [FRENCH, "« Oui. »"], [ENGLISH]),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Mais"},
     ["Un.\n\n« Mais » oui.", "Un.\n\nmais, non"],
     ["Mais.\n\nUn.", "Mais un.", "Un.\n\nMais.\n\nTrois.", "Un.\n\n…"]),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 1, "nth_paragraph": 3, "first_word": "no"},
     [], ["no"]),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, ["One.\n***\nTwo.", "***\nOne. *** Two.\n***"],
     ["One.\n\nTwo.", "One.\n***\n***\nTwo."]),
    ("length_constraints:number_sentences", {"relation": "less than", "num_sentences": 3},
     ["One. Two.", "M. Dupont est là. Il a 3.5 euros."], ["One. Two! Three?"]),
    ("length_constraints:number_words", {"relation": "at least", "num_words": 4},
     ["one two three four", "l'eau de mer"], ["one two, three!"]),
    ("length_constraints:number_words", {"relation": "at most", "num_words": 2}, ["one two"], ["one two three"]),
    ("length_constraints:number_words", {"relation": "exactly", "num_words": 2.0}, ["one two"], ["one"]),
    ("punctuation:no_comma", {}, ["One and two."], ["One, two.", "1\uff0c2"]),
    ("startend:end_checker", {"end_phrase": "That is all."}, ["So. that is ALL.", '"That is all."'],
     ["That is all. So."]),
    ("startend:quotation", {}, ['"So."', "« Ainsi. »", " “So.” "], ['"So.', "So.", '"']),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "good", "bad"), CASES, ids=lambda value: str(value)[:40])
def test_a_check_tells_right_from_wrong(name: str, options: dict[str, Any], good: list[str], bad: list[str]) -> None:
    assert [answer for answer in good if not check(name, options, answer)] == []
    assert [answer for answer in bad if check(name, options, answer)] == []
    assert not check(name, options, "  \n"), "an empty answer follows nothing"


def test_every_check_has_cases() -> None:
    assert {name for name, *_ in CASES} == TABLE.keys()


def test_loosely_what_stands_around_the_answer_is_left_off() -> None:
    options = {"num_bullets": 2}
    spoken = "- Here is your list:\n- a\n- b"
    assert not check("detectable_format:number_bullet_lists", options, spoken)
    assert check_loosely("detectable_format:number_bullet_lists", options, spoken)
    assert check_loosely("detectable_format:json_format", {}, "Sure!\n[1]\nAnything else?")
    assert check_loosely("startend:quotation", {}, '**"So."**')
    assert not check_loosely("detectable_format:json_format", {}, "Sure!\nno\nAnything else?")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("no:such", {}, "there is no check 'no:such'"),
        ("keywords:existence", {}, "needs keywords as a list of texts"),
        ("keywords:existence", {"keywords": []}, "needs keywords"),
        ("keywords:existence", {"keywords": [1]}, "needs keywords"),
        ("keywords:frequency", {"keyword": "a", "frequency": "2"}, "needs frequency as a whole number"),
        ("keywords:frequency", {"keyword": "a", "frequency": 2.5}, "needs frequency"),
        ("keywords:frequency", {"keyword": "a", "frequency": float("inf")}, "needs frequency"),
        ("keywords:frequency", {"keyword": "a", "frequency": True}, "needs frequency"),
        ("keywords:frequency", {"keyword": "a", "frequency": -1}, "needs frequency"),
        ("keywords:frequency", {"keyword": "", "frequency": 1}, "needs keyword as a text"),
        ("keywords:frequency", {"keyword": "a", "frequency": 1, "relation": "about"}, "needs relation"),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 9, "nth_paragraph": 1},
            "needs first_word",
        ),
    ],
)
def test_a_check_that_cannot_be_made_says_why(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        check(name, options, "an answer")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two. Three.", 3),
        ("Dr. Who met Mr. Smith. They talked, e.g. about tea.", 2),
        ("Il habite à Paris. M. et Mme Roy, p. ex., aussi !", 2),
        ("Vraiment ? Oui… mais non. Ah !", 3),
        ("He said: \"Stop.\" Then he left.", 2),
        ("1. First\n2. Second\n- third", 3),
        ("A heading\n\nA text of 3.5 lines.", 2),
        ("J. R. Smith wrote it", 1),
        ("I did. So did I. And he.", 3),
        ("...", 0),
        ("", 0),
    ],
)  # fmt: skip
def test_sentences(text: str, count: int) -> None:
    assert len(sentences(text)) == count, sentences(text)


def test_words_are_counted_as_ifeval_counts_them() -> None:
    assert words("L'eau, don't 3.5") == ["L", "eau", "don", "t", "3", "5"]
    assert paragraphs_by_rule("***") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Hund ist nicht in dem Haus und die Katze auch nicht", "de"),
        ("El perro no está en la casa y el gato tampoco", "es"),
        ("Il cane non è nella casa e il gatto è con lui", "it"),
        ("O cão não está em casa e o gato está com ele", "pt"),
        ("De hond is niet in het huis en de kat ook niet", "nl"),
        ("ਕੁੱਤਾ ਘਰ ਵਿੱਚ ਨਹੀਂ ਹੈ", "pa"),
        ("ನಾಯಿ ಮನೆಯಲ್ಲಿ ಇಲ್ಲ", "kn"),
        ("개는 집에 없다", "ko"),
        ("Собака не в доме, и кошка тоже ушла на улицу", "ru"),
        ("Con chó không ở trong nhà và con mèo cũng vậy", "vi"),
    ],
)
def test_a_language_is_told_from_the_others(text: str, language: str) -> None:
    assert is_in(text, language)
    assert not is_in(text, "en")
    assert not is_in(text, "fr")
    assert not is_in(ENGLISH, language)


def test_of_a_few_words_or_none_any_language_is_accepted() -> None:
    assert is_in("Oui", "en")
    assert is_in("1, 2, 3", "ko")
    assert is_in("Oui", "fr-FR")
