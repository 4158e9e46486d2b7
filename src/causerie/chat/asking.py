"""Questions, kept before they are acknowledged.

Does: check a question against the tree it joins, and write it with an empty running answer for each model, in one
transaction; find the first sending when a question is sent twice.
Does not: answer; `answers.py` does, once this is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import conversations, drafts, messages
from causerie.chat.personal_tables import Attachment, MessageAttachment
from causerie.chat.tables import Comparison, Conversation, Message
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, InvalidRequest, NotFound, RateLimited

MOST_RUNNING = 8
"""Answers of one person that are written at the same time."""
MOST_FILES = 20
"""Of one question."""
COLUMNS_OF_SOME = ("client_id", "comparison_id", "ended_at", "model", "model_version")
"""Of a message: columns that only questions or only answers have."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a person asks."""

    content: str
    parent_id: str | None
    attachment_ids: Sequence[str] = ()
    client_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Who is to answer."""

    models: Sequence[str]
    """Canonical names."""
    versions: Sequence[str | None]
    lasting: str
    """What the conversation asks for next: the first model, or a released name, whatever answers to it then."""
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was written, or had been written before."""

    conversation_id: str
    question_id: str
    answer_ids: list[str] = field(default_factory=list)
    repeated: bool = False
    """It had been sent before: nothing was written."""


async def repeated(session: AsyncSession, person_id: str, conversation_id: str, client_id: str | None) -> Kept | None:
    """What an earlier sending of the same question made (None = it is the first)."""
    if client_id is None:
        return None
    sent = select(Message).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
    first = await session.scalar(sent.where(Message.person_id == person_id))
    if first is None:
        return None
    if first.role == "user":
        query = select(Message.id).where(Message.parent_id == first.id, Message.conversation_id == conversation_id)
        answers = list(await session.scalars(query.order_by(Message.number)))
        return Kept(conversation_id=conversation_id, question_id=first.id, answer_ids=answers, repeated=True)
    answers = [first.id]
    if first.comparison_id:
        together = select(Message.id).where(Message.comparison_id == first.comparison_id)
        answers = list(await session.scalars(together.order_by(Message.number)))
    return Kept(conversation_id=conversation_id, question_id=first.parent_id or "", answer_ids=answers, repeated=True)


async def keep_question(
    session: AsyncSession, person_id: str, conversation: Conversation, question: Question, chosen: Chosen
) -> Kept:
    """Write a question and its running answers.

    Raises:
        InvalidRequest: It has neither words nor files.
        NotFound: The parent is not in this conversation, or a file is not theirs.
        Conflict: The parent is still being written.
        RateLimited: Too many answers of theirs run.
    """
    before = await repeated(session, person_id, conversation.id, question.client_id)
    if before is not None:
        return before
    if not question.content and not question.attachment_ids:
        raise InvalidRequest("a question needs words or a file", param="content")
    await _check(session, conversation, question.parent_id, len(chosen.models))
    files = await _files(session, person_id, question.attachment_ids)
    asked = _message(conversation, question.parent_id, "user", content=question.content, client_id=question.client_id)
    asked["ended_at"] = asked["created_at"]
    await drafts.remove(session, person_id, conversation.id)
    kept = await _keep(session, conversation, asked, chosen, None)
    for position, file in enumerate(files):
        session.add(MessageAttachment(message_id=kept.question_id, attachment_id=file.id, position=position))
    if conversation.title_origin == "none":
        name = question.content or next((file.name for file in files), "")
        conversations.entitle(conversation, conversations.title_of_question(name), "question")
    return kept


async def keep_answers(
    session: AsyncSession, person_id: str, question_id: str, chosen: Chosen, client_id: str | None
) -> Kept:
    """Write further running answers to a question.

    Raises:
        NotFound: They have no such question.
        InvalidRequest: It is no question.
        Conflict: The conversation is in the trash.
        RateLimited: Too many answers of theirs run.
    """
    question = await messages.by_id(session, person_id, question_id)
    if question.role != "user":
        raise InvalidRequest("only a question can be answered", param="message_id")
    conversation = await conversations.open_by_id(session, person_id, question.conversation_id)
    before = await repeated(session, person_id, conversation.id, client_id)
    if before is not None:
        return before
    await _check(session, conversation, None, len(chosen.models))
    return await _keep(session, conversation, question.id, chosen, client_id)


async def _keep(
    session: AsyncSession,
    conversation: Conversation,
    question: dict[str, Any] | str,
    chosen: Chosen,
    client_id: str | None,
) -> Kept:
    """Write a question, unless it is there already (then its id is given), and its answers, in one statement."""
    fresh = [] if isinstance(question, str) else [question]
    question_id = question if isinstance(question, str) else question["id"]
    comparison_id = new_id("comparison") if len(chosen.models) > 1 else None
    answers = [
        _message(
            conversation, question_id, "assistant", status="running", model=model, model_version=version,
            comparison_id=comparison_id, client_id=client_id if index == 0 else None,
        )
        for index, (model, version) in enumerate(zip(chosen.models, chosen.versions, strict=True))
    ]  # fmt: skip
    # In this order, so that their numbers are in it too.
    await session.execute(insert(Message.__table__), [*fresh, *answers])  # type: ignore[arg-type] # it is a Table
    if comparison_id is not None:
        session.add(
            Comparison(
                id=comparison_id, conversation_id=conversation.id, person_id=conversation.person_id,
                question_id=question_id, blind=chosen.blind,
            )
        )  # fmt: skip
    conversation.head_id, conversation.updated_at = answers[0]["id"], now()
    if not chosen.blind:  # the name would tell who answers
        conversation.model = chosen.lasting
    ids = [answer["id"] for answer in answers]
    return Kept(conversation_id=conversation.id, question_id=question_id, answer_ids=ids)


def _message(
    conversation: Conversation,
    parent_id: str | None,
    role: str,
    **columns: Any,  # noqa: ANN401 - a column's value
) -> dict[str, Any]:
    """A row with the same columns whoever says it, so that several make one statement."""
    given = {
        "id": new_id("msg"), "conversation_id": conversation.id, "person_id": conversation.person_id,
        "parent_id": parent_id, "role": role, "created_at": now(),
    }  # fmt: skip
    return dict.fromkeys(COLUMNS_OF_SOME) | {"content": "", "status": "complete"} | given | columns


async def _check(session: AsyncSession, conversation: Conversation, parent_id: str | None, answers: int) -> None:
    """That the message above (None = there is none) takes one below it, and that so many answers may begin."""
    mine = Message.status == "running", Message.person_id == conversation.person_id
    above = select(Message.status).where(Message.id == parent_id, Message.conversation_id == conversation.id)
    found = await session.execute(
        select(select(func.count()).where(*mine).scalar_subquery(), above.scalar_subquery())
    )
    running, status = found.one()
    if parent_id is not None and status is None:
        raise NotFound("there is no such message in this conversation", param="parent_id")
    if status == "running":
        raise Conflict(
            "the answer above is still being written", param="parent_id", hint="wait for its end, or stop it"
        )
    if running + answers > MOST_RUNNING:
        raise RateLimited(
            "{running} of your answers are being written, and {limit} is the limit", running=running,
            limit=MOST_RUNNING, retry_after=5, hint="wait for one to end, or stop one",
        )  # fmt: skip


async def _files(session: AsyncSession, person_id: str, ids: Sequence[str]) -> list[Attachment]:
    if not ids:
        return []
    if len(ids) > MOST_FILES or len(set(ids)) != len(ids):
        raise InvalidRequest(
            "a question takes {limit} different files at most", limit=MOST_FILES, param="attachment_ids"
        )
    mine = select(Attachment).where(Attachment.id.in_(ids), Attachment.person_id == person_id)
    found = {file.id: file for file in await session.scalars(mine)}
    if len(found) < len(ids):
        raise NotFound("there is no such attachment", param="attachment_ids")
    return [found[file_id] for file_id in ids]
