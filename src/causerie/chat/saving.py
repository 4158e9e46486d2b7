"""Answers on their way to their rows: about every second while they are written, and at their end at once.

Does: write what has changed of all running answers in one transaction, so that two hundred of them cost one; keep
what the database does not take, and try again.
Does not: make an answer wait, except for its end.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog
from sqlalchemy import bindparam, update

from causerie.chat.running import Running
from causerie.chat.tables import Conversation, Message
from causerie.database.engine import Database
from causerie.database.tables import now
from causerie.errors import DatabaseUnavailable

EVERY_S = 1.0
"""What a power cut may take of an answer, at most."""
LAST_TRIES = 3
"""At the end of the server, when the database does not answer."""
_MESSAGES = Message.__table__
_UPDATE = update(_MESSAGES).where(_MESSAGES.c.id == bindparam("answer"))  # type: ignore[arg-type] # it is a Table
_logger = structlog.get_logger(__name__)


class Saver:
    """See the module. `run` it as a task; `flush` it at the end.

    Args:
        database: Where the rows are.
        running: The answers that there are.
        saved: Called with each answer whose end is in its row.
    """

    def __init__(
        self, database: Database, running: Callable[[], Iterable[Running]], saved: Callable[[Running], None]
    ) -> None:
        self._database = database
        self._running = running
        self._saved = saved
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """An answer has ended: do not wait for the second to pass."""
        self._hurry.set()

    async def run(self) -> None:
        """Save for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._hurry.wait()
            self._hurry.clear()
            if not await self._try():
                await asyncio.sleep(EVERY_S)

    async def flush(self) -> None:
        """Save all that there is, for the last time."""
        for _ in range(LAST_TRIES):
            if await self._try():
                return
            await asyncio.sleep(EVERY_S)

    async def _try(self) -> bool:
        try:
            await self._save()
        except DatabaseUnavailable as error:
            _logger.warning("answers wait for the database", error=error.message)
            return False
        return True

    async def _save(self) -> None:
        due = [each for each in self._running() if each.status is not None or each.seq > each.saved_seq]
        if not due:
            return
        seen = [(each, each.seq, each.status is not None, each.columns()) for each in due]
        async with self._database.write() as session:
            for over in (False, True):  # these have other columns than those
                rows = [{**columns, "answer": each.message_id} for each, _, ended, columns in seen if ended is over]
                if rows:
                    await session.execute(_UPDATE, rows)
            ended = {each.conversation_id for each, _, over, _ in seen if over}
            if ended:
                await session.execute(
                    update(Conversation).where(Conversation.id.in_(ended)).values(updated_at=now())
                    .execution_options(synchronize_session=False)
                )  # fmt: skip
        for each, seq, over, _ in seen:
            each.saved_seq = seq
            if over:
                self._saved(each)
