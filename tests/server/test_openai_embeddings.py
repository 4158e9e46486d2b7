"""`/v1/embeddings`, as OpenAI's client uses it; it asks for base64 unless told otherwise, and decodes it itself."""

import base64
import math
import struct
from typing import Any

import openai
import pytest
from openai.types import CreateEmbeddingResponse

from tests.server.conftest import CHAT_MODEL, EMBEDDING_MODEL

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("server")]

TEXT = "L'été, la forêt 🎉"


def embed(client: openai.OpenAI, texts: str | list[str] = TEXT, **fields: Any) -> CreateEmbeddingResponse:
    return client.embeddings.create(model=EMBEDDING_MODEL, input=texts, **fields)


def refused(client: openai.OpenAI, **fields: object) -> openai.BadRequestError:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/embeddings", body={"model": EMBEDDING_MODEL, "input": TEXT, **fields}, cast_to=object)
    return caught.value


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_one_text_gives_one_vector_of_length_one(client: openai.OpenAI) -> None:
    answer = embed(client)
    assert answer.object == "list"
    assert answer.model == EMBEDDING_MODEL
    assert [(item.object, item.index, len(item.embedding)) for item in answer.data] == [("embedding", 0, 384)]
    assert math.isclose(likeness(answer.data[0].embedding, answer.data[0].embedding), 1, abs_tol=1e-3)


def test_base64_is_little_endian_float32_and_the_same_as_the_numbers(client: openai.OpenAI) -> None:
    numbers = embed(client, encoding_format="float").data[0].embedding
    asked = {"model": EMBEDDING_MODEL, "input": TEXT, "encoding_format": "base64"}
    raw: Any = client.post("/embeddings", body=asked, cast_to=object)
    packed = base64.b64decode(raw["data"][0]["embedding"], validate=True)
    assert len(packed) == 4 * 384
    assert list(struct.unpack("<384f", packed)) == pytest.approx(numbers, abs=1e-7)
    assert embed(client).data[0].embedding == pytest.approx(numbers, abs=1e-7)


def test_no_format_means_numbers(client: openai.OpenAI) -> None:
    raw: Any = client.post("/embeddings", body={"model": EMBEDDING_MODEL, "input": TEXT}, cast_to=object)
    assert isinstance(raw["data"][0]["embedding"][0], float)


def test_several_texts_give_a_vector_each_in_their_order(client: openai.OpenAI) -> None:
    texts = ["Le chat dort.", "The cat sleeps.", "Stock prices fell."]
    answer = embed(client, texts)
    assert [item.index for item in answer.data] == [0, 1, 2]
    cat_fr, cat_en, stocks = (item.embedding for item in answer.data)
    assert likeness(cat_fr, cat_en) > likeness(cat_fr, stocks)
    alone = embed(client, texts[1]).data[0].embedding
    assert likeness(cat_en, alone) > 0.999


def test_usage_counts_the_tokens_of_all_texts(client: openai.OpenAI) -> None:
    one, three = embed(client, "Le chat dort.").usage, embed(client, ["Le chat dort."] * 3).usage
    assert one.prompt_tokens > 3
    assert one.total_tokens == one.prompt_tokens
    assert three.prompt_tokens == 3 * one.prompt_tokens


def test_the_models_own_dimensions_are_taken_and_others_refused(client: openai.OpenAI) -> None:
    assert len(embed(client, dimensions=384).data[0].embedding) == 384
    error = refused(client, dimensions=256)
    assert (error.param, error.code) == ("dimensions", "unsupported_parameter")


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("input", {"input": [1, 2, 3]}),  # token ids: this model takes texts only
        ("input", {"input": [[1, 2], [3]]}),
        ("input", {"input": ""}),
        ("input", {"input": []}),
        ("input[1]", {"input": ["a", ""]}),
        ("input", {"input": None}),
        ("encoding_format", {"encoding_format": "int8"}),
        ("dimensions", {"dimensions": 0}),
        ("model", {"model": CHAT_MODEL}),
    ],
)
def test_what_cannot_be_done_is_named(client: openai.OpenAI, param: str, fields: dict[str, object]) -> None:
    assert refused(client, **fields).param == param


def test_a_text_that_does_not_fit_is_refused_and_not_cut(client: openai.OpenAI) -> None:
    error = refused(client, input=["short", "mot " * 600])
    assert (error.code, error.param) == ("context_length_exceeded", "input")


def test_the_embeddings_model_does_not_chat(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=EMBEDDING_MODEL, messages=[{"role": "user", "content": "Hi"}])
    assert (caught.value.param, caught.value.code) == ("model", "unsupported_parameter")
    with pytest.raises(openai.BadRequestError, match="does not complete text"):
        client.completions.create(model=EMBEDDING_MODEL, prompt="Hi")


def test_an_unknown_model_is_a_404(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.embeddings.create(model="no-such-model", input=TEXT)
    assert caught.value.code == "model_not_found"
