"""A small model that has read a little, its tokenizer, and conversations to teach it by."""

from pathlib import Path

import torch

from causerie.data.contract import Conversation, Judgement, Message, Preference, Sample
from causerie.data.records import line_of, written
from causerie.modeling.config import ModelConfig
from causerie.modeling.hf_folder import save_folder
from causerie.modeling.transformer import Transformer
from causerie.tokenization.train import train_bpe

WORDS = ("red", "green", "blue", "black", "white", "brown")
CONTEXT = 64


def asked(word: str) -> tuple[Message, ...]:
    return (Message("user", f"what comes after {word}?"),)


def answer(word: str) -> str:
    return WORDS[(WORDS.index(word) + 1) % len(WORDS)]


def conversations(count: int) -> list[Sample]:
    return [
        Conversation(id=str(number), messages=(*asked(word), Message("assistant", answer(word))))
        for number, word in ((each, WORDS[each % len(WORDS)]) for each in range(count))
    ]


def preferences(count: int) -> list[Sample]:
    return [
        Preference(id=str(number), messages=asked(word), chosen=answer(word), rejected=word)
        for number, word in ((each, WORDS[each % len(WORDS)]) for each in range(count))
    ]


def judgements(count: int) -> list[Sample]:
    return [
        Judgement(
            id=str(number), messages=asked(word), answer=answer(word) if number % 2 else word, good=number % 2 == 1
        )
        for number, word in ((each, WORDS[each // 2 % len(WORDS)]) for each in range(count))
    ]


def write_samples(folder: Path, kind: str, made: list[Sample], split: str = "train") -> None:
    with written(folder / kind / f"{split}-00000.jsonl.zst") as file:
        for sample in made:
            file.write(line_of(sample))


def write_talks(folder: Path) -> Path:
    """A data folder with a few of each kind, and `start`, a model of the Hugging Face format."""
    for split, count in (("train", 48), ("validation", 12)):
        write_samples(folder, "conversations", conversations(count), split)
        write_samples(folder, "preferences", preferences(count), split)
        write_samples(folder, "judgements", judgements(count), split)
    texts = [f"what comes after {word}? {answer(word)}" for word in WORDS] * 20
    tokenizer = train_bpe(texts, folder / "tokenizer", vocabulary=320)
    torch.manual_seed(0)
    config = ModelConfig(
        vocabulary=320, width=32, layers=2, heads=2, kv_heads=1, head_width=16, hidden=64, context=CONTEXT
    )
    save_folder(Transformer(config), tokenizer, folder / "start")
    return folder
