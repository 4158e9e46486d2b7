"""A duty done again and again in the background, beside whatever else a process does.

Does: wait, do it, and say so where the database does not answer, until it is stopped.
Does not: survive any other failure: a duty handles its own.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from causerie.errors import DatabaseUnavailable

_logger = structlog.get_logger(__name__)


class Repeated:
    """One duty, from now on. For use inside a running event loop.

    Args:
        seconds: Between two times; the first comes after as many.
        duty: What is done.
        waiting: What the log says while the database does not answer.
    """

    def __init__(self, seconds: float, duty: Callable[[], Awaitable[object]], waiting: str) -> None:
        self._task = asyncio.create_task(_every(seconds, duty, waiting))

    async def stop(self) -> None:
        """Stop, also in the middle."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def _every(seconds: float, duty: Callable[[], Awaitable[object]], waiting: str) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await duty()
        except DatabaseUnavailable as error:
            _logger.warning(waiting, error=error.message)
