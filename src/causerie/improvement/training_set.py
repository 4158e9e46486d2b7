"""What is learnt and what is held out, as a data folder that training reads.

Does: keep a part out so that nothing of it leaks into training; write samples, and the data card that the registry
puts into the lineage.
Does not: choose what is learnt; see `pairs.py`.

Statements belong together that come from one conversation, or from one question; of many people also those of one
person. Together they are learnt or held out. Which, their hash decides: the same each time.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from causerie.data.card import Card, FileFacts, SourceFacts, StepFacts, write_card
from causerie.data.contract import Judgement, Kind, Preference, Sample
from causerie.data.records import SPLITS, SUFFIX, Split, line_of, written
from causerie.data.shards import file_sha256
from causerie.improvement.contract import Method, Statement
from causerie.improvement.poisoning import question_key

BY_PERSON_FROM = 10
"""People from which what each said is kept together: with fewer, a single person would be too large a part."""
LICENCE = "LicenseRef-causerie-consent"
"""In SPDX's form: people allowed this causerie to train on what they said of answers, and nothing beyond."""
SOURCE = "feedback"


@dataclass(frozen=True)
class TrainingSet:
    """A data folder."""

    kind: Kind
    learnt: int
    held_out: int
    people: int
    sha256: str
    """Of all its files, as the card has it."""


def parted(statements: Sequence[Statement], share: float) -> tuple[list[Statement], list[Statement]]:
    """What is learnt, and what is held out.

    Args:
        statements: All.
        share: Of the statements that is held out, as near as whole groups come.
    """
    groups = sorted(_groups(statements), key=_place)
    wanted, held = share * len(statements), set[str]()
    for group in groups:
        # A group that would take far too much is learnt whole: so nothing of it leaks either.
        if len(held) < wanted and len(held) + len(group) <= max(1.5 * wanted, 1):
            held.update(each.id for each in group)
    return (
        [each for each in statements if each.id not in held],
        [each for each in statements if each.id in held],
    )


def _place(group: Sequence[Statement]) -> str:
    return min(hashlib.sha256(f"held out {each.conversation_id}".encode()).hexdigest() for each in group)


def _groups(statements: Sequence[Statement]) -> list[list[Statement]]:
    """What belongs together (union-find over what they share)."""
    by_person = len({each.person_id for each in statements}) >= BY_PERSON_FROM
    parents = list(range(len(statements)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    first: dict[tuple[str, str], int] = {}
    for number, each in enumerate(statements):
        shared = [("conversation", each.conversation_id), ("question", question_key(each))]
        shared += [("person", each.person_id)] if by_person else []
        for what in shared:
            parents[root(number)] = root(first.setdefault(what, number))
    groups: dict[int, list[Statement]] = defaultdict(list)
    for number, each in enumerate(statements):
        groups[root(number)].append(each)
    return list(groups.values())


def sample_of(statement: Statement, method: Method) -> Sample:
    """A statement as training reads it; who said it is left behind."""
    if method == "dpo":
        return Preference(
            id=statement.id, messages=statement.messages, chosen=statement.better, rejected=statement.worse,
            source=SOURCE, meta={"how": statement.source},
        )  # fmt: skip
    return Judgement(
        id=statement.id, messages=statement.messages, answer=statement.better or statement.worse,
        good=bool(statement.better), source=SOURCE, meta={"how": statement.source},
    )  # fmt: skip


def write_set(
    folder: Path,
    learnt: Sequence[Statement],
    held_out: Sequence[Statement],
    method: Method,
    steps: Sequence[StepFacts],
) -> TrainingSet:
    """Write a data folder; whoever finds its card knows that it is whole.

    Args:
        folder: Made if need be.
        learnt: What is trained on.
        held_out: What is measured on.
        method: `dpo` or `kto`.
        steps: What was done to the statements, for the card.
    """
    kind: Kind = "preferences" if method == "dpo" else "judgements"
    files = []
    for split, statements in zip(SPLITS, (learnt, held_out), strict=True):
        samples = [sample_of(each, method) for each in statements]
        path = folder / kind / f"{split}-00000{SUFFIX}"
        with written(path) as file:
            for sample in samples:
                file.write(line_of(sample))
        files.append(_file_facts(folder, path, kind, split, statements))
    card = _card(files, [*learnt, *held_out], kind, steps)
    write_card(card, folder)
    people = len({each.person_id for each in (*learnt, *held_out)})
    return TrainingSet(kind, len(learnt), len(held_out), people, card.data_sha256)


def _file_facts(folder: Path, path: Path, kind: Kind, split: Split, statements: Sequence[Statement]) -> FileFacts:
    return FileFacts(
        path=path.relative_to(folder).as_posix(), kind=kind, split=split, samples=len(statements),
        characters=_characters(statements), sha256=file_sha256(path),
    )  # fmt: skip


def _characters(statements: Sequence[Statement]) -> int:
    return sum(
        len(each.better) + len(each.worse) + sum(len(turn.content) for turn in each.messages) for each in statements
    )


def _card(files: list[FileFacts], statements: list[Statement], kind: Kind, steps: Sequence[StepFacts]) -> Card:
    said = hashlib.sha256("".join(sorted(each.id for each in statements)).encode()).hexdigest()
    source = SourceFacts(
        name=SOURCE, kind=SOURCE, samples_kind=kind, licence=LICENCE, language="", commit="", samples=len(statements),
        characters=_characters(statements), kept=len(statements), repeats=1.0,
        training_characters=sum(file.characters for file in files if file.split == "train"), sha256=said,
    )  # fmt: skip
    return Card(
        name=SOURCE,
        description="What people said of answers here and allowed to train on, personal data masked.",
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        causerie=version("causerie"),
        seed=0,
        holdout=files[1].samples / max(1, len(statements)),
        recipe_sha256="",
        plan_sha256="",
        data_sha256=hashlib.sha256("".join(file.path + file.sha256 for file in files).encode()).hexdigest(),
        sources=(source,),
        steps=tuple(steps),
        files=tuple(files),
    )
