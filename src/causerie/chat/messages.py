"""Messages: read as a whole tree, as the way to one of them, or one by one.

Does: read them with their files and feedback, in a number of statements that does not grow: one, and one more for
each of files and comparisons where there are any.
Does not: write any; `asking.py` and `answers.py` do.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, exists, outerjoin, select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import views
from causerie.chat.personal_tables import Attachment, MessageAttachment
from causerie.chat.tables import Comparison, Feedback, Message
from causerie.errors import NotFound

COLUMNS = [column for column in Message.__table__.columns if column.name not in {"person_id", "client_id"}]
"""What a view needs; plain rows of a thousand messages cost a third of a thousand objects."""
_HAS_FILES = exists().where(MessageAttachment.message_id == Message.id).label("has_files")
_OPINION = [Feedback.__table__.c[name].label(f"said_{name}") for name in views.Feedback.model_fields]
_FILE = [Attachment.__table__.c[name] for name in views.Attachment.model_fields]
_COMPARISON = [
    column
    for column in Comparison.__table__.columns
    if column.name in {"question_id", *views.Comparison.model_fields}
]


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
    """The whole tree of a conversation, parents before children, and its comparisons; one to three statements."""
    here = Message.conversation_id == conversation_id
    rows = (await session.execute(_with_opinions().where(here))).all()
    files: dict[str, list[Row[Any]]] = {}
    if any(row.has_files for row in rows):
        files = await _files(session, MessageAttachment.message_id.in_(select(Message.id).where(here)))
    compared: Sequence[Row[Any]] = ()
    if any(row.comparison_id for row in rows):
        compared = await _comparisons(session, Comparison.conversation_id == conversation_id)
    return _viewed(rows, files, compared), _compared(rows, compared)


async def some(
    session: AsyncSession, person_id: str, message_ids: Sequence[str]
) -> tuple[list[views.Message], list[views.Comparison]]:
    """These messages of the person's, parents before children, and the comparisons they take part in."""
    mine = Message.id.in_(message_ids), Message.person_id == person_id
    rows = (await session.execute(_with_opinions().where(*mine))).all()
    files: dict[str, list[Row[Any]]] = {}
    if with_files := [row.id for row in rows if row.has_files]:
        files = await _files(session, MessageAttachment.message_id.in_(with_files))
    comparison_ids = {row.comparison_id for row in rows if row.comparison_id}
    if not comparison_ids:
        return _viewed(rows, files, ()), []
    compared = await _comparisons(session, Comparison.id.in_(comparison_ids))
    together = select(Message.id, Message.comparison_id).where(Message.comparison_id.in_(comparison_ids))
    answers = (await session.execute(together.order_by(Message.number))).all()
    return _viewed(rows, files, compared), _compared(answers, compared)


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
    """The messages from the root to this one, whose rows have the columns of `Message`, and `has_files`.

    One statement, which climbs from parent to parent: other branches may be long.
    """
    if message_id is None:
        return []
    step, here = select(Message.id, Message.parent_id), Message.conversation_id == conversation_id
    way = step.where(Message.id == message_id, here).cte("way", recursive=True)
    # Without repetition: a tree has no way back, but a damaged database might. And by the parent's id alone: with the
    # conversation's too, PostgreSQL reads the whole conversation for each step.
    way = way.union(step.where(Message.id == way.c.parent_id))
    query = select(*[*COLUMNS, _HAS_FILES]).where(Message.id == way.c.id, here).order_by(Message.number)
    return list((await session.execute(query)).all())


async def files_of(
    session: AsyncSession, way: Iterable[Row[Any]], *, text: bool = False
) -> dict[str, list[Row[Any]]]:
    """The files of each of these messages, in order: what a view shows of them, their hashes, perhaps their texts.

    Args:
        session: To read in.
        way: Rows of `way_to`.
        text: Whether `text` is wanted.
    """
    ids = [row.id for row in way if row.has_files]
    if not ids:
        return {}
    more = [Attachment.__table__.c.sha256, *([Attachment.__table__.c.text] if text else [])]
    return await _files(session, MessageAttachment.message_id.in_(ids), *more)


async def hidden(session: AsyncSession, conversation_id: str) -> set[str]:
    """The comparisons of a conversation whose models have no names yet."""
    blind = Comparison.conversation_id == conversation_id, Comparison.blind, Comparison.verdict.is_(None)
    return set(await session.scalars(select(Comparison.id).where(*blind)))


def _with_opinions() -> Select[Any]:
    """Messages, parents before children, with what their person said of them and whether they have files."""
    own = and_(Feedback.message_id == Message.id, Feedback.person_id == Message.person_id)
    joined = outerjoin(Message, Feedback, own)
    return select(*COLUMNS, *_OPINION, _HAS_FILES).select_from(joined).order_by(Message.number)


async def _files(session: AsyncSession, condition: Any, *more: Any) -> dict[str, list[Row[Any]]]:  # noqa: ANN401 - SQLAlchemy's
    query = select(MessageAttachment.message_id, *_FILE, *more).join(
        Attachment, Attachment.id == MessageAttachment.attachment_id
    )
    files: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(query.where(condition).order_by(MessageAttachment.position)):
        files[row.message_id].append(row)
    return files


async def _comparisons(session: AsyncSession, condition: Any) -> Sequence[Row[Any]]:  # noqa: ANN401 - SQLAlchemy's
    return (await session.execute(select(*_COMPARISON).where(condition))).all()


def _viewed(
    rows: Sequence[Row[Any]], files: dict[str, list[Row[Any]]], compared: Sequence[Row[Any]]
) -> list[views.Message]:
    nameless = {each.id for each in compared if each.blind and each.verdict is None}
    return [
        views.message(
            row,
            [views.attachment(file) for file in files.get(row.id, ())],
            _opinion(row),
            hide_model=row.comparison_id in nameless,
        )
        for row in rows
    ]


def _opinion(row: Row[Any]) -> views.Feedback | None:
    if row.said_rating is None:
        return None
    return views.Feedback(**{name: getattr(row, f"said_{name}") for name in views.Feedback.model_fields})


def _compared(rows: Iterable[Any], compared: Sequence[Row[Any]]) -> list[views.Comparison]:
    if not compared:
        return []
    answers: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.comparison_id:
            answers[row.comparison_id].append(row.id)
    return [views.comparison(each, answers[each.id]) for each in compared]
