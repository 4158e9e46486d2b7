"""Search in all that a person said and was told.

Does: find the messages that hold all words of a query, the newest first, with the words marked; find titles too.
Does not: keep the index (`search_index.py`: the database does), or see what is another's or in the trash.

Case and accents do not count (`folding.py`). The last word may be the beginning of one, unless a blank follows it;
words in quotes must stand together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.chat import conversations
from causerie.chat.folding import WORD, fold, folded_with_places, words
from causerie.chat.search_index import TABLE
from causerie.chat.tables import Conversation
from causerie.chat.views import Summary, summary
from causerie.errors import InvalidRequest

PAGE = 20
MOST_TITLES = 5
MOST_WORDS = 12
BEFORE, AFTER = 30, 160
"""Characters shown on either side of the first hit: it must be seen in the two lines that a sidebar shows."""
_QUOTED = re.compile(r'"([^"]*)"')
_COLUMNS = "m.number, m.id, m.conversation_id, m.role, m.content, m.created_at, c.title"
_SQLITE = (
    f"SELECT {_COLUMNS} FROM {TABLE} s CROSS JOIN messages m ON m.number = s.rowid "  # noqa: S608 - our own names
    "CROSS JOIN conversations c ON c.id = m.conversation_id "
    f"WHERE s.{TABLE} MATCH :wanted AND s.rowid < :before AND c.deleted_at IS NULL "
    "ORDER BY s.rowid DESC LIMIT :limit"
)
"""SQLite reads its index from the newest end and stops when the page is full; CROSS JOIN keeps it to that order."""
NEWEST, NEWEST_FOR_PHRASES = 2_000, 10_000
"""Messages that PostgreSQL reads one by one first. The index knows no neighbours: a phrase of two frequent words
costs it much more."""
_SHOWN = (
    f"CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM messages m JOIN conversations c ON c.id = m.conversation_id "  # noqa: S608 - our own names
    "WHERE m.number = s.number AND c.deleted_at IS NULL OFFSET 0) m "
)
_POSTGRESQL = (
    f"SELECT m.* FROM (SELECT number, words FROM {TABLE} WHERE owner = :owner AND number < :before "  # noqa: S608 - our own names
    f"ORDER BY number DESC LIMIT :newest) s {_SHOWN}"
    "WHERE s.words @@ to_tsquery('simple', :wanted) ORDER BY s.number DESC LIMIT :limit",
    f"WITH hits AS MATERIALIZED (SELECT number FROM {TABLE} WHERE words @@ to_tsquery('simple', :wanted) "  # noqa: S608 - our own names
    "AND owner = :owner AND number < :before) "
    f"SELECT m.* FROM (SELECT number FROM hits ORDER BY number DESC) s {_SHOWN}"
    "ORDER BY s.number DESC LIMIT :limit",
)
"""PostgreSQL cannot know how rare a word is, and left to choose it reads every message for one that is nowhere. So
the newest messages are read one by one, which fills the page when the words are frequent; when it does not, they are
rare, and all are found by the index. `LATERAL ... OFFSET 0` keeps it from reading messages that are not hits."""
_FIRST = 2**62


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a text, and whether it is one of the words looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A message that holds all the words."""

    conversation_id: str
    title: str
    message_id: str
    role: str
    parts: list[Part]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class TitleHit:
    """A conversation whose title holds all the words."""

    summary: Summary
    parts: list[Part]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of what was found."""

    titles: list[TitleHit]
    """Of the first page only."""
    items: list[Hit]
    next: str | None


@dataclass(frozen=True)
class Query:
    """What is looked for, folded."""

    phrases: tuple[tuple[str, ...], ...]
    """Words that must stand together; most have one word."""
    unfinished: bool
    """The last word may be the beginning of one."""


def parsed(asked: str) -> Query:
    """The words of what a person typed; the first `MOST_WORDS` count."""
    quoted = [tuple(words(inside)) for inside in _QUOTED.findall(asked)]
    rest = _QUOTED.sub(" ", asked)
    single = [(word,) for word in words(rest)]
    phrases = [phrase for phrase in (*quoted, *single) if phrase]
    ends_in_word = bool(single) and bool(rest) and WORD.fullmatch(fold(rest[-1])) is not None
    kept, count = [], 0
    for phrase in phrases:
        count += len(phrase)
        if count <= MOST_WORDS:
            kept.append(phrase)
    return Query(tuple(kept), ends_in_word and len(kept) == len(phrases))


async def search(session: AsyncSession, person_id: str, asked: str, cursor: str | None = None) -> Found:
    """A page of what the person's conversations hold of this.

    Args:
        session: To read in.
        person_id: Whose.
        asked: What they typed; without a word in it nothing is found.
        cursor: The `next` of the page before.

    Raises:
        InvalidRequest: The cursor is not one of ours.
    """
    query = parsed(asked)
    if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise InvalidRequest("this cursor is not one that a page ended with", param="cursor")
    if not query.phrases:
        return Found(titles=[], items=[], next=None)
    rows = await _rows(session, person_id, query, int(cursor) if cursor else _FIRST)
    return Found(
        titles=[] if cursor else await _titles(session, person_id, query),
        items=[_hit(row, query) for row in rows[:PAGE]],
        next=str(rows[PAGE - 1].number) if len(rows) > PAGE else None,
    )


async def _rows(session: AsyncSession, person_id: str, query: Query, before: int) -> Sequence[Row[Any]]:
    """The newest hits, one more than a page holds if there are so many."""
    owner = person_id.replace("_", "")
    given: dict[str, Any] = {"before": before, "limit": PAGE + 1}
    if session.get_bind().dialect.name == "sqlite":
        statements: tuple[str, ...] = (_SQLITE,)
        given["wanted"] = _for_fts5(query, owner)
    else:
        statements = _POSTGRESQL
        phrases = any(len(phrase) > 1 for phrase in query.phrases)
        given |= {"wanted": _for_tsquery(query, owner), "owner": person_id}
        given["newest"] = NEWEST_FOR_PHRASES if phrases else NEWEST
    rows: Sequence[Row[Any]] = ()
    for statement in statements:
        typed = text(statement).columns(created_at=Conversation.created_at.type)
        rows = (await session.execute(typed, given)).all()
        if len(rows) > PAGE:
            break
    return rows


def _for_fts5(query: Query, owner: str) -> str:
    """Words are letters and digits alone, so that nothing of FTS5's language can be in them."""
    wanted = [f'"{" ".join(phrase)}"' for phrase in query.phrases]
    if query.unfinished:
        wanted[-1] += "*"
    return f"owner : {owner} AND words : ({' AND '.join(wanted)})"


def _for_tsquery(query: Query, owner: str) -> str:
    wanted = [" <-> ".join(phrase) for phrase in query.phrases]
    if query.unfinished:
        wanted[-1] += ":*"
    return " & ".join([owner, *(f"({phrase})" for phrase in wanted)])


async def _titles(session: AsyncSession, person_id: str, query: Query) -> list[TitleHit]:
    statement = conversations.with_state(person_id).where(Conversation.deleted_at.is_(None))
    for phrase in query.phrases:
        statement = statement.where(Conversation.title_folded.contains(" ".join(phrase), autoescape=True))
    statement = statement.order_by(Conversation.updated_at.desc()).limit(MOST_TITLES)
    rows = await session.execute(statement)
    return [
        TitleHit(
            summary=summary(row),
            parts=marked(row.title, query, whole=True),
        )
        for row in rows
    ]


def _hit(row: Row[Any], query: Query) -> Hit:
    return Hit(
        conversation_id=row.conversation_id, title=row.title, message_id=row.id, role=row.role,
        parts=marked(row.content, query), created_at=row.created_at,
    )  # fmt: skip


def marked(said: str, query: Query, *, whole: bool = False) -> list[Part]:
    """The text around the first hit, its hits marked.

    Args:
        said: A message or a title.
        query: What is looked for.
        whole: All of the text, and words are marked in the middle of others too.
    """
    folded, places = folded_with_places(said)
    edge = "" if whole else r"(?<![^\W_])"
    patterns = []
    for number, phrase in enumerate(query.phrases):
        prefix = whole or (query.unfinished and number == len(query.phrases) - 1)
        pattern = r"[\W_]+".join(map(re.escape, phrase))
        patterns.append(edge + pattern + (r"[^\W_]*" if prefix and not whole else "" if whole else r"(?![^\W_])"))
    found = [(match.start(), match.end()) for match in re.finditer("|".join(patterns), folded)]
    spans = [(places[start], places[end - 1] + 1) for start, end in found]
    begin, end = (0, len(said)) if whole else _window(said, spans)
    parts: list[Part] = []
    here = begin
    for start, stop in spans:
        if start < here or stop > end:
            continue
        if start > here:
            parts.append(Part(text=said[here:start], hit=False))
        parts.append(Part(text=said[start:stop], hit=True))
        here = stop
    if here < end:
        parts.append(Part(text=said[here:end], hit=False))
    if begin > 0:
        parts.insert(0, Part(text="…", hit=False))
    if end < len(said):
        parts.append(Part(text="…", hit=False))
    return parts


def _window(said: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    first, last = spans[0] if spans else (0, 0)
    begin, end = max(0, first - BEFORE), min(len(said), last + AFTER)
    while begin > 0 and begin < first and not said[begin - 1].isspace():
        begin += 1
    while last < end < len(said) and not said[end].isspace():
        end -= 1
    return begin, end
