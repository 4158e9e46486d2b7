"""The answers that are being written. An answer belongs to the server, not to the tab that asked for it.

Does: write each in a task of its own that no client's going ends; tell the person's tabs every piece; have it saved
about every second and at its end; stop it when the person says so; mark as interrupted what a stop or a crash of the
server cut off, with what there was of it.
Does not: keep questions (`asking.py`) or ask models (`generation.py`).
"""

import asyncio
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import structlog
from sqlalchemy import update

from causerie.accounts.identity import Caller
from causerie.accounts.usage import Answered, UsageWriter
from causerie.chat import views
from causerie.chat.asking import Kept
from causerie.chat.generation import Surroundings, generate
from causerie.chat.live import Live
from causerie.chat.running import Running
from causerie.chat.saving import Saver
from causerie.chat.tables import Message
from causerie.database.tables import now
from causerie.errors import CauserieError

OK = 200
_logger = structlog.get_logger(__name__)


class Answers:
    """All running answers of this server; `start` before the first, `close` after the last.

    Args:
        around: What an answer needs of the server.
        live: Who tells the tabs.
        usage: Where it is noted what an answer used (None = nowhere).
        ended: Called with each answer that has ended and is saved.
    """

    def __init__(
        self, around: Surroundings, live: Live, usage: UsageWriter | None, ended: Callable[[Running], None]
    ) -> None:
        self._around = around
        self._live = live
        self._usage = usage
        self._ended = ended
        self._running: dict[str, Running] = {}
        self._saver = Saver(around.database, lambda: list(self._running.values()), self._saved)
        self._saving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Mark as interrupted what the last stop of the server cut off, and begin to save."""
        cut = update(Message).where(Message.status == "running").values(status="interrupted", ended_at=now())
        async with self._around.database.write() as session:
            count = len(list(await session.scalars(cut.returning(Message.id))))
        if count:
            _logger.info("answers were cut off by the end of the server", answers=count)
        self._saving = asyncio.create_task(self._saver.run())

    async def close(self) -> None:
        """End every answer as interrupted, and save all there is."""
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        await self._saver.flush()

    def begin(self, kept: Kept, caller: Caller, models: Iterable[str], parameters: dict[str, Any]) -> None:
        """Write the answers that were kept."""
        for message_id, model in zip(kept.answer_ids, models, strict=True):
            running = Running(
                message_id=message_id, conversation_id=kept.conversation_id, question_id=kept.question_id,
                caller=caller, model=model, parameters=parameters,
            )  # fmt: skip
            self._running[message_id] = running
            running.task = asyncio.create_task(self._write(running))
            running.task.add_done_callback(partial(self._over, running))

    async def stop(self, message_ids: Iterable[str]) -> None:
        """End these answers where they stand; returns when that is saved."""
        found = [self._running[message_id] for message_id in message_ids if message_id in self._running]
        for running in found:
            running.stopping = "stopped"
            if running.task is not None:
                running.task.cancel()
        for running in found:
            await running.ended.wait()

    def in_conversation(self, conversation_id: str) -> list[str]:
        """The running answers of a conversation."""
        return [each.message_id for each in self._running.values() if each.conversation_id == conversation_id]

    def snapshots(self, conversation_id: str) -> list[dict[str, Any]]:
        """What there is of each running answer of a conversation."""
        return [
            {
                "message_id": each.message_id,
                "seq": each.seq,
                "content": each.content.text,
                "reasoning": each.reasoning.text,
            }
            for each in self._running.values()
            if each.conversation_id == conversation_id and each.status is None
        ]

    def bring_up_to_date(self, messages: list[views.Message]) -> None:
        """Put what is in memory into messages that were read from rows, which are a second behind."""
        for message in messages:
            running = self._running.get(message.id)
            if running is not None and message.status == "running":
                message.content, message.reasoning = running.content.text, running.reasoning.text
                message.seq, message.left_out = running.seq, running.left_out

    async def _write(self, running: Running) -> None:
        person_id, about = running.caller.person_id, running.conversation_id

        def piece(content: str, reasoning: str) -> None:
            running.add(content, reasoning)
            said = {"message_id": running.message_id, "seq": running.seq}
            said |= {"content": content} if content else {}
            said |= {"reasoning": reasoning} if reasoning else {}
            self._live.tell(person_id, "delta", said, about)

        try:
            await generate(self._around, running, piece)
            running.status = "complete"
        except asyncio.CancelledError:
            running.status = running.stopping
        except CauserieError as error:
            running.fail(error)
        except Exception as error:
            _logger.error("an answer failed", exception=_where(error))  # noqa: TRY400 - its message may quote the prompt
            _logger.debug("an answer failed", exc_info=error)
            running.fail(CauserieError("the server failed while it wrote this answer"))
        self._note(running)

    def _over(self, running: Running, _: asyncio.Task[None]) -> None:
        if running.status is None:  # it was stopped before its first step
            running.status = running.stopping
        self._saver.hurry()

    def _note(self, running: Running) -> None:
        if self._usage is None:
            return
        self._usage.note(
            Answered(
                caller=running.caller, model=running.model, operation="chat",
                status=CauserieError.status if running.status == "failed" else OK, tokens_in=running.tokens_in,
                tokens_out=running.tokens_out, first_token_s=running.first_token_s, total_s=running.total_s,
            )
        )  # fmt: skip

    def _saved(self, running: Running) -> None:
        self._running.pop(running.message_id, None)
        running.ended.set()
        self._ended(running)


def _where(error: Exception) -> str:
    return "".join((*traceback.format_tb(error.__traceback__), type(error).__qualname__))
