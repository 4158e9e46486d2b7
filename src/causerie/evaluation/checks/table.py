"""The checks by name: those of IFEval by its own names, and ours for French.

An item names them in its `checks`: `{"check": "length_constraints:number_words", "relation": "at least",
"num_words": 50}`. The list is IFEval's (Zhou and others, "Instruction-following evaluation for large language
models", 2023); the programs are our own, and `docs/reference/suites.md` says where they differ.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from causerie.errors import InvalidRequest
from causerie.evaluation.checks import keywords, layout, lengths, whole
from causerie.evaluation.checks.options import Options

Check = Callable[[str, Options], bool]

TABLE: Mapping[str, Check] = {
    "change_case:capital_word_frequency": whole.capital_word_frequency,
    "change_case:english_capital": whole.english_capital,
    "change_case:english_lowercase": whole.english_lowercase,
    "change_case:french_capital": whole.french_capital,
    "change_case:french_lowercase": whole.french_lowercase,
    "combination:repeat_prompt": whole.repeat_prompt,
    "combination:two_responses": whole.two_responses,
    "detectable_content:number_placeholders": layout.number_placeholders,
    "detectable_content:postscript": layout.postscript,
    "detectable_format:constrained_response": layout.constrained_response,
    "detectable_format:json_format": layout.json_format,
    "detectable_format:multiple_sections": layout.multiple_sections,
    "detectable_format:number_bullet_lists": layout.number_bullet_lists,
    "detectable_format:number_highlighted_sections": layout.number_highlighted_sections,
    "detectable_format:title": layout.title,
    "keywords:existence": keywords.existence,
    "keywords:forbidden_words": keywords.forbidden_words,
    "keywords:frequency": keywords.frequency,
    "keywords:letter_frequency": keywords.letter_frequency,
    "language:response_language": whole.response_language,
    "length_constraints:nth_paragraph_first_word": lengths.nth_paragraph_first_word,
    "length_constraints:number_paragraphs": lengths.number_paragraphs,
    "length_constraints:number_sentences": lengths.number_sentences,
    "length_constraints:number_words": lengths.number_words,
    "punctuation:no_comma": whole.no_comma,
    "startend:end_checker": whole.end_checker,
    "startend:quotation": whole.quotation,
}


def check(name: str, options: Mapping[str, Any], answer: str) -> bool:
    """Whether an answer does what it was told; an empty one never does.

    Raises:
        InvalidRequest: There is no such check, or an option is missing or of the wrong kind.
        ConfigError: A language takes a package to tell that is not installed.
    """
    found = TABLE.get(name)
    if found is None:
        raise InvalidRequest(
            "there is no check {name!r}", name=name, known=", ".join(TABLE), hint="these are known: {known}"
        )
    return bool(answer.strip()) and found(answer, Options(name, options))


def check_loosely(name: str, options: Mapping[str, Any], answer: str) -> bool:
    """Whether any of the answer's forms passes: without its first line, its last, both, and each without stars.

    IFEval's loose figure: a model that first says "Here it is:" has followed the instruction nevertheless.
    """
    return any(check(name, options, form) for form in _forms(answer))


def _forms(answer: str) -> Iterator[str]:
    lines = answer.split("\n")
    for cut in (lines, lines[1:], lines[:-1], lines[1:-1]):
        form = "\n".join(cut).strip()
        yield form
        yield form.replace("*", "")
