"""An engine killed in the middle of an answer: that answer says so, and the next question is answered."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import openai
import psutil
import pytest

from tests.running import RunningServer, running_server
from tests.server.asking import ask, saying, stream, text_of
from tests.server.conftest import CHAT_MODEL, NO_KEY
from tests.server.raw import send

pytestmark = pytest.mark.engine

TALE: Any = saying("Tell a very long story about a cat, and then another about a dog.")
ENDLESS: dict[str, Any] = {"max_tokens": 8000, "logit_bias": {"2": -100}}
"""The starter's end of a turn (token 2) cannot come: the answer lasts until the engine dies."""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "home") as running:
        yield running


@pytest.fixture
def client(up: RunningServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{up.address}/v1", api_key=NO_KEY, max_retries=0, timeout=150) as client:
        yield client


def engine_of(up: RunningServer) -> psutil.Process:
    (engine,) = [child for child in psutil.Process(up.pid).children() if "llama_child" in " ".join(child.cmdline())]
    return engine


def kill(up: RunningServer) -> None:
    os.kill(engine_of(up).pid, signal.SIGKILL)


def test_the_stream_ends_with_an_error_and_the_next_question_is_answered(
    up: RunningServer, client: openai.OpenAI
) -> None:
    chunks = client.chat.completions.create(model=CHAT_MODEL, messages=TALE, stream=True, **ENDLESS)
    assert next(chunks).choices[0].delta.role == "assistant"
    assert next(chunks).choices[0].delta.content, "it speaks"
    kill(up)
    with pytest.raises(openai.APIError) as caught:
        list(chunks)
    assert caught.value.code == "engine_crashed"
    assert CHAT_MODEL in caught.value.message
    assert text_of(ask(client))
    assert stream(client)


def test_a_whole_answer_becomes_a_502_and_the_next_question_is_answered(
    up: RunningServer, client: openai.OpenAI
) -> None:
    ask(client, max_tokens=1)
    caught: list[openai.APIError] = []

    def ask_endlessly() -> None:
        try:
            ask(client, messages=TALE, **ENDLESS)
        except openai.APIError as error:
            caught.append(error)

    asking = Thread(target=ask_endlessly)
    asking.start()
    used = engine_of(up).cpu_times().user
    for _ in range(600):  # until it works on the answer
        if engine_of(up).cpu_times().user > used + 0.2:
            break
        time.sleep(0.05)
    kill(up)
    asking.join(60)
    (error,) = caught
    assert isinstance(error, openai.InternalServerError)
    assert (error.status_code, error.code) == (502, "engine_crashed")
    assert text_of(ask(client))


def test_one_that_dies_between_two_questions_is_not_noticed_by_who_asks(
    up: RunningServer, client: openai.OpenAI
) -> None:
    first = text_of(ask(client))
    dead = engine_of(up)
    dead.kill()
    dead.wait(30)  # until the server has seen it
    assert text_of(ask(client)) == first
    assert engine_of(up).pid != dead.pid
    assert send(up.address, "GET", "/readyz").json["ready"]
    assert "engine died" in up.log.read_text()
