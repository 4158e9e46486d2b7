"""A chat answered as a stream, as OpenAI's client reads it, against the same answer whole."""

import asyncio
import json
from typing import Any

import openai
import pytest

from tests.running import RunningServer
from tests.server.asking import ASKED, ask, both, counts, saying, stream, text_of, told_streamed
from tests.server.conftest import CHAT_MODEL

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]

COUNTING = saying("Count from 1 to 9: 1, 2, 3")
BUSY = {"messages": saying("Tell a very long story."), "max_tokens": 2000, "extra_body": {"logit_bias": {"2": -100}}}
"""More than a minute of work: the end-of-text token cannot come."""


def test_the_stream_says_what_the_whole_answer_says(client: openai.OpenAI) -> None:
    whole, chunks = both(client)
    assert text_of(whole)
    assert whole.choices[0].finish_reason == "length"
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert whole.object == "chat.completion"


def test_every_chunk_has_the_same_id_time_model_and_fingerprint(client: openai.OpenAI) -> None:
    chunks = stream(client, usage=True)
    assert len({(chunk.id, chunk.created, chunk.model, chunk.system_fingerprint) for chunk in chunks}) == 1
    assert chunks[0].id
    assert chunks[0].model == CHAT_MODEL
    assert chunks[0].system_fingerprint
    assert chunks[0].id != stream(client, max_tokens=1)[0].id


def test_the_first_delta_has_the_role_and_no_other_has(client: openai.OpenAI) -> None:
    roles = [chunk.choices[0].delta.role for chunk in stream(client)]
    assert roles == ["assistant"] + [None] * (len(roles) - 1)


def test_one_chunk_says_why_it_ended_and_it_is_the_last(client: openai.OpenAI) -> None:
    reasons = [chunk.choices[0].finish_reason for chunk in stream(client)]
    assert reasons == [None] * (len(reasons) - 1) + ["length"]


def test_an_answer_that_ends_by_itself_ends_with_stop(client: openai.OpenAI) -> None:
    whole, _ = both(client, messages=saying("Say yes or no."), max_tokens=24)
    assert text_of(whole) == "Yes."
    assert whole.choices[0].finish_reason == "stop"


def test_usage_comes_in_one_more_chunk_when_it_is_asked_for(client: openai.OpenAI) -> None:
    *chunks, last = stream(client, usage=True)
    assert last.choices == []
    prompt, completion, _ = counts(last.usage)
    assert prompt > 0
    assert completion == ASKED["max_tokens"]
    assert all(len(chunk.choices) == 1 for chunk in chunks)
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in chunks)


@pytest.mark.parametrize("options", [{}, {"stream_options": {"include_usage": False}}, {"stream_options": {}}])
def test_no_usage_and_no_empty_chunk_come_unasked(client: openai.OpenAI, options: dict[str, Any]) -> None:
    chunks = stream(client, max_tokens=2, **options)
    assert all(len(chunk.choices) == 1 for chunk in chunks)
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)


def test_the_stream_ends_with_done(client: openai.OpenAI) -> None:
    with client.chat.completions.with_streaming_response.create(**ASKED, stream=True) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache"
        lines = [line for line in answer.iter_lines() if line and not line.startswith(":")]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert lines.count("data: [DONE]") == 1
    assert json.loads(lines[0].removeprefix("data: "))["choices"][0]["delta"]["role"] == "assistant"


@pytest.mark.parametrize("limit", [8, 9, 10, 11])
def test_a_character_of_several_tokens_is_never_cut(client: openai.OpenAI, limit: int) -> None:
    # The starter writes 🎉 with several tokens: one of these limits falls into its middle.
    whole, chunks = both(client, messages=saying("Repeat: 🎉🎉🎉🎉🎉🎉"), max_tokens=limit)
    assert "🎉" in text_of(whole)
    assert "\ufffd" not in text_of(whole)
    assert not any("\ufffd" in (choice.delta.content or "") for chunk in chunks for choice in chunk.choices)


def test_french_accents_come_whole(client: openai.OpenAI) -> None:
    whole, _ = both(client, messages=saying("Répète exactement : été, forêt, garçon, Noël, œuf"), max_tokens=24)
    assert set(text_of(whole)) & set("éêçëœà")
    assert "\ufffd" not in text_of(whole)


@pytest.mark.parametrize("stop", ["2, 3", [", 3"], ["zzz", "2,"]])
def test_a_stop_text_ends_the_answer_and_is_not_in_it(client: openai.OpenAI, stop: str | list[str]) -> None:
    free = text_of(ask(client, messages=COUNTING, max_tokens=16))
    whole, chunks = both(client, messages=COUNTING, max_tokens=16, stop=stop)
    found = min(free.find(text) for text in ([stop] if isinstance(stop, str) else stop) if text in free)
    assert text_of(whole) == free[:found]
    assert whole.choices[0].finish_reason == "stop"
    # What might have become the stop text was held back: nothing of it was streamed and taken back.
    assert told_streamed(chunks)[0][0] == free[:found]


def test_what_only_looked_like_the_stop_text_is_given_after_all(client: openai.OpenAI) -> None:
    free = text_of(ask(client, messages=COUNTING, max_tokens=12))
    assert "2, 3" in free
    whole, _ = both(client, messages=COUNTING, max_tokens=12, stop="2, 3 and then a parrot")
    assert text_of(whole) == free


def test_several_choices_are_told_apart_in_one_stream(client: openai.OpenAI) -> None:
    whole, chunks = both(client, n=2, temperature=1, seed=11, max_tokens=6)
    assert [choice.index for choice in whole.choices] == [0, 1]
    assert len({chunk.id for chunk in chunks}) == 1
    first = {choice.index: choice.delta.role for chunk in reversed(chunks) for choice in chunk.choices}
    assert first == {0: "assistant", 1: "assistant"}
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 12


async def test_answers_at_once_do_not_mix(async_client: openai.AsyncOpenAI) -> None:
    async def asked(word: str) -> str:
        messages = [{"role": "user", "content": f"Repeat only this word: {word}"}]
        chunks = await async_client.chat.completions.create(**{**ASKED, "messages": messages, "stream": True})
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    words = ["banana", "piano", "river", "castle"]
    answers = await asyncio.gather(*(asked(word) for word in words))
    for word, answer in zip(words, answers, strict=True):
        assert word in answer.lower()


async def test_a_client_that_leaves_frees_its_slot(async_client: openai.AsyncOpenAI, server: RunningServer) -> None:
    streams = [await async_client.chat.completions.create(**{**ASKED, **BUSY, "stream": True}) for _ in range(4)]
    for chunks in streams:
        assert (await anext(aiter(chunks))).choices
    for chunks in streams:
        await chunks.close()
    # All four slots were busy for more than a minute to come.
    answer = await async_client.with_options(timeout=30).chat.completions.create(**{**ASKED, "max_tokens": 2})
    assert answer.choices[0].message.content
