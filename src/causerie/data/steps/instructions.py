"""Instructions that a program can check, added to conversations: "in lowercase", "at most 40 words", "no comma".

Does: add one or two instructions to some conversations, which the last answer follows. Either the answer already does
(its length, a word that is in it, one that is not), or it is rewritten by rule so that it does (a list, a title,
JSON). A model that learns from them learns to do as it is told.
Does not: ask a model to write anything, or judge answers. Whoever measures instruction following afterwards should
say that the training had instructions of the same kinds (IFEval's: Zhou and others, 2023). Tülu 3 trains on such data
too (Lambert and others, 2024, https://arxiv.org/abs/2411.15124).
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal

from pydantic import Field

from causerie.data.contract import Conversation, ConversationStep, Message

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_LAID_OUT = re.compile(r"^[^\S\n]*(?:[-*•#>|]|\d+[.)]\s)|```", re.MULTILINE)
"""Signs that an answer already has a form of its own: lists, headings, tables, code."""
_SHORT_WORDS, _SHORT_SIGNS = 80, 400
MOST_SIGNS = 20_000
"""Answers that are longer are left as they are."""


@dataclass(frozen=True)
class Exchange:
    """What an instruction is made for."""

    question: str
    answer: str
    language: Literal["en", "fr"]
    chance: Random


@dataclass(frozen=True)
class Made:
    """The answer that follows the instruction, and what the instruction's wording takes."""

    answer: str
    values: Mapping[str, object]


Maker = Callable[[Exchange], Made | None]
"""An instruction for an exchange (None = it does not suit)."""


class CheckableInstructions(ConversationStep):
    """Adds instructions to a share of the conversations; their last answer follows them."""

    use: Literal["instructions"] = "instructions"
    share: float = Field(0.7, ge=0, le=1)
    """Share of the conversations that get some."""
    most: int = Field(2, ge=1, le=2)
    """Instructions at most: one that shapes the answer, and one that only describes it."""
    seed: int = Field(0, ge=0)
    """Decides which conversations get which."""

    def change(self, conversation: Conversation) -> tuple[Conversation, Mapping[str, int]]:
        """The conversation with its last question and answer changed, and the names of the instructions."""
        *before, question, answer = conversation.messages
        chance = Random(f"{self.seed}\0{conversation.source}\0{conversation.id}")  # noqa: S311 - nothing secret
        fits = question.role == "user" and answer.role == "assistant" and len(answer.content) <= MOST_SIGNS
        if not fits or chance.random() >= self.share:
            return conversation, {}
        exchange = Exchange(question.content, answer.content, "fr" if conversation.language == "fr" else "en", chance)
        said, answered, names = instructed(exchange, self.most)
        turns = (*before, Message("user", said), Message("assistant", answered))
        return replace(conversation, messages=turns), dict.fromkeys(names, 1)


def instructed(exchange: Exchange, most: int) -> tuple[str, str, list[str]]:
    """Question, answer, and the names of the instructions that were added to the one and that the other follows."""
    chance, answer, names, asked = exchange.chance, exchange.answer, list[str](), list[str]()
    groups = [SHAPING, DESCRIBING] if most > 1 and chance.random() < 0.5 else [chance.choice([SHAPING, DESCRIBING])]
    for group in groups:
        for name in chance.sample(sorted(group), len(group)):
            made = group[name](replace(exchange, answer=answer))
            if made is not None:
                answer = made.answer
                names.append(name)
                asked.append(chance.choice(_wordings(name, exchange.language)).format(**made.values))
                break
    # What a program checks is often asked before the rest, too; a repeated request must come first.
    told = " ".join(asked)
    first = bool(asked) and "repeated" not in names and chance.random() < 0.2
    between = "\n\n" if first else chance.choice([" ", "\n\n"])
    said = (told, exchange.question) if first else (exchange.question, told)
    return between.join(said).strip(), answer, names


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("instructions.toml").read_text(encoding="utf-8"))


def _wordings(name: str, language: str) -> list[str]:
    return _table()[name][language]


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text.strip()) if _WORD.search(part)]


def _parts(exchange: Exchange) -> list[str]:
    """What the answer can be cut into: 2 to 6 paragraphs or sentences (none: it is too long, or has a form)."""
    if _LAID_OUT.search(exchange.answer):
        return []
    blocks = [block.strip() for block in exchange.answer.split("\n\n") if block.strip()]
    parts = blocks if len(blocks) > 1 else _sentences(exchange.answer)
    return parts if 2 <= len(parts) <= 6 else []


def _words(text: str) -> list[str]:
    return [found[0] for found in _WORD.finditer(text)]


def _telling(text: str) -> list[str]:
    """Words that mean something by themselves, told by their length alone."""
    return sorted({word.lower() for word in _words(text) if len(word) >= 5 and word.isalpha()})


def _lowercase(exchange: Exchange) -> Made | None:
    lowered = exchange.answer.lower()
    return Made(lowered, {}) if _WORD.search(lowered) and "```" not in lowered else None


def _capitals(exchange: Exchange) -> Made | None:
    short = len(exchange.answer.split()) <= _SHORT_WORDS
    return Made(exchange.answer.upper(), {}) if short and _WORD.search(exchange.answer) else None


def _quoted(exchange: Exchange) -> Made | None:
    return None if '"' in exchange.answer else Made(f'"{exchange.answer.strip()}"', {})


def _ending(exchange: Exchange) -> Made | None:
    phrase = exchange.chance.choice(_wordings("phrases", exchange.language))
    return Made(f"{exchange.answer.strip()}\n\n{phrase}", {"phrase": phrase})


def _postscript(exchange: Exchange) -> Made | None:
    after = exchange.chance.choice(_wordings("afterthoughts", exchange.language))
    return Made(f"{exchange.answer.strip()}\n\n{after}", {})


def _title(exchange: Exchange) -> Made | None:
    words = _words(exchange.question.split("\n")[0])[:8]
    return Made(f"<<{' '.join(words)}>>\n\n{exchange.answer.strip()}", {}) if len(words) > 1 else None


def _repeated(exchange: Exchange) -> Made | None:
    if len(exchange.question) > _SHORT_SIGNS:
        return None
    return Made(f"{exchange.question.strip()}\n\n{exchange.answer.strip()}", {})


def _bullets(exchange: Exchange) -> Made | None:
    parts = _parts(exchange)
    listed = "\n".join(f"* {' '.join(part.split())}" for part in parts)
    return Made(listed, {"count": len(parts)}) if parts else None


def _paragraphs(exchange: Exchange) -> Made | None:
    parts = _parts(exchange)
    return Made("\n\n***\n\n".join(parts), {"count": len(parts)}) if parts and "***" not in exchange.answer else None


def _sections(exchange: Exchange) -> Made | None:
    parts, heading = _parts(exchange), exchange.chance.choice(_wordings("headings", exchange.language))
    headed = "\n\n".join(f"{heading} {number}\n{part}" for number, part in enumerate(parts, 1))
    return Made(headed, {"count": len(parts), "heading": heading}) if parts else None


def _highlights(exchange: Exchange) -> Made | None:
    return _marked(exchange, "*`", lambda word: f"*{word}*")


def _json(exchange: Exchange) -> Made | None:
    if len(exchange.answer) > _SHORT_SIGNS * 2:
        return None
    key = {"en": "answer", "fr": "réponse"}[exchange.language]
    made = json.dumps({key: exchange.answer.strip()}, ensure_ascii=False, indent=2)
    return Made(exchange.chance.choice([made, f"```json\n{made}\n```"]), {})


def _no_commas(exchange: Exchange) -> Made | None:
    """With few commas only: a text that has lost many is hard to read, and no model to follow."""
    few = exchange.answer.count(",") <= 1 + len(exchange.answer.split()) // 25
    return Made(re.sub(r",(?=\S)", " ", exchange.answer).replace(",", ""), {}) if few else None


def _capital_words(exchange: Exchange) -> Made | None:
    return _marked(exchange, "`", str.upper)


def _marked(exchange: Exchange, unlike: str, mark: Callable[[str], str]) -> Made | None:
    """Two to four words marked where they stand first, in an answer that has none of these signs."""
    text, words = exchange.answer, _telling(exchange.answer)
    if len(words) < 2 or any(sign in text for sign in unlike):
        return None
    chosen = exchange.chance.sample(words, exchange.chance.randint(2, min(4, len(words))))
    for word in chosen:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
        text = pattern.sub(lambda found: mark(found[0]), text, count=1)
    return Made(text, {"count": len(chosen)})


def _most_words(exchange: Exchange) -> Made | None:
    count = _rounded(len(exchange.answer.split()) * exchange.chance.uniform(1.1, 1.5), up=True)
    return Made(exchange.answer, {"count": count, "above": count + 1})


def _fewest_words(exchange: Exchange) -> Made | None:
    count = _rounded(len(_words(exchange.answer)) * exchange.chance.uniform(0.6, 0.9), up=False)
    return Made(exchange.answer, {"count": count}) if count >= 5 else None


def _most_sentences(exchange: Exchange) -> Made | None:
    # A text with marks that are no ends of sentences (lists, "e.g.") is counted differently by everyone.
    count = len(_sentences(exchange.answer))
    if _LAID_OUT.search(exchange.answer) or not 1 <= count <= 8:
        return None
    return Made(exchange.answer, {"count": count + 1, "above": count + 2})


def _rounded(value: float, *, up: bool) -> int:
    step = 5 if value < 60 else 10 if value < 200 else 50
    return int(-(-value // step) if up else value // step) * step


def _keywords(exchange: Exchange) -> Made | None:
    words = _telling(exchange.answer)
    return _listed(exchange, words) if len(words) > 1 else None


def _forbidden(exchange: Exchange) -> Made | None:
    """Words of the question that the answer does without: an empty threat would teach nothing."""
    answered = {word.lower() for word in _words(exchange.answer)}
    words = [word for word in _telling(exchange.question[:2000]) if word not in answered]
    return _listed(exchange, words) if words else None


def _listed(exchange: Exchange, words: Sequence[str]) -> Made:
    """One to three of these words, named."""
    chosen = exchange.chance.sample(words, exchange.chance.randint(1, min(3, len(words))))
    return Made(exchange.answer, {"words": ", ".join(chosen)})


def _frequency(exchange: Exchange) -> Made | None:
    counts = Counter(word.lower() for word in _words(exchange.answer) if len(word) >= 4)
    often = sorted(word for word, count in counts.items() if count >= 2)
    if not often:
        return None
    word = exchange.chance.choice(often)
    return Made(exchange.answer, {"word": word, "count": counts[word]})


def _letter(exchange: Exchange) -> Made | None:
    counts = Counter(sign for sign in exchange.answer.lower() if "a" <= sign <= "z")
    if not counts:
        return None
    letter = exchange.chance.choice(sorted(counts))
    return Made(exchange.answer, {"letter": letter, "count": max(1, round(counts[letter] * 0.7))})


SHAPING: Mapping[str, Maker] = {
    "lowercase": _lowercase, "capitals": _capitals, "quoted": _quoted, "ending": _ending, "postscript": _postscript,
    "title": _title, "repeated": _repeated, "bullets": _bullets, "paragraphs": _paragraphs, "sections": _sections,
    "highlights": _highlights, "json": _json, "no-commas": _no_commas, "capital-words": _capital_words,
}  # fmt: skip
"""Those that rewrite the answer."""
DESCRIBING: Mapping[str, Maker] = {
    "most-words": _most_words, "fewest-words": _fewest_words, "most-sentences": _most_sentences,
    "keywords": _keywords, "forbidden": _forbidden, "frequency": _frequency, "letter": _letter,
}  # fmt: skip
"""Those that leave it as it is."""
