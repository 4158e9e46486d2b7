"""A model that two engines hold: llama.cpp answers, torch gives the probabilities of whole texts.

Does: send each question to the one that can; load torch only when the first text comes.
Does not: mix their figures: an answer says what it was scored by.
"""

import asyncio
from collections.abc import Callable, Sequence

from causerie.evaluation.contract import Ability, Answer, Message, Subject


class Joined:
    """See the top of this file. Implements `contract.Subject`."""

    def __init__(self, asked: Subject, scorer: Callable[[], Subject]) -> None:
        """Ask `asked`, and for texts what `scorer` loads (called once, in a thread)."""
        self._asked = asked
        self._load = scorer
        self._scorer: asyncio.Task[Subject] | None = None

    @property
    def name(self) -> str:
        """As `contract.Subject`."""
        return self._asked.name

    @property
    def version(self) -> str:
        """As `contract.Subject`."""
        return self._asked.version

    @property
    def abilities(self) -> frozenset[Ability]:
        """As `contract.Subject`."""
        return self._asked.abilities | {"text"}

    @property
    def at_once(self) -> int:
        """As `contract.Subject`."""
        return self._asked.at_once

    async def chat(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0, seed: int | None = 0
    ) -> Answer:
        """As `contract.Subject`."""
        return await self._asked.chat(messages, max_tokens=max_tokens, temperature=temperature, seed=seed)

    async def next_token_log_probabilities(self, messages: Sequence[Message], candidates: Sequence[str]) -> Answer:
        """As `contract.Subject`."""
        return await self._asked.next_token_log_probabilities(messages, candidates)

    async def text_log_probability(self, text: str, *, after: str = "") -> Answer:
        """As `contract.Subject`."""
        if self._scorer is None:
            self._scorer = asyncio.create_task(asyncio.to_thread(self._load))
        return await (await self._scorer).text_log_probability(text, after=after)
