"""The packaged embeddings model, in its real child process."""

import base64
import json
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from causerie.errors import ContextLengthExceeded, UnsupportedParameter
from causerie.inference.contract import Engine, Model
from causerie.inference.pool import ModelPool

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vectors(pool: ModelPool, embedder: Model) -> AsyncIterator[Engine]:
    async with pool.use(embedder) as loaded:
        yield loaded


async def embed(engine: Engine, given: Any, form: str = "float") -> dict[str, Any]:
    async with engine.embed({"model": "e5", "input": given, "encoding_format": form}) as reply:
        answer: dict[str, Any] = json.loads(await reply.read())
    return answer


def product(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


async def test_like_texts_are_near_across_languages(vectors: Engine) -> None:
    data = (await embed(vectors, ["The cat sleeps.", "Le chat dort.", "Interest rates rose in March."]))["data"]
    cat, chat, rates = (item["embedding"] for item in data)
    assert len(cat) == 384
    assert product(cat, cat) == pytest.approx(1, abs=1e-3)
    assert product(cat, chat) > product(cat, rates)


async def test_base64_holds_the_same_numbers_as_little_endian_float32(vectors: Engine) -> None:
    plain = (await embed(vectors, "un chat"))["data"][0]["embedding"]
    packed = base64.b64decode((await embed(vectors, "un chat", "base64"))["data"][0]["embedding"])
    assert list(struct.unpack("<384f", packed)) == pytest.approx(plain)


async def test_tokens_are_counted(vectors: Engine) -> None:
    usage = (await embed(vectors, ["one", "two three"]))["usage"]
    assert usage["prompt_tokens"] == usage["total_tokens"] > 6


async def test_a_text_that_does_not_fit_is_refused_not_cut(vectors: Engine) -> None:
    with pytest.raises(ContextLengthExceeded, match=r"holds 512"):
        await embed(vectors, ["short", "word " * 600])


async def test_token_ids_and_words_are_refused(vectors: Engine) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        await embed(vectors, [[1, 2, 3]])
    assert caught.value.param == "input"
    for refused in (vectors.chat, vectors.complete):
        with pytest.raises(UnsupportedParameter, match="gives vectors, not text"):
            refused({})
    with pytest.raises(UnsupportedParameter):
        await vectors.count_tokens({})


async def test_an_embedding_can_be_read_as_events_too(vectors: Engine) -> None:
    async with vectors.embed({"model": "e5", "input": "chat", "encoding_format": "float"}) as reply:
        events = [event async for event in reply.events()]
    assert json.loads(events[0].removeprefix(b"data: "))["object"] == "list"
    assert events[1] == b"data: [DONE]\n\n"


async def test_it_says_what_it_can_do(vectors: Engine) -> None:
    can = await vectors.capabilities("e5")
    assert (can.chat, can.embeddings, can.embedding_dimensions) == (False, True, 384)
    assert await vectors.health()
