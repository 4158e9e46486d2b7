"""What people said since the last release, and allowed to train on, with personal data masked.

Does: read opinions and votes through the room chat, mask, and give them all the same form.
Does not: judge any of it; see `poisoning.py` and `pairs.py`.

Masked before it is written anywhere: nothing of a round's folder holds what the masks cover.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import people
from causerie.chat import feedback
from causerie.chat.feedback import Turn
from causerie.data.contract import Message, Role
from causerie.data.steps.personal_data import Detected, masked
from causerie.improvement.contract import Source, Statement

MOST_STATEMENTS = 50_000
"""Of one round, the newest: about a day of training on one GPU, and 200 MB of memory."""
MOST_CHARACTERS = 100_000
"""Of one statement; longer ones fit no context that is trained here."""
_KINDS: tuple[Detected, ...] = get_args(Detected)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Collected:
    """Statements, and what was done to them."""

    statements: list[Statement]
    masked: dict[str, int]
    """Personal data that was masked, by kind."""
    left_out: dict[str, int]
    """Statements that were not taken, by reason."""
    accounts: int
    """People who could have said something: those who are not kept out."""


async def collect(session: AsyncSession, since: datetime | None, until: datetime) -> Collected:
    """What people said, the oldest first.

    Args:
        session: To read in.
        since: Only what was said after this (None = all).
        until: Only what was said up to this: a step that is done again takes the same.
    """
    accounts = await people.joined(session)
    found = [each async for each in _said(session, since) if each.at <= until]
    left_out: dict[str, int] = {}
    kept: list[Statement] = []
    for each in sorted(found, key=lambda one: (one.at, one.id)):
        reason = _unfit(each, accounts)
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            kept.append(replace(each, joined_at=accounts[each.person_id]))
    if len(kept) > MOST_STATEMENTS:
        left_out["older than the newest that one round takes"] = len(kept) - MOST_STATEMENTS
        kept = kept[-MOST_STATEMENTS:]
    counts: dict[str, int] = {}
    return Collected([mask(each, counts) for each in _said_once(kept)], counts, left_out, len(accounts))


def _said_once(statements: list[Statement]) -> list[Statement]:
    """Without the thumbs that a pair of the same person has already."""
    judged = set()
    for each in statements:
        if each.is_pair:
            judged |= {(_asked(each), each.better, True), (_asked(each), each.worse, False)}
    return [
        each
        for each in statements
        if each.is_pair or (_asked(each), each.better or each.worse, bool(each.better)) not in judged
    ]


def _asked(statement: Statement) -> tuple[object, ...]:
    return statement.person_id, statement.conversation_id, statement.messages


def _unfit(statement: Statement, accounts: dict[str, datetime]) -> str:
    """Why a statement is not taken (empty = it is)."""
    if statement.person_id not in accounts:
        return "the account is gone or kept out"
    if not statement.messages or statement.messages[-1].role == "assistant":
        return "there is no question before the answer"
    texts = (*(message.content for message in statement.messages), statement.better, statement.worse)
    if sum(map(len, texts)) > MOST_CHARACTERS:
        return "too long"
    return ""


async def _said(session: AsyncSession, since: datetime | None) -> AsyncIterator[Statement]:
    async for pair in feedback.pairs(session, since):
        yield _statement(pair.source, pair, pair.prompt, pair.chosen, pair.rejected)
    async for judged in feedback.judgements(session, since):
        better, worse = (judged.answer, "") if judged.good else ("", judged.answer)
        yield _statement("thumb", judged, judged.prompt, better, worse)


def _statement(
    source: Source, said: feedback.PreferencePair | feedback.JudgedAnswer, prompt: list[Turn], better: str, worse: str
) -> Statement:
    # Its id is made of what it says, so that it is the same each time and tells nothing.
    named = json.dumps([source, said.person_id, said.question_id, better, worse])
    return Statement(
        id=hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        source=source,
        person_id=said.person_id,
        conversation_id=said.conversation_id,
        messages=tuple(Message(_role(turn.role), turn.content) for turn in prompt),
        better=better.strip(),
        worse=worse.strip(),
        at=said.at,
        joined_at=_LONG_AGO,
    )


def _role(name: str) -> Role:
    return "assistant" if name == "assistant" else "system" if name == "system" else "user"


def mask(statement: Statement, counts: dict[str, int]) -> Statement:
    """The statement with marks in the place of personal data; `counts` grows by what was masked, by kind."""

    def covered(text: str) -> str:
        text, found = masked(text, _KINDS)
        for kind, times in found.items():
            counts[kind] = counts.get(kind, 0) + times
        return text

    return replace(
        statement,
        messages=tuple(Message(turn.role, covered(turn.content)) for turn in statement.messages),
        better=covered(statement.better),
        worse=covered(statement.worse),
    )


def write(path: Path, statements: Iterable[Statement]) -> str:
    """Keep statements, one a line, whole or not at all; the SHA-256 of the file."""
    lines = "".join(json.dumps(each.to_json(), ensure_ascii=False) + "\n" for each in statements)
    content = lines.encode("utf-8", "surrogatepass")
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)
    return hashlib.sha256(content).hexdigest()


def read(path: Path) -> list[Statement]:
    """Statements that `write` kept."""
    lines = path.read_bytes().decode("utf-8", "surrogatepass").split("\n")
    return [Statement.from_json(json.loads(line)) for line in lines if line]
