"""Words, sentences and paragraphs of an answer, in English and in French.

Does: split by rules that a reader can follow.
Does not: know grammar. IFEval's own program counts sentences with NLTK's trained model; ours counts their ends,
without those of abbreviations and numbers. On texts of lists and headings the two may differ by a few.
"""

import re

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'»”\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\u0964]+")
_LINE_BREAK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•#]|\d+[.)]))")
_ABBREVIATIONS = frozenset({
    # English
    "mr", "mrs", "ms", "dr", "prof", "jr", "sr", "vs", "inc", "ltd", "vol", "approx", "gov",
    "e.g", "i.e", "u.s", "u.k", "p.s", "p.p.s", "a.m", "p.m",
    # French
    "m", "mm", "mme", "mlle", "mgr", "av", "env", "p.ex", "chap", "éd", "cf", "tél", "j.-c", "p.-s",
})  # fmt: skip
_LETTER_OR_DIGIT = re.compile(r"\w")


def words(text: str) -> list[str]:
    """Runs of letters and digits, as IFEval counts words: `l'eau` is two, `don't` too."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Sentences: up to a full stop, a question or exclamation mark that ends one, or the end of a paragraph or item.

    `M. Dupont`, `p. ex.`, `3.5` and an initial end none; `etc.` ends one when a capital follows.
    """
    found: list[str] = []
    for block in _LINE_BREAK.split(text):
        began = 0
        for match in _SENTENCE_END.finditer(block):
            if _ends_none(block, match):
                continue
            found.append(block[began : match.end()])
            began = match.end()
        found.append(block[began:])
    return [one.strip() for one in found if _LETTER_OR_DIGIT.search(one)]


def _ends_none(block: str, end: re.Match[str]) -> bool:
    """Whether what looks like the end of a sentence is that of an abbreviation, an initial or a list's number."""
    if end.group()[:1] != "." or end.group().startswith(".."):
        # French sets a space before `?` and `!`; after them a small letter goes on with the sentence.
        return _goes_on(block, end.end()) and end.group()[:1] in {"…", "."}
    before = block[: end.start()].rsplit(None, 1)
    word = before[-1].lstrip("(\"'«“").lower() if before and not block[: end.start()].endswith((" ", "\n")) else ""
    if word in _ABBREVIATIONS:
        return True
    initial = len(word) == 1 and word.isalpha() and word not in {"i", "à", "y"}
    first_of_line = block[: end.start()].rsplit("\n", 1)[-1].strip()
    return initial or first_of_line.isdigit() or _goes_on(block, end.end())


def _goes_on(block: str, at: int) -> bool:
    """Whether a small letter follows: then the sentence is not over (`etc. and`, `Inc. is`)."""
    return block[at:].lstrip()[:1].islower()


def paragraphs_by_rule(text: str) -> list[str] | None:
    """Paragraphs between `***`, as IFEval asks for them (None = an empty one stands in the middle)."""
    parts = [part.strip() for part in re.split(r"\s?\*\*\*\s?", text)]
    inner = parts[1 if not parts[0] else 0 : -1 if len(parts) > 1 and not parts[-1] else None]
    return inner if all(inner) else None


def paragraphs_by_space(text: str) -> list[str]:
    """Paragraphs between empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
