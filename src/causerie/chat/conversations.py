"""Conversations: made, listed, changed, put in the trash, taken out of it, removed.

Does: all of it for one person; what is another's does not exist.
Does not: read messages (`messages.py`) or ask models (`answers.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, Select, and_, delete, exists, or_, outerjoin, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import folders
from causerie.chat.folding import fold
from causerie.chat.personal_tables import Draft
from causerie.chat.running import stored
from causerie.chat.tables import Conversation, Message, Share
from causerie.chat.views import Summary, summary
from causerie.database.tables import new_id, now
from causerie.errors import Conflict, InvalidRequest, NotFound

TRASH_DAYS = 30
"""After which a conversation in the trash is removed for good."""
TITLE_CHARACTERS = 80
"""Of a title made of a question's beginning."""
State = Literal["active", "archived", "trash"]
_CONVERSATIONS, _DRAFTS = Conversation.__table__.c, Draft.__table__.c
_COLUMNS = [
    _CONVERSATIONS[name]
    for name in (
        "id", "title", "title_origin", "folder_id", "pinned_at", "archived_at", "deleted_at", "model", "head_id",
        "created_at", "updated_at",
    )
]  # fmt: skip
_BESIDE = [
    *(_CONVERSATIONS[name] for name in ("system", "parameters")),
    *(_DRAFTS[name].label(f"draft_{name}") for name in ("content", "attachment_ids", "updated_at")),
]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which conversations to list."""

    state: State = "active"
    folder_id: str | None = None
    pinned: bool | None = None
    cursor: str | None = None
    limit: int = 50


async def create(
    session: AsyncSession, person_id: str, *, title: str = "", folder_id: str | None = None, system: str = "",
    parameters: dict[str, Any] | None = None,
) -> Conversation:  # fmt: skip
    """A new, empty conversation.

    Raises:
        NotFound: They have no such folder.
    """
    if folder_id is not None:
        await folders.by_id(session, person_id, folder_id)
    moment = now()
    conversation = Conversation(
        id=new_id("conv"), person_id=person_id, folder_id=folder_id, system=system, parameters=parameters or {},
        created_at=moment, updated_at=moment,
    )  # fmt: skip
    entitle(conversation, title, "person" if title else "none")
    session.add(conversation)
    return conversation


async def by_id(session: AsyncSession, person_id: str, conversation_id: str) -> Conversation:
    """The person's conversation of this id, wherever it is.

    Raises:
        NotFound: They have none.
    """
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None or conversation.person_id != person_id:
        raise NotFound("there is no such conversation")
    return conversation


async def open_by_id(session: AsyncSession, person_id: str, conversation_id: str) -> Conversation:
    """As `by_id`, for who wants to go on with it.

    Raises:
        NotFound: They have none.
        Conflict: It is in the trash.
    """
    conversation = await by_id(session, person_id, conversation_id)
    if conversation.deleted_at is not None:
        raise Conflict("this conversation is in the trash", hint="take it out of the trash first")
    return conversation


def entitle(conversation: Conversation, title: str, origin: str) -> None:
    """Give a title, and say whose it is."""
    conversation.title = stored(" ".join(title.split()))[:200]
    conversation.title_folded = fold(conversation.title)[:400]
    conversation.title_origin = origin


def title_of_question(question: str) -> str:
    """The beginning of a question, cut at a word."""
    line = " ".join(question[: 4 * TITLE_CHARACTERS].split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"


async def change(session: AsyncSession, person_id: str, conversation_id: str, given: dict[str, Any]) -> Conversation:
    """Change what is given of `title`, `folder_id`, `pinned`, `archived`, `head_id`, `system`, `parameters`.

    Raises:
        NotFound: They have no such conversation, folder or message in it.
    """
    conversation = await by_id(session, person_id, conversation_id)
    if given.get("folder_id") is not None:
        await folders.by_id(session, person_id, given["folder_id"])
    if given.get("head_id") is not None:
        await _must_hold(session, conversation_id, given["head_id"])
    for name in ("folder_id", "head_id", "system", "parameters"):
        if name in given:
            setattr(conversation, name, given[name])
    for name, column in (("pinned", "pinned_at"), ("archived", "archived_at")):
        if name in given:
            setattr(conversation, column, (getattr(conversation, column) or now()) if given[name] else None)
    if title := given.get("title"):
        entitle(conversation, title, "person")
    elif title == "":
        first = await session.scalar(
            select(Message.content)
            .where(Message.conversation_id == conversation_id)
            .order_by(Message.number)
            .limit(1)
        )
        entitle(conversation, title_of_question(first or ""), "question" if first else "none")
    return conversation


async def _must_hold(session: AsyncSession, conversation_id: str, message_id: str) -> None:
    held = select(Message.id).where(Message.id == message_id, Message.conversation_id == conversation_id)
    if await session.scalar(held) is None:
        raise NotFound("there is no such message in this conversation", param="head_id")


def _listing(person_id: str, wanted: Wanted) -> Select[Any]:
    query = with_state(person_id)
    if wanted.state == "trash":
        query = query.where(Conversation.deleted_at.is_not(None))
    else:
        archived = (
            Conversation.archived_at.is_not(None)
            if wanted.state == "archived"
            else Conversation.archived_at.is_(None)
        )
        query = query.where(Conversation.deleted_at.is_(None), archived)
    if wanted.folder_id is not None:
        query = query.where(Conversation.folder_id == wanted.folder_id)
    if wanted.pinned is not None:
        query = query.where(Conversation.pinned_at.is_not(None) == wanted.pinned)
    return query


def with_state(person_id: str, *more: Any) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's
    """What `views.summary` takes of a person's conversations: `running` and `shared` beside columns of their own.

    Args:
        person_id: Whose.
        *more: Further columns.
    """
    running = exists().where(Message.conversation_id == Conversation.id, Message.status == "running")
    open_link = or_(Share.expires_at.is_(None), Share.expires_at > now())
    shared = exists().where(Share.conversation_id == Conversation.id, Share.revoked_at.is_(None), open_link)
    return select(*_COLUMNS, running.label("running"), shared.label("shared"), *more).where(
        Conversation.person_id == person_id
    )


async def listed(session: AsyncSession, person_id: str, wanted: Wanted) -> tuple[list[Summary], str | None]:
    """A page of conversations, the last asked first, and the cursor of the next page.

    Raises:
        InvalidRequest: The cursor is not one of ours.
    """
    query = _listing(person_id, wanted)
    if wanted.cursor:
        query = query.where(tuple_(Conversation.updated_at, Conversation.id) < _place(wanted.cursor))
    query = query.order_by(Conversation.updated_at.desc(), Conversation.id.desc()).limit(wanted.limit + 1)
    rows = [summary(row) for row in await session.execute(query)]
    if len(rows) <= wanted.limit:
        return rows, None
    last = rows[wanted.limit - 1]
    return rows[: wanted.limit], f"{last.updated_at.isoformat()}~{last.id}".replace("+00:00", "Z")


def _place(cursor: str) -> tuple[datetime, str]:
    moment, _, conversation_id = cursor.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not conversation_id:
        raise InvalidRequest("this cursor is not one that a page ended with", param="cursor")
    return at, conversation_id


async def found(session: AsyncSession, person_id: str, conversation_id: str) -> Row[Any]:
    """What is shown of one conversation beside its messages, in one statement.

    A row of `with_state` with `system`, `parameters`, and its draft: `draft_content`, `draft_attachment_ids`,
    `draft_updated_at` (None = there is no draft).

    Raises:
        NotFound: They have none of this id.
    """
    own = and_(Draft.person_id == Conversation.person_id, Draft.key == Conversation.id)
    query = with_state(person_id, *_BESIDE).select_from(outerjoin(Conversation, Draft, own))
    row: Row[Any] | None = (await session.execute(query.where(Conversation.id == conversation_id))).first()
    if row is None:
        raise NotFound("there is no such conversation")
    return row


async def summaries(session: AsyncSession, person_id: str, ids: Sequence[str]) -> list[Summary]:
    """These conversations of the person's, in no order; those that are not theirs are left out."""
    return [summary(row) for row in await session.execute(with_state(person_id).where(Conversation.id.in_(ids)))]


async def summary_of(session: AsyncSession, person_id: str, conversation_id: str) -> Summary:
    """One conversation as lists show it.

    Raises:
        NotFound: They have none of this id.
    """
    found = await summaries(session, person_id, [conversation_id])
    if not found:
        raise NotFound("there is no such conversation")
    return found[0]


async def discard(session: AsyncSession, person_id: str, conversation_id: str) -> Conversation:
    """Put a conversation in the trash.

    Raises:
        NotFound: They have none of this id.
    """
    conversation = await by_id(session, person_id, conversation_id)
    conversation.deleted_at = conversation.deleted_at or now()
    return conversation


async def restore(session: AsyncSession, person_id: str, conversation_id: str) -> Conversation:
    """Take a conversation out of the trash.

    Raises:
        NotFound: They have none of this id.
    """
    conversation = await by_id(session, person_id, conversation_id)
    conversation.deleted_at = None
    return conversation


async def remove(session: AsyncSession, person_id: str, conversation_id: str) -> None:
    """Remove a conversation for good.

    Raises:
        NotFound: They have none of this id.
        Conflict: It is not in the trash.
    """
    conversation = await by_id(session, person_id, conversation_id)
    if conversation.deleted_at is None:
        raise Conflict("only what is in the trash can be removed for good")
    await session.delete(conversation)


async def empty_trash(session: AsyncSession, person_id: str) -> list[str]:
    """Remove all that is in the person's trash; gives the ids."""
    gone = delete(Conversation).where(Conversation.person_id == person_id, Conversation.deleted_at.is_not(None))
    return list(await session.scalars(gone.returning(Conversation.id)))


async def purge(session: AsyncSession) -> int:
    """Remove what has been in anybody's trash for `TRASH_DAYS`; gives their number."""
    before = now() - timedelta(days=TRASH_DAYS)
    gone = delete(Conversation).where(Conversation.deleted_at < before).returning(Conversation.id)
    return len(list(await session.scalars(gone)))
