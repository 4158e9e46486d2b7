"""Models come into memory when asked, leave when idle or when another needs room, and start again when they die."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil
import pytest

from causerie.errors import EngineUnavailable, ModelFileError, ModelTooLarge
from causerie.inference import catalogue, pool
from causerie.inference.memory import ENGINE_BYTES, budget_bytes, needed_bytes
from causerie.inference.pool import ModelPool
from causerie.settings import GIB, Settings, load_settings

if TYPE_CHECKING:
    from causerie.inference.llama import LlamaEngine

pytestmark = pytest.mark.engine


@pytest.fixture
def small() -> Settings:
    return load_settings(context_tokens=256, slots=1)


async def test_a_model_is_loaded_when_first_used_and_gone_after_unload(small: Settings) -> None:
    model = catalogue.find(small, "starter")
    async with ModelPool(small) as running:
        assert running.status(model) == ("unloaded", needed_bytes(model, small))
        async with running.use(model) as engine:
            pid = cast("LlamaEngine", engine).child.pid
            state, memory_bytes = running.status(model)
            assert (state, memory_bytes > model.size_bytes) == ("ready", True)
        async with running.use(model) as engine:
            assert cast("LlamaEngine", engine).child.pid == pid
        await running.unload(model.name)
        assert running.status(model)[0] == "unloaded"
        assert not psutil.pid_exists(pid)


async def test_two_who_ask_at_once_share_one_child(small: Settings) -> None:
    model = catalogue.find(small, "starter")

    async def pid(running: ModelPool) -> int:
        async with running.use(model) as engine:
            return cast("LlamaEngine", engine).child.pid

    async with ModelPool(small) as running:
        assert len(set(await asyncio.gather(*(pid(running) for _ in range(4))))) == 1


async def test_closing_leaves_no_child(small: Settings) -> None:
    async with ModelPool(small) as running, running.use(catalogue.find(small, "starter")) as engine:
        pid = cast("LlamaEngine", engine).child.pid
    assert not psutil.pid_exists(pid)


async def test_the_least_recently_used_leaves_when_another_needs_the_room(small: Settings) -> None:
    first = catalogue.find(small, "starter")
    second = replace(first, name="second")
    tight = small.model_copy(update={"memory_budget_gib": needed_bytes(first, small) * 1.5 / GIB})
    async with ModelPool(tight) as running:
        async with running.use(first):
            pass
        async with running.use(second):
            assert running.status(first)[0] == "unloaded"
            assert running.status(second)[0] == "ready"


async def test_a_model_in_use_is_not_unloaded_for_another(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ROOM_WAIT_S", 0.2)
    first = catalogue.find(small, "starter")
    tight = small.model_copy(update={"memory_budget_gib": needed_bytes(first, small) * 1.5 / GIB})
    async with ModelPool(tight) as running, running.use(first):
        with pytest.raises(EngineUnavailable, match="models at work take"):
            async with running.use(replace(first, name="second")):
                pass
        assert running.status(first)[0] == "ready"


async def test_who_waits_for_room_gets_it_when_it_is_free(small: Settings) -> None:
    first = catalogue.find(small, "starter")
    second = replace(first, name="second")
    tight = small.model_copy(update={"memory_budget_gib": needed_bytes(first, small) * 1.5 / GIB})

    async def load_second(running: ModelPool) -> str:
        async with running.use(second):
            return running.status(second)[0]

    async with ModelPool(tight) as running:
        async with running.use(first):
            waiting = asyncio.create_task(load_second(running))
            await asyncio.sleep(0.3)
            assert not waiting.done()
        assert await waiting == "ready"


async def test_a_model_that_cannot_fit_is_refused_beforehand_with_the_sizes(small: Settings) -> None:
    huge = replace(catalogue.find(small, "starter"), name="huge", size_bytes=90 * GIB)
    tight = small.model_copy(update={"memory_budget_gib": 8.0})
    async with ModelPool(tight) as running:
        with pytest.raises(ModelTooLarge, match=r"'huge' needs 90\.2 GiB .*\(90\.0 for its file\).* take 8\.0"):
            async with running.use(huge):
                pass


async def test_an_idle_model_is_unloaded(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOOK_S", 0.05)
    model = catalogue.find(small, "starter")
    async with ModelPool(small.model_copy(update={"idle_unload_s": 0.2})) as running:
        async with running.use(model):
            await asyncio.sleep(0.4)
            assert running.status(model)[0] == "ready"
        for _ in range(1200):
            if running.status(model)[0] == "unloaded":
                break
            await asyncio.sleep(0.05)
        assert running.status(model)[0] == "unloaded"


async def test_a_model_that_keeps_dying_is_started_after_a_growing_pause(small: Settings) -> None:
    model = catalogue.find(small, "starter")
    now = 1000.0
    async with ModelPool(small, clock=lambda: now) as running:
        for _ in range(2):  # the first death costs no wait
            async with running.use(model) as engine:
                os.kill(cast("LlamaEngine", engine).child.pid, signal.SIGKILL)
                await cast("LlamaEngine", engine).child.wait()
        with pytest.raises(EngineUnavailable, match="keeps failing") as caught:
            async with running.use(model):
                pass
        assert caught.value.retry_after == pytest.approx(1.0)
        assert running.status(model)[0] == "failed"
        now += 1.5
        async with running.use(model) as engine:
            assert await engine.health()


async def test_a_damaged_file_is_one_clear_error_and_others_go_on(small: Settings, tmp_path: Path) -> None:
    sound = catalogue.find(small, "starter")
    path = tmp_path / "cut.gguf"
    path.write_bytes(sound.path.read_bytes()[:1_000_000])
    async with ModelPool(small) as running:
        with pytest.raises(ModelFileError):
            async with running.use(replace(sound, name="cut", path=path)):
                pass
        async with running.use(sound) as engine:
            assert await engine.health()


async def test_a_child_that_takes_too_long_is_given_up(small: Settings) -> None:
    hurried = small.model_copy(update={"start_timeout_s": 0.01})
    async with ModelPool(hurried) as running:
        with pytest.raises(EngineUnavailable, match=r"was not ready after 0\.01 s"):
            async with running.use(catalogue.find(small, "starter")):
                pass


def test_memory_is_counted_for_weights_cache_and_engine(small: Settings) -> None:
    model = catalogue.find(small, "starter")
    assert needed_bytes(model, small) == model.size_bytes + 256 * model.cache_bytes_per_token + ENGINE_BYTES
    assert budget_bytes(small.model_copy(update={"memory_budget_gib": 2.0})) == 2 * GIB
    assert 0 < budget_bytes(small) < 2**50
