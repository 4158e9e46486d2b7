"""The shadow: a candidate gets copies of what the release in service is asked, and nobody sees its answers.

Does: ask the candidate after the answer has been given, one copy at a time; count how it does.
Does not: keep a word of the answers, or stand in anybody's way: where it does not keep up, copies are left out.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import structlog

from causerie.errors import CauserieError
from causerie.inference.contract import Operation, Payload, Reply

KEPT = 500
"""Times of the last copies, for the median."""
_logger = structlog.get_logger(__name__)
Send = Callable[[Operation, Payload], AbstractAsyncContextManager[Reply]]


@dataclass
class Copies:
    """How a candidate did with its copies."""

    requests: int = 0
    failed: int = 0
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))


class Shadow:
    """One for each server.

    Args:
        send: Asks a model, as the router does.
        shadow_of: Which candidate gets copies of what a model is asked (None = none).
    """

    def __init__(self, send: Send, shadow_of: Callable[[str], str | None]) -> None:
        self._send = send
        self._shadow_of = shadow_of
        self._task: asyncio.Task[None] | None = None
        self._copies: dict[str, Copies] = defaultdict(Copies)

    def wants(self, model: str) -> bool:
        """Whether somebody wants copies of what this model is asked; a look into a dictionary."""
        return self._shadow_of(model) is not None

    def answered(self, operation: Operation, payload: Payload) -> None:
        """The model in service has answered: ask its candidate the same, unless it is at work still."""
        candidate = self._shadow_of(payload["model"])
        if candidate is None or (self._task is not None and not self._task.done()):
            return
        copied = {key: value for key, value in payload.items() if key not in {"stream", "stream_options"}}
        self._task = asyncio.create_task(self._ask(operation, candidate, {**copied, "model": candidate}))

    def of(self, model: str) -> Copies:
        """How a candidate did since `forget`."""
        return self._copies[model]

    def forget(self, model: str) -> None:
        """Begin to count anew: a stage has begun."""
        self._copies.pop(model, None)

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _ask(self, operation: Operation, candidate: str, payload: Payload) -> None:
        copies, began = self._copies[candidate], time.perf_counter()
        copies.requests += 1
        try:
            async with self._send(operation, payload) as reply:
                await reply.read()
        except CauserieError as error:
            if error.status >= 500:  # what the request itself asked wrongly says nothing of the model
                copies.failed += 1
            _logger.info("a shadow failed", model=candidate, error=error.code)
        else:
            copies.seconds.append(time.perf_counter() - began)
