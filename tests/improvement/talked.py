"""People who talked and said what they think, as the page leaves it in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts import people
from causerie.accounts.people import NewPerson
from causerie.accounts.tables import Person
from causerie.chat import feedback
from causerie.chat.feedback import Opinion
from causerie.chat.tables import Comparison, Conversation, Message
from causerie.database.engine import Database
from causerie.database.tables import new_id


@dataclass(frozen=True)
class Talked:
    """Speaks for people; each call is a transaction of its own."""

    database: Database

    async def join(self, login: str) -> str:
        """A new account; its id."""
        async with self.database.write() as session:
            return (await people.create(session, NewPerson(login=login, name=login.title()))).id

    async def asked(self, person_id: str, question: str, *answers: str) -> list[str]:
        """A conversation of one question with its answers; their ids."""
        async with self.database.write() as session:
            conversation = Conversation(id=new_id("conv"), person_id=person_id)
            session.add(conversation)
            await session.flush()
            root = await _said(session, conversation, None, "user", question)
            return [(await _said(session, conversation, root, "assistant", each)).id for each in answers]

    async def compared(self, person_id: str, question: str, winner: str, loser: str, *, consent: bool = True) -> None:
        """Two answers side by side, and a vote."""
        ids = await self.asked(person_id, question, winner, loser)
        async with self.database.write() as session:
            first = await session.scalar(select(Message).where(Message.id == ids[0]))
            assert first is not None
            comparison = Comparison(
                id=new_id("cmp"), conversation_id=first.conversation_id, person_id=person_id,
                question_id=first.parent_id or "", blind=True,
            )  # fmt: skip
            session.add(comparison)
            await session.flush()
            await session.execute(update(Message).where(Message.id.in_(ids)).values(comparison_id=comparison.id))
            await feedback.vote(session, person_id, comparison.id, "winner", ids[0], consent=consent)

    async def thinks(
        self,
        person_id: str,
        message_id: str,
        rating: int,
        *,
        consent: bool = True,
        at: datetime | None = None,
        **more: Any,
    ) -> None:
        """An opinion of an answer."""
        async with self.database.write() as session:
            opinion = Opinion(rating=rating, reasons=[], consent=consent, **more)
            row, _ = await feedback.give(session, person_id, message_id, opinion)
            if at is not None:
                await session.flush()
                row.updated_at = at

    async def disable(self, person_id: str, at: datetime) -> None:
        async with self.database.write() as session:
            await session.execute(update(Person).where(Person.id == person_id).values(disabled_at=at))


async def _said(
    session: AsyncSession, conversation: Conversation, parent: Message | None, role: str, content: str
) -> Message:
    message = Message(
        id=new_id("msg"), conversation_id=conversation.id, person_id=conversation.person_id, role=role,
        parent_id=parent.id if parent else None, content=content, model="theirs" if role == "assistant" else None,
        total_ms=1 if role == "assistant" else None,
    )  # fmt: skip
    session.add(message)
    await session.flush()
    return message
