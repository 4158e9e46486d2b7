"""Words and letters that must be in the answer, or must not."""

import re

from causerie.evaluation.checks.options import Options


def existence(answer: str, options: Options) -> bool:
    """Every one of `keywords` is there, in any case of its letters."""
    return all(_count(keyword, answer) for keyword in options.texts("keywords"))


def frequency(answer: str, options: Options) -> bool:
    """`keyword` comes `relation` `frequency` times; inside longer words too, as in IFEval."""
    return options.holds(_count(options.text("keyword"), answer), "relation", "frequency")


def forbidden_words(answer: str, options: Options) -> bool:
    """None of `forbidden_words` is there as a whole word."""
    return not any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", answer, re.IGNORECASE)
        for word in options.texts("forbidden_words")
    )


def letter_frequency(answer: str, options: Options) -> bool:
    """`letter` (one sign, in either case) comes `let_relation` `let_frequency` times."""
    count = answer.lower().count(options.text("letter").lower())
    return options.holds(count, "let_relation", "let_frequency")


def _count(keyword: str, answer: str) -> int:
    # A keyword is a text here, never a pattern: IFEval's own are plain words, and an item's is not to be run.
    return answer.lower().count(keyword.lower())
