"""From statements to what is learnt: no duplicates, no contradictions, pairs or single answers.

Does: let the majority of people decide where they contradict each other, or nobody; keep the first of what is nearly
the same; split pairs into single answers where single answers are learnt.
Does not: look at who said it but for counting people; see `poisoning.py`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from causerie.improvement.contract import Method, Statement
from causerie.improvement.poisoning import subject

MAJORITY = 2 / 3
"""Share of the people that decides; with less, nobody knows."""
SIMILARITY = 0.9
"""Share of runs of words in common, from which two texts are the same."""


@dataclass(frozen=True)
class Cleaned:
    """What is left, and what went."""

    kept: list[Statement]
    left_out: dict[str, int]
    """By reason."""


def clean(statements: Sequence[Statement]) -> Cleaned:
    """Without what says nothing, contradicts others, or was said before."""
    left_out: dict[str, int] = {}

    def count(before: Sequence[Statement], after: list[Statement], reason: str) -> list[Statement]:
        if len(after) < len(before):
            left_out[reason] = len(before) - len(after)
        return after

    telling = count(statements, [each for each in statements if _tells(each)], "the two answers are the same")
    agreed = count(telling, _agreed(telling), "people contradict each other")
    once = count(agreed, _once(agreed), "said before")
    return Cleaned(count(once, _not_nearly(once), "nearly the same was said before"), left_out)


def _tells(statement: Statement) -> bool:
    return statement.better.casefold().split() != statement.worse.casefold().split()


def _agreed(statements: Sequence[Statement]) -> list[Statement]:
    """Those on the side of the majority of people, of each pair or answer that is judged."""
    people: dict[tuple[str, ...], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for each in statements:
        key, side = subject(each)
        people[key][side > 0].add(each.person_id)
    kept = []
    for each in statements:
        key, side = subject(each)
        own, other = people[key][side > 0], people[key][side < 0]
        if not other or len(own) >= MAJORITY * (len(own) + len(other)):
            kept.append(each)
    return kept


def _once(statements: Sequence[Statement]) -> list[Statement]:
    """The first of each; what is judged and the side say whether it is the same."""
    first: dict[tuple[tuple[str, ...], int], Statement] = {}
    for each in statements:
        first.setdefault(subject(each), each)
    return list(first.values())


def _not_nearly(statements: Sequence[Statement]) -> list[Statement]:
    """The first of those whose question with its better answer, and whose worse answer, are nearly the same."""
    if not statements:
        return []
    from causerie.data.steps.duplicates import NearDuplicates

    step = NearDuplicates(words=3, similarity=SIMILARITY)
    asked = ["\n".join(message.content for message in each.messages) for each in statements]
    parts = (
        [f"{question}\n{each.better}" for question, each in zip(asked, statements, strict=True)],
        [f"{question}\n{each.worse}" for question, each in zip(asked, statements, strict=True)],
        [each.better or "-" for each in statements],
        [each.worse or "-" for each in statements],
    )
    groups = zip(*(step.originals(step.fingerprints(part)).tolist() for part in parts), strict=True)
    first: dict[tuple[int, ...], Statement] = {}
    for each, group in zip(statements, groups, strict=True):
        first.setdefault(group, each)
    return list(first.values())


def method_for(statements: Sequence[Statement], wanted: Method, least: int) -> Method:
    """What is learnt from these: pairs, unless there are too few of them."""
    if wanted != "auto":
        return wanted
    return "dpo" if sum(each.is_pair for each in statements) >= least else "kto"


def for_method(statements: Sequence[Statement], method: Method) -> list[Statement]:
    """The statements in the form that a method learns from: pairs, or single answers."""
    if method == "dpo":
        return [each for each in statements if each.is_pair]
    single = []
    for each in statements:
        if each.is_pair:
            single += [replace(each, id=each.id + "+", worse=""), replace(each, id=each.id + "-", better="")]
        else:
            single.append(each)
    # A pair's answer may be another's, and may be judged the other way round there.
    return _once(_agreed(single))
