"""From what a person names to a subject: a model here or of an upstream, a run, a folder, a file.

Does: find it; use the server that is up on this machine, or else load the model for this evaluation alone; join the
torch scorer to a model whose file is here, where torch is.
Does not: download.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from causerie.data.packages import needed
from causerie.errors import EngineUnavailable, ModelNotFound, Unauthenticated
from causerie.evaluation.contract import Subject
from causerie.evaluation.subjects.asked import Asked
from causerie.evaluation.subjects.joined import Joined
from causerie.inference import catalogue, gguf, own_server
from causerie.inference.contract import Model, Operation
from causerie.inference.model_files import file_sha256
from causerie.inference.own_server import OwnServer
from causerie.inference.pool import Check
from causerie.inference.router import Router
from causerie.inference.wire import Timeouts, client_session, read_whole
from causerie.settings import Settings
from causerie.training import runs
from causerie.training.run_folder import RECIPE
from causerie.training.start_files import weights_in

UPSTREAM_AT_ONCE = 16
"""Questions at the same time to a model of an upstream: servers of GPUs answer many together."""
LOCAL_FOR_A_SLOT = 2
"""Questions in flight for each slot of llama.cpp: the next one waits there, not here."""
TORCH = ("torch", "gguf", "safetensors", "tokenizers", "tiktoken", "jinja2", "numpy")
ARCHITECTURES = frozenset({"llama", "qwen2", "qwen3"})
"""Those that `modeling/` computes."""
FLOAT32_BYTES = 4
MEMORY_SHARE = 0.5
"""Of the memory that is free, which weights in torch may take beside llama.cpp's."""


@asynccontextmanager
async def opened(
    settings: Settings, name: str | None, *, anywhere: bool = True, check: Check | None = None
) -> AsyncIterator[Subject]:
    """The subject of this name, for as long as the context lasts.

    Args:
        settings: Where models are.
        name: Of a model (None = the default one); a path of a GGUF file, a Hugging Face folder or a run; a run's
            name, as `run:NAME`.
        anywhere: Also by a path; a request over HTTP may not.
        check: What a model's file must pass before it is loaded into a process of this one's.

    Raises:
        ModelNotFound: There is none.
        CauserieError: It cannot be loaded.
    """
    path = _path(settings, name or "", anywhere=anywhere)
    if path is not None:
        yield await asyncio.to_thread(_in_torch, path)
        return
    async with client_session(keep_alive=True) as session:
        served = await _served(settings, session)
        if served is not None and served.serves(name):
            yield await _subject(settings, served.canonical(name), served.send)
            return
        async with Router(settings, check=check) as router:
            alone = _Alone(router)
            yield await _subject(settings, router.resolve(name), alone.send)


async def _subject(settings: Settings, name: str, send: Any) -> Subject:  # noqa: ANN401 - a method of two classes
    """The model of this canonical name, with all that is known of it."""

    async def to_it(operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await send(operation, {"model": name, **body})
        return answer

    model = next((each for each in await asyncio.to_thread(catalogue.installed, settings) if each.name == name), None)
    if model is None:
        asked = Asked(name=name, version="", at_once=UPSTREAM_AT_ONCE, send=to_it)
        return replace(asked, abilities=asked.abilities | {"text"}) if await asked.can_echo() else asked
    version = model.sha256 or await asyncio.to_thread(lambda: file_sha256(gguf.shards(model.path)))
    asked = Asked(name=name, version=version, at_once=settings.slots * LOCAL_FOR_A_SLOT, send=to_it)
    return Joined(asked, lambda: _scorer(model, version)) if _has_scorer(model) else asked


def _has_scorer(model: Model) -> bool:
    """Whether torch can hold the model: the packages are there (looked for, not loaded), the network, the memory."""
    installed = all(find_spec(name) is not None for name in TORCH)
    known = model.kind == "gguf" and model.architecture in ARCHITECTURES and len(gguf.shards(model.path)) == 1
    fits = 0 < model.parameters * FLOAT32_BYTES < psutil.virtual_memory().available * MEMORY_SHARE
    return installed and known and fits


def _scorer(model: Model, version: str) -> Subject:
    from causerie.evaluation.subjects.local import open_local

    return open_local(model.path, model.name, version)


def _path(settings: Settings, name: str, *, anywhere: bool) -> Path | None:
    """What to load in torch (None = `name` is no path and no run)."""
    kind, colon, run = name.partition(":")
    if colon and kind == "run":
        return _of_run(runs.find(settings, run))
    path = Path(name)
    if not anywhere or not name:
        return None
    if (path / RECIPE).is_file():
        return _of_run(path)
    return path if (path / "config.json").is_file() or (path.suffix == ".gguf" and path.is_file()) else None


def _of_run(run: Path) -> Path:
    exported = run / "export" / "hf"
    if not (exported / "config.json").is_file():
        raise ModelNotFound(
            "the run {name} has no model yet",
            name=run.name,
            hint="let it end, or `causerie models add {name}` makes one",
        )
    return exported


def _in_torch(path: Path) -> Subject:
    needed(*TORCH)
    from causerie.evaluation.subjects.local import open_local

    files = [path] if path.is_file() else weights_in(path)
    run = path.parents[1] if path.parts[-2:] == ("export", "hf") else path
    return open_local(path, run.stem if path.is_file() else run.name, file_sha256(files))


class _Alone:
    """A model loaded into this process's own child."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def send(self, operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
        async with self._router.send(operation, body) as reply:
            return _parsed(await reply.read())


class _Served:
    """A causerie that is up on this machine."""

    def __init__(self, server: OwnServer) -> None:
        self._server = server

    def serves(self, name: str | None) -> bool:
        return bool(self.canonical(name))

    def canonical(self, name: str | None) -> str:
        """The server's name for the model (empty = it has none, or one that does not chat).

        Of a released name it is the model in service: what is judged is one model, whatever is tried beside it.
        """
        models = {str(model["name"]): model for model in self._server.models if model.get("chat")}
        wanted = name or self._server.default
        if wanted == "starter":
            wanted = next((each for each, model in models.items() if model.get("starter")), wanted)
        release = models.get(wanted, {}).get("release")
        wanted = str(release["model"]) if release else wanted
        return wanted if wanted in models else ""

    async def send(self, operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
        async with self._server.post(operation, body, Timeouts(connect_s=5.0)) as response:
            return _parsed(await read_whole(response, own_server.FAILURES))


async def _served(settings: Settings, session: aiohttp.ClientSession) -> _Served | None:
    """The server that is up (None = there is none; or it is not ours to ask, and the model is loaded here)."""
    try:
        server = await own_server.find(settings, session)
    except Unauthenticated:
        return None
    return _Served(server) if server is not None else None


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise EngineUnavailable("the server gave an answer that is not JSON") from error
    if not isinstance(answer, dict):
        raise EngineUnavailable("the server gave an answer that is not JSON")
    return answer
