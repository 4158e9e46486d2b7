"""What people say of answers: thumbs, reasons, better answers, votes. This is where the closed loop begins.

Does: keep one opinion for each answer, and one vote for each comparison; list what people allowed to train on, as
pairs of a better and a worse answer to the same conversation, and as single answers found good or bad.
Does not: train; the room `improvement` does. Count answers that were imported: whoever wrote the file wrote them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import messages
from causerie.chat.tables import Comparison, Feedback, Message
from causerie.chat.views import Verdict
from causerie.database.tables import now
from causerie.errors import Conflict, InvalidRequest, NotFound

Reason = Literal[
    "wrong", "made_up", "incomplete", "off_topic", "not_as_asked", "unsafe", "language", "style",
    "correct", "clear", "complete",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
UP, DOWN = 1, -1
_GIVEN_HERE = Message.total_ms.is_not(None)
"""An answer that a model gave here, whole, stopped or failed. What a crash cut off has no duration, nor has what was
imported: that bears any text and any model's name."""
Source = Literal["better_answer", "vote", "ratings"]
"""How an answer is known to be better: written by the person; chosen side by side; one up, its sibling down."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What a person says of an answer."""

    rating: int
    """`UP` or `DOWN`."""
    reasons: list[str]
    text: str = ""
    better: str = ""
    consent: bool = False


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message of what was asked."""

    role: str
    content: str


@dataclass(frozen=True, kw_only=True)
class PreferencePair:
    """Two answers to the same conversation, of which a person preferred one and allowed to train on it."""

    source: Source
    person_id: str
    conversation_id: str
    question_id: str
    prompt: list[Turn]
    """The branch, up to the question."""
    chosen: str
    rejected: str
    chosen_model: str | None
    """None = a person wrote it."""
    rejected_model: str | None
    chosen_version: str | None
    rejected_version: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class JudgedAnswer:
    """One answer that a person found good or bad, and allowed to train on it."""

    person_id: str
    conversation_id: str
    question_id: str
    prompt: list[Turn]
    """The branch, up to the question."""
    answer: str
    good: bool
    model: str | None
    version: str | None
    at: datetime


async def give(session: AsyncSession, person_id: str, message_id: str, opinion: Opinion) -> tuple[Feedback, str]:
    """Keep an opinion in the place of the one before; gives it, and the conversation's id.

    Raises:
        NotFound: They have no such message.
        InvalidRequest: It is not a model's answer.
        Conflict: It is being written.
    """
    message = await messages.by_id(session, person_id, message_id)
    if message.role != "assistant":
        raise InvalidRequest("only an answer takes feedback")
    if message.status == "running":
        raise Conflict("this answer is still being written")
    row = await session.get(Feedback, (message_id, person_id))
    if row is None:
        row = Feedback(message_id=message_id, person_id=person_id, created_at=now())
        session.add(row)
    row.rating, row.reasons, row.text = opinion.rating, list(opinion.reasons), opinion.text
    row.better, row.consent, row.updated_at = opinion.better, opinion.consent, now()
    row.model, row.model_version = message.model, message.model_version
    return row, message.conversation_id


async def take_back(session: AsyncSession, person_id: str, message_id: str) -> str:
    """Forget an opinion; gives the conversation's id.

    Raises:
        NotFound: They have no such message.
    """
    message = await messages.by_id(session, person_id, message_id)
    row = await session.get(Feedback, (message_id, person_id))
    if row is not None:
        await session.delete(row)
    return message.conversation_id


async def vote(
    session: AsyncSession,
    person_id: str,
    comparison_id: str,
    verdict: Verdict,
    winner_id: str | None,
    *,
    consent: bool,
) -> tuple[Comparison, list[str]]:
    """Keep a vote; gives the comparison and the ids of its answers. The winner becomes the conversation's head.

    Raises:
        NotFound: They have no such comparison.
        InvalidRequest: The winner is not one of its answers, or is missing, or is not wanted.
        Conflict: They have voted already, or an answer is being written.
    """
    comparison = await session.get(Comparison, comparison_id)
    if comparison is None or comparison.person_id != person_id:
        raise NotFound("there is no such comparison")
    query = select(Message.id, Message.status).where(Message.comparison_id == comparison_id).order_by(Message.number)
    answers = (await session.execute(query)).all()
    if comparison.verdict is not None:
        raise Conflict("this comparison has a vote already")
    if any(row.status == "running" for row in answers):
        raise Conflict("an answer is still being written", hint="wait for its end, or stop it")
    ids = [row.id for row in answers]
    if (winner_id in ids) != (verdict == "winner") or (winner_id is not None and verdict != "winner"):
        raise InvalidRequest("a winner, and only a winner, names one of the answers", param="winner_id")
    comparison.verdict, comparison.winner_id, comparison.voted_at = verdict, winner_id, now()
    comparison.consent = consent
    return comparison, ids


async def pairs(session: AsyncSession, since: datetime | None = None) -> AsyncIterator[PreferencePair]:
    """What people allowed to train on, as pairs, oldest first within each source.

    Args:
        session: To read in.
        since: Only what was said after this (None = all).
    """
    for found in await _better_answers(session, since):
        yield await _pair(session, *found)
    for found in await _votes(session, since):
        yield await _pair(session, *found)
    for found in await _ratings(session, since):
        yield await _pair(session, *found)


async def judgements(session: AsyncSession, since: datetime | None = None) -> AsyncIterator[JudgedAnswer]:
    """Every thumb that people allowed to train on, the oldest first.

    Args:
        session: To read in.
        since: Only what was said after this (None = all).
    """
    query = select(Feedback, Message).join(Message, Message.id == Feedback.message_id)
    query = query.where(Feedback.consent, Message.content != "", _GIVEN_HERE)
    if since is not None:
        query = query.where(Feedback.updated_at > since)
    for said, answer in (await session.execute(query.order_by(Feedback.updated_at, Feedback.message_id))).all():
        yield JudgedAnswer(
            person_id=said.person_id,
            conversation_id=answer.conversation_id,
            question_id=answer.parent_id or "",
            prompt=await _prompt(session, answer),
            answer=answer.content,
            good=said.rating == UP,
            model=said.model,
            version=said.model_version,
            at=said.updated_at,
        )


async def count(session: AsyncSession, since: datetime | None = None) -> int:
    """How many opinions and votes people allowed to train on.

    Args:
        session: To read in.
        since: Only those given after this (None = all).
    """
    opinions = select(func.count()).select_from(Feedback).join(Message, Message.id == Feedback.message_id)
    opinions = opinions.where(Feedback.consent, _GIVEN_HERE)
    votes = select(func.count()).select_from(Comparison).where(Comparison.consent, Comparison.verdict == "winner")
    if since is not None:
        opinions, votes = opinions.where(Feedback.updated_at > since), votes.where(Comparison.voted_at > since)
    return (await session.scalar(opinions) or 0) + (await session.scalar(votes) or 0)


async def thumbs(session: AsyncSession, model: str, since: datetime) -> tuple[int, int]:
    """Bad ratings of a model's answers, and all of them, since a moment: whether a release does well."""
    query = select(Feedback.rating, func.count()).join(Message, Message.id == Feedback.message_id)
    query = query.where(Feedback.model == model, Feedback.updated_at >= since, _GIVEN_HERE)
    rows = (await session.execute(query.group_by(Feedback.rating))).all()
    counts: dict[int, int] = {row[0]: row[1] for row in rows}
    return counts.get(DOWN, 0), counts.get(UP, 0) + counts.get(DOWN, 0)


_Found = tuple[Source, Message | str, Message, datetime]
"""The source, the better answer, the worse one, and when it was said."""


async def _better_answers(session: AsyncSession, since: datetime | None) -> list[_Found]:
    query = select(Feedback, Message).join(Message, Message.id == Feedback.message_id)
    query = query.where(Feedback.consent, Feedback.better != "", _GIVEN_HERE)
    if since is not None:
        query = query.where(Feedback.updated_at > since)
    rows = await session.execute(query.order_by(Feedback.updated_at, Feedback.message_id))
    return [("better_answer", row[0].better, row[1], row[0].updated_at) for row in rows]


async def _votes(session: AsyncSession, since: datetime | None) -> list[_Found]:
    query = select(Comparison).where(Comparison.consent, Comparison.verdict == "winner")
    if since is not None:
        query = query.where(Comparison.voted_at > since)
    found: list[_Found] = []
    for comparison in await session.scalars(query.order_by(Comparison.voted_at, Comparison.id)):
        together = select(Message).where(Message.comparison_id == comparison.id).order_by(Message.number)
        answers = list(await session.scalars(together))
        winner = next(answer for answer in answers if answer.id == comparison.winner_id)
        at = comparison.voted_at or comparison.created_at
        found += [("vote", winner, other, at) for other in answers if other is not winner and other.content]
    return found


async def _ratings(session: AsyncSession, since: datetime | None) -> list[_Found]:
    """Of each question: every answer that the person found good, against every one that they found bad."""
    query = select(Feedback, Message).join(Message, Message.id == Feedback.message_id)
    query = query.where(Feedback.consent, _GIVEN_HERE).order_by(Feedback.updated_at, Feedback.message_id)
    by_question: dict[tuple[str | None, str], list[tuple[Feedback, Message]]] = {}
    for row in await session.execute(query):
        by_question.setdefault((row[1].parent_id, row[0].person_id), []).append((row[0], row[1]))
    found: list[_Found] = []
    for said in by_question.values():
        for up in (each for each in said if each[0].rating == UP):
            for down in (each for each in said if each[0].rating == DOWN):
                at = max(up[0].updated_at, down[0].updated_at)
                if (since is None or at > since) and up[1].content and down[1].content:
                    found.append(("ratings", up[1], down[1], at))
    return found


async def _pair(
    session: AsyncSession,
    source: Source,
    better: Message | str,
    worse: Message,
    at: datetime,
) -> PreferencePair:
    written = isinstance(better, str)
    return PreferencePair(
        source=source,
        person_id=worse.person_id,
        conversation_id=worse.conversation_id,
        question_id=worse.parent_id or "",
        prompt=await _prompt(session, worse),
        chosen=better if isinstance(better, str) else better.content,
        rejected=worse.content,
        chosen_model=None if written else better.model,  # type: ignore[union-attr]
        rejected_model=worse.model,
        chosen_version=None if written else better.model_version,  # type: ignore[union-attr]
        rejected_version=worse.model_version,
        at=at,
    )


async def _prompt(session: AsyncSession, answer: Message) -> list[Turn]:
    way = await messages.way_to(session, answer.conversation_id, answer.parent_id)
    return [Turn(role=row.role, content=row.content) for row in way]
