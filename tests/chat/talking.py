"""A desk without a server around it: people who talk to a stub in a model's place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase

from causerie.accounts import people
from causerie.accounts.identity import Caller, Role
from causerie.accounts.people import NewPerson
from causerie.accounts.rules import Rules
from causerie.accounts.usage import UsageWriter
from causerie.chat import views
from causerie.chat.asking import Question
from causerie.chat.desk import Asked, Desk, Models
from causerie.database.engine import Database
from causerie.inference.router import Router
from causerie.settings import Settings
from tests.inference.stub_upstream import StubUpstream
from tests.server.serving import upstream_config
from tests.server.team import settings_in

OTHER = "another"
"""A second model of the same stub."""
ENDED_S = 60.0


@dataclass
class Talk:
    """A desk at work, and a person at it."""

    desk: Desk
    stub: StubUpstream
    ada: Caller
    bob: Caller

    @property
    def database(self) -> Database:
        return self.desk.database

    async def begin(self, content: str = "Hello?", *, to: tuple[str, ...] = (), **new: Any) -> views.Conversation:
        """A new conversation of Ada's whose first question is answered."""
        question = Question(content=content, parent_id=None)
        made = await self.desk.begin(self.ada, question=question, models=Models(names=to), parameters={}, new=new)
        return await self.ended(made.id)

    async def ask(
        self, conversation_id: str, content: str, parent_id: str | None, *, wait: bool = True, **more: Any
    ) -> Asked:
        """A question of Ada's further down."""
        models = Models(names=more.pop("to", ()), blind=more.pop("blind", False))
        parameters = more.pop("parameters", {})
        question = Question(content=content, parent_id=parent_id, **more)
        asked = await self.desk.ask(self.ada, conversation_id, question, models, parameters)
        if wait:
            await self.ended(conversation_id)
        return asked

    async def ended(self, conversation_id: str) -> views.Conversation:
        """The conversation, once nothing in it is being written or waits to be entitled."""
        async with asyncio.timeout(ENDED_S):
            while True:
                opened = await self.desk.open(self.ada.person_id, conversation_id)
                if not opened.running and opened.title_origin != "question":
                    return opened
                if not opened.running and all(message.status != "complete" for message in _answers(opened)):
                    return opened  # nothing that a title could be made of
                await asyncio.sleep(0.01)

    async def quiet(self) -> None:
        """No answer is being written, and nothing follows the end of one any more."""
        async with asyncio.timeout(ENDED_S):
            while self.desk.answers._running or len(self.desk._tasks) > 1:  # noqa: ASYNC110 - the one that tidies stays
                await asyncio.sleep(0.01)
        if self.desk.answers._usage is not None:
            await self.desk.answers._usage.flush()  # which it else does within a second, in the middle of a test

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the model was asked, but for titles."""
        return [asked for asked in self.stub.requests if asked.get("stream")]

    async def open(self, conversation_id: str) -> views.Conversation:
        return await self.desk.open(self.ada.person_id, conversation_id)

    async def count(self, table: type[DeclarativeBase]) -> int:
        async with self.database.read() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


def _answers(conversation: views.Conversation) -> list[views.Message]:
    return [message for message in conversation.messages if message.role == "assistant"]


def way(conversation: views.Conversation) -> list[str]:
    """What is shown: the texts from the root to the head."""
    by_id = {message.id: message for message in conversation.messages}
    shown = []
    here = conversation.head_id
    while here is not None:
        shown.append(by_id[here].content)
        here = by_id[here].parent_id
    return shown[::-1]


async def join(database: Database, login: str) -> Caller:
    """A member."""
    async with database.write() as session:
        person = await people.create(session, NewPerson(login=login, name=login.title(), role=Role.MEMBER))
        return Caller(person.id, person.name, Role(person.role))


def config(stub: StubUpstream) -> str:
    """A server with two models, both the stub's."""
    return upstream_config(stub).replace(f'models = ["{stub.model}"]', f'models = ["{stub.model}", "{OTHER}"]')


@asynccontextmanager
async def desk_of(database: Database, settings: Settings, rules: Rules | None = None) -> AsyncIterator[Desk]:
    """A desk with a router of its own."""
    known = rules or Rules()
    async with Router(settings) as router, UsageWriter(database, lambda: known) as usage:
        desk = Desk(database, router, settings, lambda: known, lambda _, name, __: router.resolve(name), usage)
        async with desk:
            yield desk


def settings_for(settings: Settings, stub: StubUpstream) -> Settings:
    """The test's settings, with the stub as upstream."""
    return settings_in(settings.home, config(stub))
