"""The desk where conversations are asked for: what the routes call.

Does: hold the parts of this room together; ask, stop and open conversations; tell every tab of the person what
changed, after it is kept.
Does not: speak HTTP, or hold SQL: the files named after what they keep do.

    async with Desk(database, router, settings, rules, named, usage) as desk:
        asked = await desk.ask(caller, conversation_id, question, models=["smollm2"])
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.accounts.identity import Caller
from causerie.accounts.rules import Rules
from causerie.accounts.usage import UsageWriter
from causerie.chat import asking, attachments, conversations, drafts, folders, messages, titles, views
from causerie.chat.answers import Answers
from causerie.chat.asking import Chosen, Kept, Question
from causerie.chat.generation import Surroundings
from causerie.chat.live import Live
from causerie.chat.running import Running
from causerie.database.engine import Database
from causerie.errors import CauserieError, InvalidRequest, ModelNotFound
from causerie.inference.router import Router
from causerie.settings import Settings

TIDY_S = 30.0
"""Seconds between two looks for rings that nobody reads."""
PURGES_EVERY = 120
"""Looks between two purges: an hour."""
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with the answers that have begun, as the page shows them."""

    question: views.Message
    answers: list[views.Message]
    comparison: views.Comparison | None
    conversation: views.Summary
    repeated: bool
    """It had been sent before: nothing was asked again."""


@dataclass(frozen=True, kw_only=True)
class Sidebar:
    """What stands beside a conversation."""

    folders: list[views.Folder]
    pinned: list[views.Summary]
    items: list[views.Summary]
    next: str | None
    draft: views.Draft | None
    event_id: str


@dataclass(frozen=True, kw_only=True)
class Models:
    """Who is to answer, as the person chose."""

    names: Sequence[str] = ()
    """Empty = the conversation's last, else the server's default."""
    blind: bool = False


class Desk:
    """One for each server. Use it as a context manager.

    Args:
        database: Where conversations are.
        router: The models.
        settings: For the data folder and the longest answer.
        rules: Gives the rules of the accounts that are in force.
        named: Gives the canonical name of a model that the caller may ask (None = the default one) in the
            conversation of an id.
        usage: Where it is noted what answers used (None = nowhere).
        lasting: Gives the name that a conversation goes on with, from what was asked for and the model found: a
            released one, or the model's (None = always the model's).
    """

    def __init__(
        self,
        database: Database,
        router: Router,
        settings: Settings,
        rules: Callable[[], Rules],
        named: Callable[[Caller, str | None, str], str],
        usage: UsageWriter | None = None,
        lasting: Callable[[str | None, str], str] | None = None,
    ) -> None:
        self.database = database
        self.live = Live()
        self.folder = settings.home / attachments.FOLDER
        self._router = router
        self._named = named
        self._lasting = lasting or (lambda _, model: model)
        self._around = Surroundings(
            database=database, router=router, rules=rules, attachments=self.folder, max_tokens=settings.max_tokens
        )
        self.answers = Answers(self._around, self.live, usage, self._ended)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.answers.start()
        self._in_background(self._tidy())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.answers.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def sidebar(self, person_id: str) -> Sidebar:
        """What the page shows beside the conversation; five statements at most."""
        event_id = self.live.position(person_id)
        async with self.database.read() as session:
            pinned, _ = await conversations.listed(session, person_id, conversations.Wanted(pinned=True, limit=200))
            items, following = await conversations.listed(session, person_id, conversations.Wanted(pinned=False))
            return Sidebar(
                folders=[views.folder(each) for each in await folders.of_person(session, person_id)],
                pinned=pinned, items=items, next=following,
                draft=await drafts.find(session, person_id, drafts.NEW), event_id=event_id,
            )  # fmt: skip

    async def open(self, person_id: str, conversation_id: str) -> views.Conversation:
        """A whole conversation; two statements, and one more for each of files, comparisons, and files of the draft.

        Raises:
            NotFound: They have none of this id.
        """
        event_id = self.live.position(person_id)  # before the rows: what happens meanwhile is told again, not lost
        async with self.database.read() as session:
            found = await conversations.found(session, person_id, conversation_id)
            shown, compared = await messages.tree(session, conversation_id)
            draft = await drafts.shown(
                session, person_id, conversation_id,
                found.draft_content, found.draft_attachment_ids, found.draft_updated_at,
            )  # fmt: skip
        opened = views.Conversation(
            **views.summary_fields(found), running=any(each.status == "running" for each in shown),
            shared=found.shared, system=found.system, parameters=views.Parameters(**found.parameters),
            messages=shown, comparisons=compared, draft=draft, event_id=event_id,
        )  # fmt: skip
        self.answers.bring_up_to_date(opened.messages)
        return opened

    async def create(self, person_id: str, new: dict[str, Any]) -> views.Conversation:
        """A new, empty conversation; `new` is what `conversations.create` takes.

        Raises:
            NotFound: They have no such folder.
        """
        async with self.database.write() as session:
            conversation = await conversations.create(session, person_id, **new)
        await self.tell_conversation(person_id, conversation.id)
        return await self.open(person_id, conversation.id)

    async def begin(
        self, caller: Caller, *, question: Question, models: Models, parameters: dict[str, Any], new: dict[str, Any]
    ) -> views.Conversation:
        """A new conversation with its first question; `new` is what `conversations.create` takes."""
        if question.parent_id is not None:
            raise InvalidRequest("the first question of a conversation has no parent", param="ask.parent_id")
        async with self.database.write() as session:
            conversation = await conversations.create(session, caller.person_id, **new)
            chosen = self._chosen(caller, models, None, conversation.id)
            await session.flush()
            kept = await asking.keep_question(session, caller.person_id, conversation, question, chosen)
            await drafts.remove(session, caller.person_id, drafts.NEW)
        self.answers.begin(kept, caller, chosen.models, parameters)
        await self._tell_asked(caller, kept)
        self.tell_no_draft(caller.person_id, drafts.NEW)
        return await self.open(caller.person_id, conversation.id)

    async def ask(
        self, caller: Caller, conversation_id: str, question: Question, models: Models, parameters: dict[str, Any]
    ) -> Asked:
        """Ask in a conversation. What comes back is kept already.

        Raises:
            NotFound: They have no such conversation, message or file; or there is no such model.
            Conflict: The conversation is in the trash, or the message above is being written.
            RateLimited: Too many answers of theirs are being written.
        """

        async def keep(session: AsyncSession) -> tuple[Kept, Chosen]:
            conversation = await conversations.open_by_id(session, caller.person_id, conversation_id)
            chosen = self._chosen(caller, models, conversation.model, conversation.id)
            return await asking.keep_question(session, caller.person_id, conversation, question, chosen), chosen

        asked = await self._kept(caller, keep, parameters)
        if not asked.repeated:
            self.tell_no_draft(caller.person_id, conversation_id)
        return asked

    async def answer_again(
        self, caller: Caller, question_id: str, models: Models, parameters: dict[str, Any], client_id: str | None
    ) -> Asked:
        """Further answers to a question. Raises as `ask`."""

        async def keep(session: AsyncSession) -> tuple[Kept, Chosen]:
            question = await messages.by_id(session, caller.person_id, question_id)
            conversation = await conversations.by_id(session, caller.person_id, question.conversation_id)
            chosen = self._chosen(caller, models, conversation.model, conversation.id)
            return await asking.keep_answers(session, caller.person_id, question_id, chosen, client_id), chosen

        return await self._kept(caller, keep, parameters)

    async def stop(self, person_id: str, message_id: str) -> views.Message:
        """Stop an answer; one that has ended stays as it is.

        Raises:
            NotFound: They have no such message.
        """
        async with self.database.read() as session:
            await messages.by_id(session, person_id, message_id)
        await self.answers.stop([message_id])
        return await self.message(person_id, message_id)

    async def stop_all(self, person_id: str, conversation_id: str) -> None:
        """Stop every answer of a conversation.

        Raises:
            NotFound: They have no such conversation.
        """
        async with self.database.read() as session:
            await conversations.by_id(session, person_id, conversation_id)
        await self.answers.stop(self.answers.in_conversation(conversation_id))

    async def message(self, person_id: str, message_id: str) -> views.Message:
        """One message, up to its last piece.

        Raises:
            NotFound: They have none of this id.
        """
        async with self.database.read() as session:
            found = await messages.view_of(session, person_id, message_id)
        self.answers.bring_up_to_date([found])
        return found

    async def entitle(self, caller: Caller, conversation_id: str) -> views.Summary:
        """Ask the model for another title.

        Raises:
            NotFound: They have no such conversation.
            Conflict: Nothing has been answered in it.
            CauserieError: The model cannot.
        """
        await titles.entitle(self._around, caller, conversation_id, again=True)
        return await self.tell_conversation(caller.person_id, conversation_id)

    async def tell_conversation(self, person_id: str, conversation_id: str) -> views.Summary:
        """Tell the tabs how a conversation stands now; gives the same.

        Raises:
            NotFound: They have none of this id.
        """
        async with self.database.read() as session:
            summary = await conversations.summary_of(session, person_id, conversation_id)
        self.live.tell(person_id, "conversation", {"conversation": summary})
        return summary

    async def tell_conversations(self, person_id: str, ids: Sequence[str]) -> None:
        """Tell the tabs how some conversations stand now."""
        async with self.database.read() as session:
            found = await conversations.summaries(session, person_id, ids)
        for summary in found:
            self.live.tell(person_id, "conversation", {"conversation": summary})

    def tell_removed(self, person_id: str, ids: Iterable[str]) -> None:
        """Tell the tabs that conversations are gone for good."""
        for conversation_id in ids:
            self.live.tell(person_id, "conversation_removed", {"id": conversation_id})

    def tell_no_draft(self, person_id: str, key: str) -> None:
        """Tell the tabs that a draft was sent."""
        self.live.tell(person_id, "draft", {"key": key, "content": "", "attachments": [], "updated_at": None})

    def _chosen(self, caller: Caller, models: Models, last: str | None, conversation_id: str) -> Chosen:
        wanted: list[str | None] = [*models.names] or [last]
        try:
            names = [self._named(caller, name, conversation_id) for name in wanted]
        except ModelNotFound:
            if models.names:
                raise
            wanted = [None]  # the one of last time is gone
            names = [self._named(caller, None, conversation_id)]
        if models.blind and len(set(names)) < 2:
            raise InvalidRequest("a blind comparison needs two models or more", param="blind")
        files = {status.name: status.model for status in self._router.models()}
        digests = [model.sha256 if (model := files.get(name)) else "" for name in names]
        versions = [f"sha256:{digest}" if digest else None for digest in digests]
        lasting = self._lasting(wanted[0], names[0])
        return Chosen(models=names, versions=versions, blind=models.blind, lasting=lasting)

    async def _kept(self, caller: Caller, keep: Callable[[AsyncSession], Any], parameters: dict[str, Any]) -> Asked:
        try:
            async with self.database.write() as session:
                kept, chosen = await keep(session)
        except IntegrityError:  # the same question, sent twice at one moment: the other is there now
            async with self.database.write() as session:
                kept, chosen = await keep(session)
        if not kept.repeated:
            self.answers.begin(kept, caller, chosen.models, parameters)
        return await self._tell_asked(caller, kept)

    async def _tell_asked(self, caller: Caller, kept: Kept) -> Asked:
        async with self.database.read() as session:
            ids = [kept.question_id, *kept.answer_ids]
            shown, compared = await messages.some(session, caller.person_id, ids)
            summary = await conversations.summary_of(session, caller.person_id, kept.conversation_id)
        self.answers.bring_up_to_date(shown)
        question = next(each for each in shown if each.id == kept.question_id)
        asked = Asked(
            question=question, answers=[each for each in shown if each.id != kept.question_id],
            comparison=compared[0] if compared else None, conversation=summary, repeated=kept.repeated,
        )  # fmt: skip
        if not kept.repeated:
            self.live.tell(caller.person_id, "conversation", {"conversation": summary})
            for each in (question, *asked.answers):
                self.tell_message(caller.person_id, kept.conversation_id, each)
            if asked.comparison is not None:
                comparison = {"comparison": asked.comparison}
                self.live.tell(caller.person_id, "comparison", comparison, kept.conversation_id)
        return asked

    def tell_message(self, person_id: str, conversation_id: str, message: views.Message) -> None:
        """Tell the tabs that show a conversation how one of its messages stands now."""
        content = {"conversation_id": conversation_id, "message": message}
        self.live.tell(person_id, "message", content, conversation_id)

    def _ended(self, running: Running) -> None:
        self._in_background(self._after(running))

    async def _after(self, running: Running) -> None:
        """What follows the end of an answer: the tabs hear it, and a conversation without a title gets one."""
        person_id, conversation_id = running.caller.person_id, running.conversation_id
        try:
            async with self.database.read() as session:
                message = await messages.view_of(session, person_id, running.message_id)
                summary = await conversations.summary_of(session, person_id, conversation_id)
            self.tell_message(person_id, conversation_id, message)
            self.live.tell(person_id, "conversation", {"conversation": summary})
            wanted = running.status == "complete" and summary.title_origin in titles.MAY_BE_REPLACED
            if wanted and await titles.entitle(self._around, running.caller, conversation_id):
                await self.tell_conversation(person_id, conversation_id)
        except CauserieError as error:  # the conversation went meanwhile, or the model gives no title: all the same
            _logger.debug("nothing follows this answer", error=error.code)

    async def _tidy(self) -> None:
        rounds = 0
        while True:
            self.live.tidy()
            if rounds % PURGES_EVERY == 0:
                try:
                    async with self.database.write() as session:
                        await conversations.purge(session)
                    await attachments.purge(self.database, self.folder)
                except CauserieError as error:
                    _logger.warning("what is to go stays another hour", error=error.message)
            rounds += 1
            await asyncio.sleep(TIDY_S)

    def _in_background(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
