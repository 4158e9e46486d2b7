"""What people say, made up: statements of many accounts, and the campaigns that hide among them."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from causerie.data.contract import Message
from causerie.improvement.contract import Statement

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
OLD = START - timedelta(days=100)
SUBJECTS = (
    "bread",
    "bicycles",
    "photosynthesis",
    "the French revolution",
    "prime numbers",
    "gardens",
    "the moon",
    "vaccines",
    "violins",
    "taxes",
    "glaciers",
    "jazz",
    "bees",
    "concrete",
    "dreams",
    "elections",
    "salt",
    "maps",
    "rivers",
    "ink",
)
_WORDS = str.split(
    "plain short useful careful honest direct simple full exact warm dry rich early late small large cold bright "
    "hard open closed quick slow deep wide thin old new fair clean rough sweet sour round flat steep calm loud quiet"
)
_numbers = count()


def statement(**given: Any) -> Statement:
    """A pair that a person wrote the better answer of, unless said otherwise."""
    number = next(_numbers)
    asked = given.pop("asked", f"tell me of subject {number}")
    facts: dict[str, Any] = {
        "id": f"{number:024x}",
        "source": "better_answer",
        "person_id": "person_a",
        "conversation_id": f"conv_{number}",
        "messages": (Message("user", asked),),
        "better": f"better answer {number}",
        "worse": f"worse answer {number}",
        "at": START + timedelta(minutes=7 * number),
        "joined_at": OLD,
    }
    return Statement(**facts | given)


def thumb(*, good: bool, answer: str = "", **given: Any) -> Statement:
    """A single answer, found good or bad."""
    text = answer or f"answer {next(_numbers)}"
    return statement(source="thumb", better=text if good else "", worse="" if good else text, **given)


def sentence(chance: random.Random, words: int = 12) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words))


def honest(people: int = 12, each: int = 8, seed: int = 1) -> list[Statement]:
    """A team at its work: different questions, words of their own, thumbs both ways, hours apart."""
    chance = random.Random(seed)
    made = []
    for person in range(people):
        at = START + timedelta(minutes=13 * person)
        joined = OLD + timedelta(days=3 * person)
        for number in range(each):
            at += timedelta(minutes=chance.randint(2, 600))
            known = {
                "person_id": f"person_{person}",
                "at": at,
                "joined_at": joined,
                "asked": f"what about {chance.choice(SUBJECTS)} and {sentence(chance, 3)}?",
            }
            if number % 3:
                made.append(thumb(good=chance.random() < 0.6, answer=sentence(chance), **known))
            else:
                made.append(statement(better=sentence(chance), worse=sentence(chance), **known))
    return made


def ids(statements: Iterable[Statement]) -> set[str]:
    return {each.id for each in statements}
