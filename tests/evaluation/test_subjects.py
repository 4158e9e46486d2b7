"""The starter, in llama.cpp and in torch, and what servers of others say: the same questions, the same figures."""

import json
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import torch

from causerie.errors import (
    CauserieError,
    ContextLengthExceeded,
    EngineError,
    ModelNotFound,
    NotFound,
    UnsupportedParameter,
)
from causerie.evaluation.contract import Subject
from causerie.evaluation.subjects.asked import Asked, log_sum
from causerie.evaluation.subjects.joined import Joined
from causerie.evaluation.subjects.local import Local, open_local, windows
from causerie.evaluation.subjects.opening import _Served, opened
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.inference.own_server import OwnServer
from causerie.inference.packaged import STARTER_NAME, STARTER_SHA256
from causerie.inference.wire import client_session
from causerie.settings import Settings, load_settings
from tests.evaluation.answering import MODEL, Answerer
from tests.running import running_server
from tests.training.runs import recipe_of
from tests.training.talks import write_talks
from tests.training.test_export import taught

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("evaluation")]
CAPITAL = [{"role": "user", "content": "The capital of France is\nA. Paris\nB. Berlin\nAnswer with one letter."}]
SEA = "The sea is blue and the sky is blue. Les chats dorment toute la journée."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("home"), port=1, context_tokens=1024, slots=2)


@pytest.fixture(scope="module")
def starter(home: Settings) -> Model:
    return catalogue.find(home, "starter")


@pytest.fixture(scope="module")
def local(starter: Model) -> Local:
    return open_local(starter.path, "starter", "")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(home: Settings) -> AsyncIterator[Subject]:
    async with opened(home, "starter") as subject:
        yield subject


@pytest.mark.asyncio(loop_scope="module")
async def test_a_model_of_the_catalogue_can_all_and_is_known_by_its_file(here: Subject, local: Local) -> None:
    assert isinstance(here, Joined)
    assert (here.name, here.version) == (STARTER_NAME, STARTER_SHA256)
    assert here.abilities == {"chat", "next-token", "text"}
    assert here.at_once == 4
    answer = await here.chat([{"role": "user", "content": "Say hello."}], max_tokens=12)
    assert answer.text.strip()
    assert 0 < answer.tokens_out <= 12
    assert answer.tokens_in > 5
    assert answer == await here.chat([{"role": "user", "content": "Say hello."}], max_tokens=12)
    scored = await here.text_log_probability(SEA)
    assert scored.log_probabilities == pytest.approx((await local.text_log_probability(SEA)).log_probabilities)


@pytest.mark.asyncio(loop_scope="module")
async def test_llama_cpp_and_torch_see_the_same_next_token(here: Subject, local: Local) -> None:
    one = await here.next_token_log_probabilities(CAPITAL, ["A", "B"])
    other = await local.next_token_log_probabilities(CAPITAL, ["A", "B"])
    assert one.log_probabilities == pytest.approx(other.log_probabilities, abs=0.4)  # 4-bit arithmetic
    assert one.scored_by == other.scored_by == "log-probabilities"
    assert one.tokens_in == other.tokens_in


async def test_torch_gives_the_probability_of_a_text_as_the_sum_of_its_tokens(local: Local) -> None:
    whole = (await local.text_log_probability(SEA)).log_probabilities[0]
    begin, _, end = SEA.partition(" and")
    first = (await local.text_log_probability(begin)).log_probabilities[0]
    rest = (await local.text_log_probability(SEA, after=begin)).log_probabilities[0]
    assert whole == pytest.approx(first + rest, rel=1e-4)
    assert end
    bits = -whole / math.log(2) / len(SEA.encode())
    assert 0.5 < bits < 3
    assert (await local.text_log_probability("xq zzv kjq wpl")).log_probabilities[0] < first
    assert (await local.text_log_probability(SEA, after=SEA)).log_probabilities == (0.0,)


async def test_a_text_that_is_longer_than_the_context_is_read_in_windows(local: Local) -> None:
    ids = local.tokenizer.encode(SEA * 4)
    small = Local("x", "", local.network, local.tokenizer)
    exact = (await small.text_log_probability(SEA * 4)).log_probabilities[0]
    config = local.network.config
    object.__setattr__(config, "context", len(ids) // 2)
    try:
        cut = (await small.text_log_probability(SEA * 4)).log_probabilities[0]
        with pytest.raises(ContextLengthExceeded):
            await small.next_token_log_probabilities([{"role": "user", "content": SEA * 4}], ["A"])
        with pytest.raises(ContextLengthExceeded):  # the end would follow from a part of the beginning alone
            await small.text_log_probability(SEA * 4, after=SEA * 3)
        assert (await small.text_log_probability(SEA, after="The sea")).log_probabilities[0] < 0
    finally:
        object.__setattr__(config, "context", 8192)
    assert cut == pytest.approx(exact, rel=0.25)
    assert cut != exact


@pytest.mark.parametrize(("length", "context"), [(1, 4), (4, 4), (5, 4), (6, 4), (17, 4), (100, 7), (3, 1)])
def test_windows_cover_each_token_once_and_fit(length: int, context: int) -> None:
    seen: list[int] = []
    for begin, end, new in windows(length, context):
        assert 0 < end - begin <= context + 1
        assert begin < new or new == 0, "a token is foretold by at least one before it"
        seen += range(new, end)
    assert seen == list(range(length))


async def test_torch_writes_an_answer(local: Local) -> None:
    answer = await local.chat([{"role": "user", "content": "Say hello."}], max_tokens=8)
    assert answer.text.strip()
    assert answer.tokens_out <= 8
    assert answer.finish in {"stop", "length"}
    with torch.inference_mode():
        assert (await local.chat([{"role": "user", "content": "Say hello."}], max_tokens=8)) == answer


async def test_a_run_and_a_folder_are_judged_in_torch(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", port=1)
    data = write_talks(tmp_path / "data")
    run = settings.home / "runs" / "talker"
    from causerie.training.run import train

    train(taught(data, run), tell=lambda _: None)
    for name in ("run:talker", str(run), str(run / "export" / "hf"), str(run / "export" / "model.gguf")):
        async with opened(settings, name) as subject:
            assert isinstance(subject, Local)
            assert len(subject.version) == 64
            assert (await subject.text_log_probability("hello")).log_probabilities[0] < 0
    with pytest.raises(NotFound):
        async with opened(settings, "run:none"):
            pass
    with pytest.raises(CauserieError):  # a request over HTTP may name no path
        async with opened(settings, str(run), anywhere=False):
            pass


async def test_a_run_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    from causerie.training.recipe_file import toml_of

    settings = load_settings(home=tmp_path / "home", port=1)
    run = settings.home / "runs" / "young"
    run.mkdir(parents=True)
    (run / "recipe.toml").write_text(toml_of(recipe_of(tmp_path, run)))
    with pytest.raises(ModelNotFound, match="has no model yet"):
        async with opened(settings, "run:young"):
            pass


async def test_a_server_that_is_up_is_asked_rather_than_a_second_copy_loaded(tmp_path: Path) -> None:
    async with Answerer() as answerer:
        with running_server(tmp_path / "home", f'default_model = "{MODEL}"\n{answerer.config}') as up:
            port = int(up.address.rpartition(":")[2])
            settings = load_settings(home=tmp_path / "elsewhere", port=port)  # it knows no model but the starter
            for name in (MODEL, None):
                async with opened(settings, name) as subject:
                    assert (subject.name, subject.version) == (MODEL, "")
                    assert (await subject.chat(CAPITAL, max_tokens=5)).text == "yes"
            answerer.refusals = [(400, {})]
            with pytest.raises(CauserieError, match="no") as refused:
                async with opened(settings, MODEL) as subject:
                    await subject.chat(CAPITAL, max_tokens=5)
            assert refused.value.status == 400
            async with opened(settings, MODEL) as subject:
                import os
                import signal

                os.kill(up.pid, signal.SIGKILL)
                with pytest.raises(CauserieError, match="stopped answering"):
                    await subject.chat(CAPITAL, max_tokens=5)


async def test_a_released_name_is_judged_as_the_model_in_service() -> None:
    def model(name: str, release: str | None = None, *, starter: bool = False) -> dict[str, object]:
        return {"name": name, "chat": True, "starter": starter, "release": release and {"model": release}}

    models = [model("chat", "small", starter=True), model("small", starter=True), model("other")]
    async with client_session(keep_alive=False) as session:
        served = _Served(OwnServer(session, "", "", default="chat", models=models))
        assert [served.canonical(name) for name in ("chat", None, "starter", "small", "other")] == [
            "small", "small", "small", "small", "other",
        ]  # fmt: skip
        assert not served.serves("none")


async def test_a_model_that_is_not_here_is_not_found(home: Settings) -> None:
    with pytest.raises(ModelNotFound):
        async with opened(home, "none"):
            pass


async def test_an_upstream_is_asked_once_whether_it_repeats_the_prompt(tmp_path: Path) -> None:
    async with Answerer() as answerer:
        async with opened(answerer.settings(tmp_path / "home"), MODEL) as subject:
            assert (subject.name, subject.version) == (MODEL, "")
            assert subject.abilities == {"chat", "next-token"}
            with pytest.raises(UnsupportedParameter, match="does not repeat the prompt"):
                await subject.text_log_probability("a b")
            with pytest.raises(UnsupportedParameter, match="shows no probabilities"):
                await subject.next_token_log_probabilities(CAPITAL, ["A"])
        answerer.echoes = True
        async with opened(answerer.settings(tmp_path / "home"), MODEL) as subject:
            assert "text" in subject.abilities
            told = await subject.text_log_probability("one two three four", after="one two")
            assert told.log_probabilities == pytest.approx((2 * math.log(0.5),))
            assert told.tokens_in == 4
        assert json.dumps(answerer.requests[0]).count("echo") == 1


@pytest.mark.parametrize("said", [{}, {"choices": []}, {"choices": [3]}, {"choices": "x"}])
async def test_an_answer_without_a_choice_is_a_failure_of_the_engine(said: dict[str, object]) -> None:
    async def send(*_: object) -> dict[str, object]:
        return said

    subject = Asked(name="x", version="", at_once=1, send=send)
    with pytest.raises(EngineError, match="without a choice"):
        await subject.chat(CAPITAL, max_tokens=1)
    assert not await subject.can_echo()


def test_probabilities_are_summed_by_their_logarithms() -> None:
    assert log_sum([math.log(0.25), math.log(0.5)]) == pytest.approx(math.log(0.75))
    assert log_sum([-1000.0, -1000.0]) == pytest.approx(-1000 + math.log(2))
    assert log_sum([]) == log_sum([-math.inf]) == -math.inf
