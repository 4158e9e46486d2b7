"""How the answer is laid out: lists, sections, highlights, a title, JSON, placeholders, a postscript."""

import json
import re

from causerie.evaluation.checks.options import Options

CHARACTERS = 100_000
"""Longer answers are cut before the patterns below look at them."""
CONSTRAINED = (
    "my answer is yes.", "my answer is no.", "my answer is maybe.",
    "ma réponse est oui.", "ma réponse est non.", "ma réponse est peut-être.",
)  # fmt: skip
"""IFEval's three answers, and ours in French."""
_BULLET = re.compile(r"^[ \t]*(?:\*[^*\n]|[-•])[^\n]*$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*\*([^*\n]*)\*\*|\*([^*\n]*)\*")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]*\]")
_TITLE = re.compile(r"<<([^\n<>]+)>>")
_FENCE = re.compile(r"^```(?:json)?[ \t]*\n?|\n?```$", re.IGNORECASE)


def number_bullet_lists(answer: str, options: Options) -> bool:
    """It has exactly `num_bullets` lines that begin with `*`, `-` or `•`."""
    return len(_BULLET.findall(answer[:CHARACTERS])) == options.number("num_bullets")


def number_highlighted_sections(answer: str, options: Options) -> bool:
    """It has at least `num_highlights` parts between stars that are not empty."""
    found = _HIGHLIGHT.findall(answer[:CHARACTERS])
    return sum(bool("".join(both).strip()) for both in found) >= options.number("num_highlights")


def multiple_sections(answer: str, options: Options) -> bool:
    """It has at least `num_sections` sections, each headed by `section_spliter` and a number."""
    heading = re.escape(options.text("section_spliter"))
    return len(re.findall(rf"{heading}\s?\d+", answer[:CHARACTERS])) >= options.number("num_sections")


def title(answer: str, _options: Options) -> bool:
    """It has a title in double angular brackets: `<<so>>`."""
    return any(one.strip() for one in _TITLE.findall(answer[:CHARACTERS]))


def json_format(answer: str, _options: Options) -> bool:
    """The whole answer is JSON, in a fence of Markdown or not."""
    try:
        json.loads(_FENCE.sub("", answer.strip()))
    except (ValueError, RecursionError):
        return False
    return True


def constrained_response(answer: str, _options: Options) -> bool:
    """It says one of the three answers: yes, no or maybe, in the words that were given."""
    return any(one in answer.lower() for one in CONSTRAINED)


def number_placeholders(answer: str, options: Options) -> bool:
    """It has at least `num_placeholders` places to fill in square brackets: `[address]`."""
    return len(_PLACEHOLDER.findall(answer[:CHARACTERS])) >= options.number("num_placeholders")


def postscript(answer: str, options: Options) -> bool:
    """A postscript begins with `postscript_marker`; `P. S.`, `P.-S.` and `PS :` are `P.S.` too."""
    marker = options.text("postscript_marker")
    letters = re.findall(r"[^\W\d_]", marker.lower())
    if set(letters) == {"p", "s"}:
        pattern = r"[.\s-]{0,3}".join(re.escape(letter) for letter in letters)
        return re.search(rf"(?<!\w){pattern}(?!\w)", answer[:CHARACTERS].lower()) is not None
    return marker.lower() in answer.lower()
