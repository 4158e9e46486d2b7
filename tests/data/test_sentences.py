"""Sentences that were filled in English are found again by their templates, and by nothing less."""

import pytest

from causerie.data.sentences import Sentences, shape_of, values_in

FRENCH = Sentences(
    {
        "{suite} is needed: run {suite} again": "il faut {suite} : relancez {suite}",
        "the card lacks: {missing}": "il manque à la fiche : {missing}",
        "an evaluation, the newest": "une évaluation, la plus récente",
        "recipe of {of}": "recette de {of}",
        "nothing but {what}": "rien que {what}",
        "{a}: {b}": "{b}, {a}",
        'such as {{"epochs": "2"}}; {most:,} at most': 'comme {{"epochs": "2"}} ; {most:,} au plus',
        "there is no model {name!r}": "il n'y a pas de modèle {name!r}",
    }
)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("core is needed: run core again", "il faut core : relancez core"),
        ("core is needed: run safety again", None),
        ('such as {"epochs": "2"}; 1,000 at most', 'comme {"epochs": "2"} ; 1,000 au plus'),
        ("there is no model 'a b'", "il n'y a pas de modèle 'a b'"),
        (
            "the card lacks: recipe of a, an evaluation, the newest, b",
            "il manque à la fiche : recette de a, une évaluation, la plus récente, b",
        ),
        ("nothing but recipe of a", "rien que recette de a"),
        ("nothing but an evaluation", "rien que an evaluation"),
        ("recipe of recipe of recipe of recipe of a", "recette de recette de recette de recipe of a"),
        ("core/accuracy: nothing but b", "core/accuracy : rien que b"),
        ("the core: nothing but b", None),
        ("a: b", None),
        ("nothing but " + "a" * 10_000, None),
        ("recipe", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_sentence_is_french_where_a_template_made_it(english: str, french: str | None) -> None:
    assert FRENCH.french(english) == french


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("recipe of a, recipe of b", "recette de a, recette de b"),
        ("a, an evaluation, the newest", "a, une évaluation, la plus récente"),
        ("a, b", None),
        ("", None),
    ],
)
def test_several_sentences_are_french_one_by_one(english: str, french: str | None) -> None:
    assert FRENCH.french_list(english) == french


def test_the_values_are_what_stands_between_the_words() -> None:
    shape = shape_of("step {step} of {steps}, loss {loss:.3f}")
    assert values_in(shape, "step 3 of 40, loss 2.310") == {"step": "3", "steps": "40", "loss": "2.310"}
    assert values_in(shape, "step 3 of 40") is None
    assert values_in(shape_of("{a}{b}"), "xy") == {"a": "", "b": "xy"}
    assert values_in(shape_of("ab{x}ba"), "aba") is None, "the ends may not lie one in the other"
