"""Damaged model files in the real engine: one clear error each, and whoever asked lives on."""

import struct
from pathlib import Path

import pytest

from causerie.errors import CauserieError
from causerie.inference import catalogue, gguf, packaged
from causerie.inference.contract import Model
from causerie.inference.pool import ModelPool
from causerie.settings import Settings, load_settings
from tests.inference.gguf_writer import text, value, write

SIZE = 98_362_432
QUESTION = {"model": packaged.STARTER_NAME, "messages": [{"role": "user", "content": "Say hi"}], "max_tokens": 4}


@pytest.fixture
def settings() -> Settings:
    return load_settings(context_tokens=512, start_timeout_s=60)


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) == 1
    return content.replace(old, new)


def damaged(starter: bytes) -> dict[str, bytes]:
    """Starters that our reader of headers lets pass, or that went bad after they were installed."""
    layers = text("llama.block_count")
    return {
        "cut": starter[: SIZE // 2],
        "more-layers": replaced(starter, layers + value(30), layers + value(31)),
        "no-heads": replaced(
            starter, text("llama.attention.head_count") + value(9), text("llama.attention.head_count") + value(0)
        ),
        "unknown-architecture": replaced(
            starter,
            text("general.architecture") + struct.pack("<I", 8) + text("llama"),
            text("general.architecture") + struct.pack("<I", 8) + text("lllll"),
        ),
        "unknown-tokenizer": replaced(
            starter, struct.pack("<I", 8) + text("gpt2"), struct.pack("<I", 8) + text("gptX")
        ),
        "missing-tensor": replaced(starter, text("blk.3.attn_q.weight"), text("blk.3.attn_x.weight")),
        "noise": starter[:24] + bytes(range(256)) * ((SIZE - 24) // 256),
    }


@pytest.mark.engine
async def test_the_engine_refuses_damaged_files_and_the_next_question_is_answered(
    settings: Settings, tmp_path: Path
) -> None:
    sound = catalogue.find(settings, "starter")
    variants = damaged(sound.path.read_bytes())
    refusals: dict[str, str] = {}
    async with ModelPool(settings) as pool:
        for name, content in variants.items():
            path = write(tmp_path / name / "model.gguf", content)
            model = Model(
                name=name, path=path, size_bytes=len(content), cache_bytes_per_token=sound.cache_bytes_per_token
            )
            with pytest.raises(CauserieError) as caught:
                async with pool.use(model) as engine, engine.chat(QUESTION | {"model": name}) as reply:
                    await reply.read()
            refusals[name] = f"{type(caught.value).__name__}: {caught.value.message}"
            path.unlink()
        async with pool.use(sound) as engine, engine.chat(QUESTION) as reply:
            assert b'"content"' in await reply.read()
    print("\n".join(f"{name}: {message}" for name, message in refusals.items()))
    assert len(refusals) == len(variants)
    assert all("\n" not in message for message in refusals.values())


def test_what_the_reader_finds_never_reaches_the_engine(settings: Settings, tmp_path: Path) -> None:
    variants = damaged(catalogue.find(settings, "starter").path.read_bytes())
    found = set()
    for name, content in variants.items():
        try:
            gguf.read(write(tmp_path / f"{name}.gguf", content))
        except CauserieError:
            found.add(name)
    assert {"cut", "noise"} <= found
