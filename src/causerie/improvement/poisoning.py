"""Feedback that was given to teach the model something for purposes of its author's: found, and set aside.

Does: look for what campaigns leave behind (the same words under many questions, thumbs faster than anybody reads,
accounts made together that ask the same, thumbs all one way, one against all), and limit what one account weighs.
Does not: know what is true: a patient liar with many old accounts and words of his own passes, and meets the gate.

Nothing is looked for where there is one account alone: the machine is its owner's.
"""

import math
import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from causerie.improvement.contract import Finding, Statement

RUN = 4
"""Words of a run that is looked for under other questions."""
SAME_QUESTIONS, SAME_SHARE = 5, 0.05
"""Questions under which the same written run is a campaign's: so many, and this share of all written answers."""
BURST, BURST_WINDOW = 12, timedelta(seconds=60)
"""Moments at which one account spoke, within so long. At 238 words a minute (Brysbaert, 2019, "How many words do we
read per minute?") somebody who read what they judge had 20 words each time."""
TOGETHER, TOGETHER_GAP, NEW = 5, timedelta(hours=1), timedelta(days=7)
"""Accounts made one within an hour of the next, so many or more, are watched together for a week."""
SHARED_BY = 3
"""Of such accounts: so many that ask the same question."""
CHANCE = 1e-4
"""Thumbs so one-sided, if they were as everybody else's, less often than this are no chance."""
MIXED = (0.05, 0.95)
"""Bounds of everybody else's share of thumbs up: where all are content, one more is nothing."""
AGAINST, AGAINST_SHARE = 5, 0.8
"""One account against the majority of others: so many times, and this share of the times that both spoke."""
MOST_SHARE, HALF, FREE = 0.2, 0.5, 10
"""What one account may weigh: a fifth, or twice its equal part where few speak, at most a half; ten are free."""
_WORD = re.compile(r"\w+")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
"""Signs that nobody sees, of which any number may stand in a word."""
_ACCENT = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u04cf\u03bf\u03b1\u03bd\u03b9\u03c1\u03c5\u03ba",
    "aeopcyxijsdhqwloavipuk",
)
"""Cyrillic and Greek small letters that look like Latin ones."""


@dataclass(frozen=True)
class Examined:
    """What is left, and what was set aside and why."""

    kept: list[Statement]
    findings: list[Finding]
    over_share: int
    """Statements left out because their account had said more than its share."""


def examine(statements: Sequence[Statement], accounts: int, unheeded: Iterable[str] = ()) -> Examined:
    """Set aside what looks like a campaign's, then limit what each account weighs.

    Args:
        statements: All of a round.
        accounts: How many people could have said something.
        unheeded: Rules that somebody has switched off.
    """
    if accounts <= 1:
        return Examined(list(statements), [], 0)
    findings = [found for name, rule in RULES.items() if name not in unheeded for found in rule(statements)]
    aside = {each for finding in findings for each in finding.statements}
    left = [each for each in statements if each.id not in aside]
    kept = limited(left)
    return Examined(kept, findings, len(left) - len(kept))


def question_key(statement: Statement) -> str:
    """What was asked last, whatever its spaces, capitals, accents and signs."""
    return " ".join(_words(statement.messages[-1].content))


def _words(text: str) -> list[str]:
    """Words as an eye takes them, however they are encoded: a slogan is the same one in other signs."""
    if not text.isascii():
        plain = _ACCENT.sub("", unicodedata.normalize("NFKD", _UNSEEN.sub("", text)))
        # Put together again: in other scripts a part of a letter is no letter, and would end the word.
        text = unicodedata.normalize("NFKC", plain).casefold().translate(_ALIKE)
    return _WORD.findall(text.casefold())


def _answer(text: str) -> str:
    """An answer, whatever its spaces, capitals and unseen signs; accents count, as they make another word."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    return " ".join(text.casefold().split())


def _runs(text: str) -> set[str]:
    """Runs of words of a text; a text of two or three words is one."""
    words = _words(text)
    if len(words) < RUN:
        return {" ".join(words)} if len(words) > 1 else set()
    return {" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def same_words(statements: Sequence[Statement]) -> list[Finding]:
    """Answers written by people that share words under many different questions, where models do not say them."""
    written = [each for each in statements if each.source == "better_answer"]
    by_run: dict[str, set[int]] = defaultdict(set)
    questions = [question_key(each) for each in written]
    for number, each in enumerate(written):
        asked = {run for message in each.messages for run in _runs(message.content)}
        for run in _runs(each.better) - asked:
            by_run[run].add(number)
    of_models: dict[str, set[str]] = defaultdict(set)
    for each in statements:
        for run in _runs(each.worse) & by_run.keys():
            of_models[run].add(question_key(each))
    least = max(SAME_QUESTIONS, math.ceil(SAME_SHARE * len(written)))
    found: set[int] = set()
    widest = ("", 0)
    for run, numbers in sorted(by_run.items()):
        under = {questions[number] for number in numbers}
        if len(under) >= least and 2 * len(of_models[run]) < len(under):
            found |= numbers
            widest = max(widest, (run, len(under)), key=lambda each: each[1])
    if not found:
        return []
    evidence = f"{len(found)} written answers, the same words under {widest[1]} different questions: {widest[0]!r}"
    return [_finding("same_words", (written[number] for number in sorted(found)), evidence)]


def bursts(statements: Sequence[Statement]) -> list[Finding]:
    """One account that judges faster than anybody reads."""
    made = []
    for said in _by_person(statements).values():
        moments = sorted({each.at for each in said})
        fast = set()
        for start, moment in enumerate(moments):
            end = bisect_right(moments, moment + BURST_WINDOW)
            if end - start >= BURST:
                fast.update(moments[start:end])
        if fast:
            evidence = f"{len(fast)} moments, {BURST} or more within {BURST_WINDOW.seconds} s"
            made.append(_finding("burst", (each for each in said if each.at in fast), evidence))
    return made


def new_accounts(statements: Sequence[Statement]) -> list[Finding]:
    """Accounts made one after the other that then ask the same questions."""
    made = []
    for group in _made_together(statements):
        early = [each for each in group if each.at - each.joined_at <= NEW]
        askers: dict[str, set[str]] = defaultdict(set)
        for each in early:
            askers[question_key(each)].add(each.person_id)
        alike = [each for each in early if len(askers[question_key(each)]) >= SHARED_BY]
        if len(alike) >= max(TOGETHER, len(early) / 2):
            people = len({each.person_id for each in alike})
            evidence = (
                f"{people} accounts made together, {len(alike)} of {len(early)} statements under shared questions"
            )
            made.append(_finding("new_accounts", alike, evidence))
    return made


def _made_together(statements: Sequence[Statement]) -> list[list[Statement]]:
    """What groups of accounts said that were made one within an hour of the next."""
    by_person = _by_person(statements)
    order = sorted(by_person, key=lambda person: (by_person[person][0].joined_at, person))
    groups: list[list[str]] = []
    for person in order:
        joined = by_person[person][0].joined_at
        if groups and joined - by_person[groups[-1][-1]][0].joined_at <= TOGETHER_GAP:
            groups[-1].append(person)
        else:
            groups.append([person])
    return [[each for person in group for each in by_person[person]] for group in groups if len(group) >= TOGETHER]


def one_sided(statements: Sequence[Statement]) -> list[Finding]:
    """An account, or accounts made together, whose thumbs all go one way where those of others do not."""
    thumbs = [each for each in statements if not each.is_pair]
    units = [*_by_person(thumbs).values()]
    units += [said for said in _made_together(thumbs) if len(said) < len(thumbs)]
    made = []
    for said in units:
        up = sum(bool(each.better) for each in said)
        others = len(thumbs) - len(said)
        if not others or up not in {0, len(said)}:
            continue
        rate = (sum(bool(each.better) for each in thumbs) - up) / others
        rate = min(max(rate, MIXED[0]), MIXED[1])
        chance = (rate if up else 1 - rate) ** len(said)
        if chance < CHANCE:
            where = f"where others give {rate:.0%} up (chance {chance:.1g})"
            evidence = f"{len(said)} thumbs up, {where}" if up else f"{len(said)} thumbs down, {where}"
            made.append(_finding("one_sided", said, evidence))
    return made


def against_everyone(statements: Sequence[Statement]) -> list[Finding]:
    """An account that judges the same answers the other way round than the majority, again and again."""
    sides: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for each in statements:
        key, side = subject(each)
        sides[key][each.person_id] = side
    spoke: Counter[str] = Counter()
    against: Counter[str] = Counter()
    for by_person in sides.values():
        for person, side in by_person.items():
            rest = sum(by_person.values()) - side
            if len(by_person) > SHARED_BY - 1 and rest:
                spoke[person] += 1
                against[person] += rest * side < 0
    made = []
    for person, said in _by_person(statements).items():
        if against[person] >= AGAINST and against[person] >= AGAINST_SHARE * spoke[person]:
            evidence = f"{against[person]} of {spoke[person]} times against the majority of others"
            made.append(_finding("against_everyone", said, evidence))
    return made


def subject(statement: Statement) -> tuple[tuple[str, ...], int]:
    """What is judged, the same for those who say the opposite, and which side is taken: 1 or -1."""
    asked = tuple(" ".join(_words(message.content)) for message in statement.messages)
    better, worse = _answer(statement.better), _answer(statement.worse)
    first, second = sorted((better, worse))
    if not statement.is_pair:
        return (*asked, better or worse), 1 if better else -1
    return (*asked, first, second), 1 if first == better else -1


RULES: Mapping[str, Callable[[Sequence[Statement]], list[Finding]]] = {
    "same_words": same_words,
    "burst": bursts,
    "new_accounts": new_accounts,
    "one_sided": one_sided,
    "against_everyone": against_everyone,
}
"""A new rule is a function here, a test that tries to pass it, and a row in the how-to."""


def limited(statements: Sequence[Statement]) -> list[Statement]:
    """At most so many of each account that none weighs more than its share; which of them stay, its texts decide."""
    said = {person: len(each) for person, each in _by_person(statements).items()}
    share = min(HALF, max(MOST_SHARE, 2 / max(1, len(said))))
    most = max(said.values(), default=0)
    while (lower := max(FREE, int(share * sum(min(count, most) for count in said.values())))) < most:
        most = lower
    taken: Counter[str] = Counter()
    kept = set()
    for each in sorted(statements, key=lambda one: one.id):  # the ids are hashes: nobody chooses which come first
        if taken[each.person_id] < most:
            taken[each.person_id] += 1
            kept.add(each.id)
    return [each for each in statements if each.id in kept]


def _by_person(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    found: dict[str, list[Statement]] = defaultdict(list)
    for each in statements:
        found[each.person_id].append(each)
    return dict(found)


def _finding(rule: str, statements: Iterable[Statement], evidence: str) -> Finding:
    said = list(statements)
    people = tuple(sorted({each.person_id for each in said}))
    return Finding(rule=rule, people=people, statements=tuple(each.id for each in said), evidence=evidence)
