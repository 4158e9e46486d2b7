"""Messages: read as a whole tree, as the way to one of them, or one by one.

Does: read them with their files and feedback, in a number of statements that does not grow.
Does not: write any; `asking.py` and `answers.py` do.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import views
from causerie.chat.personal_tables import Attachment, MessageAttachment
from causerie.chat.tables import Comparison, Conversation, Feedback, Message
from causerie.errors import NotFound

COLUMNS = [column for column in Message.__table__.columns if column.name not in {"person_id", "client_id"}]
"""What a view needs; plain rows of a thousand messages cost a third of a thousand objects."""


async def by_id(session: AsyncSession, person_id: str, message_id: str) -> Message:
    """The person's message of this id.

    Raises:
        NotFound: They have none.
    """
    message = await session.scalar(select(Message).where(Message.id == message_id, Message.person_id == person_id))
    if message is None:
        raise NotFound("there is no such message")
    return message


async def tree(session: AsyncSession, conversation_id: str) -> tuple[list[views.Message], list[views.Comparison]]:
    """The whole tree of a conversation, parents before children, and its comparisons; four statements."""
    query = select(*COLUMNS).where(Message.conversation_id == conversation_id).order_by(Message.number)
    rows = (await session.execute(query)).all()
    inside = select(Message.id).where(Message.conversation_id == conversation_id).scalar_subquery()
    files = await _files(session, MessageAttachment.message_id.in_(inside))
    said = await session.scalars(select(Feedback).where(Feedback.message_id.in_(inside)))
    compared = await session.scalars(select(Comparison).where(Comparison.conversation_id == conversation_id))
    return _viewed(rows, files, list(said), list(compared))


async def some(
    session: AsyncSession, person_id: str, message_ids: Sequence[str]
) -> tuple[list[views.Message], list[views.Comparison]]:
    """These messages of the person's, parents before children, and the comparisons they take part in."""
    mine = Message.id.in_(message_ids), Message.person_id == person_id
    rows = (await session.execute(select(*COLUMNS).where(*mine).order_by(Message.number))).all()
    ids = [row.id for row in rows]
    files = await _files(session, MessageAttachment.message_id.in_(ids))
    said = await session.scalars(select(Feedback).where(Feedback.message_id.in_(ids)))
    comparison_ids = {row.comparison_id for row in rows if row.comparison_id}
    compared = list(await session.scalars(select(Comparison).where(Comparison.id.in_(comparison_ids))))
    answers = await session.execute(
        select(*COLUMNS).where(Message.comparison_id.in_(comparison_ids)).order_by(Message.number)
    )
    shown, _ = _viewed(rows, files, list(said), compared)
    return shown, _compared(answers, compared)


async def view_of(session: AsyncSession, person_id: str, message_id: str) -> views.Message:
    """One message of the person's as the page shows it.

    Raises:
        NotFound: They have none of this id.
    """
    found, _ = await some(session, person_id, [message_id])
    if not found:
        raise NotFound("there is no such message")
    return found[0]


async def way_to(session: AsyncSession, conversation_id: str, message_id: str | None) -> list[Row[Any]]:
    """The messages from the root to this one, whose rows have the columns of `Message`.

    One statement reads the ids of the tree and one the way's texts: other branches may be long.
    """
    if message_id is None:
        return []
    links = select(Message.id, Message.parent_id).where(Message.conversation_id == conversation_id)
    parents: dict[str, str | None] = {row.id: row.parent_id for row in await session.execute(links)}
    way: list[str] = []
    here: str | None = message_id
    while here is not None and here in parents:
        way.append(here)
        here = parents.pop(here)  # a tree has no way back, but a damaged database might
    rows: dict[str, Row[Any]] = {}
    for start in range(0, len(way), 500):
        part = way[start : start + 500]
        found = await session.execute(select(*COLUMNS).where(Message.id.in_(part)))
        rows |= {row.id: row for row in found}
    return [rows[message_id] for message_id in reversed(way)]


async def files_of(session: AsyncSession, message_ids: Sequence[str]) -> dict[str, list[Attachment]]:
    """The files of each of these messages, in order, without their texts."""
    return await _files(session, MessageAttachment.message_id.in_(message_ids))


async def _files(session: AsyncSession, condition: Any) -> dict[str, list[Attachment]]:  # noqa: ANN401 - SQLAlchemy's
    query = select(MessageAttachment.message_id, Attachment).join(
        Attachment, Attachment.id == MessageAttachment.attachment_id
    )
    files: dict[str, list[Attachment]] = defaultdict(list)
    for row in await session.execute(query.where(condition).order_by(MessageAttachment.position)):
        files[row[0]].append(row[1])
    return files


def _viewed(
    rows: Sequence[Row[Any]], files: dict[str, list[Attachment]], said: list[Feedback], compared: list[Comparison]
) -> tuple[list[views.Message], list[views.Comparison]]:
    hidden = {each.id for each in compared if each.blind and each.verdict is None}
    opinions = {each.message_id: views.feedback(each) for each in said}
    shown = [
        views.message(
            row,
            [views.attachment(file) for file in files.get(row.id, ())],
            opinions.get(row.id),
            hide_model=row.comparison_id in hidden,
        )
        for row in rows
    ]
    return shown, _compared(rows, compared)


def _compared(rows: Iterable[Row[Any]], compared: list[Comparison]) -> list[views.Comparison]:
    answers: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.comparison_id:
            answers[row.comparison_id].append(row.id)
    return [views.comparison(each, answers[each.id]) for each in compared]


async def opened(session: AsyncSession, conversation: Conversation, *, shared: bool) -> dict[str, Any]:
    """What of a `views.Conversation` is in the rows of messages."""
    shown, compared = await tree(session, conversation.id)
    running = any(message.status == "running" for message in shown)
    return {
        **views.summary_fields(conversation), "running": running, "shared": shared, "system": conversation.system,
        "parameters": views.Parameters(**conversation.parameters), "messages": shown, "comparisons": compared,
    }  # fmt: skip
