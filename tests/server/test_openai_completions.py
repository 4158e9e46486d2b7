"""`/v1/completions`, the older route, as OpenAI's client uses it."""

from typing import Any

import openai
import pytest
from openai.types import Completion

from tests.server.asking import COMPLETING, complete, complete_both, counts, stream_completion
from tests.server.conftest import CHAT_MODEL

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]


def refused(client: openai.OpenAI, **fields: object) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/completions", body={**COMPLETING, **fields}, cast_to=Completion)
    return caught.value


def test_the_stream_says_what_the_whole_answer_says(client: openai.OpenAI) -> None:
    whole, chunks = complete_both(client)
    assert whole.object == "text_completion"
    assert whole.model == CHAT_MODEL
    assert whole.system_fingerprint
    assert whole.choices[0].text
    assert whole.choices[0].finish_reason == "length"
    assert counts(whole.usage)[1] == 8
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1


def test_usage_comes_in_one_more_chunk_when_it_is_asked_for_and_only_then(client: openai.OpenAI) -> None:
    *chunks, last = stream_completion(client, usage=True)
    assert last.choices == []
    assert last.usage is not None
    assert all(chunk.usage is None and len(chunk.choices) == 1 for chunk in chunks)
    unasked = stream_completion(client)
    assert all(chunk.choices and "usage" not in chunk.model_fields_set for chunk in unasked)


def test_without_a_limit_the_answer_has_sixteen_tokens(client: openai.OpenAI) -> None:
    assert counts(complete(client, max_tokens=openai.NOT_GIVEN).usage)[1] == 16


def test_stop_is_not_in_the_answer(client: openai.OpenAI) -> None:
    free = complete(client).choices[0].text
    stop = free[4:10]
    whole, _ = complete_both(client, stop=stop)
    assert whole.choices[0].text == free[: free.index(stop)]
    assert whole.choices[0].finish_reason == "stop"


def test_several_prompts_and_choices_are_numbered_prompt_by_prompt(client: openai.OpenAI) -> None:
    prompts = ["Once upon a time", "The capital of France is"]
    whole, _ = complete_both(client, prompt=prompts, n=2, max_tokens=4)
    assert [choice.index for choice in whole.choices] == [0, 1, 2, 3]
    alone = [complete(client, prompt=prompt, max_tokens=4) for prompt in prompts]
    assert [choice.text for choice in whole.choices] == [one.choices[0].text for one in alone for _ in range(2)]
    prompt_tokens = sum(counts(one.usage)[0] for one in alone)
    assert counts(whole.usage)[:2] == (prompt_tokens, 16)


def test_token_ids_are_a_prompt_too(client: openai.OpenAI) -> None:
    one, _ = complete_both(client, prompt=[504, 3575], max_tokens=3)
    assert counts(one.usage)[:2] == (2, 3)
    several, _ = complete_both(client, prompt=[[504, 3575], [504]], max_tokens=3)
    assert counts(several.usage)[:2] == (3, 6)
    assert several.choices[0].text == one.choices[0].text


def test_a_seed_repeats_its_answer(client: openai.OpenAI) -> None:
    hot: dict[str, Any] = {"temperature": 1.5}
    whole, _ = complete_both(client, seed=5, **hot)
    assert whole.choices[0].text != complete(client, seed=6, **hot).choices[0].text


@pytest.mark.parametrize("top", [0, 2])
def test_logprobs_have_this_routes_own_shape(client: openai.OpenAI, top: int) -> None:
    whole, chunks = complete_both(client, logprobs=top, max_tokens=4)
    given = whole.choices[0].logprobs
    assert given is not None
    assert given.tokens is not None
    assert given.top_logprobs is not None
    assert "".join(given.tokens) == whole.choices[0].text
    assert given.text_offset == [sum(map(len, given.tokens[:index])) for index in range(4)]
    assert given.token_logprobs is not None
    assert max(given.token_logprobs) <= 0
    assert [len(tops) for tops in given.top_logprobs] == [top] * 4
    pieces = [choice.logprobs for chunk in chunks for choice in chunk.choices if choice.logprobs]
    assert [token for piece in pieces for token in piece.tokens or ()] == given.tokens
    assert [offset for piece in pieces for offset in piece.text_offset or ()] == given.text_offset
    streamed = [logprob for piece in pieces for logprob in piece.token_logprobs or ()]
    assert streamed == pytest.approx(given.token_logprobs, abs=0.01)


def test_no_logprobs_come_unasked(client: openai.OpenAI) -> None:
    assert complete(client).choices[0].logprobs is None


def test_fields_that_nobody_knows_and_harmless_values_are_taken(client: openai.OpenAI) -> None:
    complete(client, max_tokens=1, echo=False, suffix="", best_of=1, user="ada", extra_body={"flux": 1})


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("echo", {"echo": True}),
        ("suffix", {"suffix": "the end"}),
        ("best_of", {"best_of": 3}),
        ("n", {"n": 5}),
        ("logprobs", {"logprobs": 6}),
        ("logprobs", {"logprobs": True}),
        ("prompt", {"prompt": []}),
        ("prompt", {"prompt": None}),
        ("prompt", {"prompt": [999_999_999]}),
        ("stream_options", {"stream_options": {"include_usage": True}}),
        ("max_tokens", {"max_tokens": -1}),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_cannot_be_done_is_named(
    client: openai.OpenAI, param: str, fields: dict[str, object], streamed: bool
) -> None:
    if param == "stream_options" and streamed:
        return
    assert refused(client, **fields, stream=streamed).param == param


@pytest.mark.parametrize("streamed", [False, True])
def test_a_prompt_that_does_not_fit_is_refused(client: openai.OpenAI, streamed: bool) -> None:
    error = refused(client, prompt="word " * 9000, stream=streamed)
    assert (error.code, error.param) == ("context_length_exceeded", "prompt")
