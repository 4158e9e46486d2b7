"""A model of text alone that is taught to answer: it says where an answer ends, though it never met that token."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cosine_similarity

from causerie.data.shards import ShardWriter
from causerie.modeling.config import ModelConfig
from causerie.modeling.generate import stream
from causerie.modeling.hf_folder import load_folder
from causerie.modeling.lora import load_lora, merge_lora
from causerie.modeling.transformer import Transformer
from causerie.tokenization.template import CHATML, ChatTemplate
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.train import train_bpe
from causerie.training.new_tokens import start_afresh
from causerie.training.run import export_last, train
from tests.training.runs import recipe_of
from tests.training.talks import WORDS, answer, asked, conversations, write_samples

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("new-tokens")]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a model that read sentences, never a conversation, beside conversations to teach it."""
    folder = tmp_path_factory.mktemp("read")
    texts = [f"what comes after {word}? {answer(word)}. " for word in WORDS]
    tokenizer = train_bpe(texts * 20, folder / "data" / "tokenizer", vocabulary=320)
    end = tokenizer.document_end_id
    assert end is not None
    for split, repeats in (("train", 60), ("validation", 4)):
        with ShardWriter(
            folder / "data" / "tokens" / split, vocabulary_size=tokenizer.size, end_of_text=end,
            tokenizer_sha256=tokenizer.sha256,
        ) as writer:  # fmt: skip
            for text in texts * repeats:
                writer.add(tokenizer.encode(text), text_bytes=len(text))
    for split, count in (("train", 48), ("validation", 12)):
        write_samples(folder / "talks", "conversations", conversations(count), split)
    train(
        recipe_of(
            folder / "data",
            folder / "run",
            model__context=64,
            model__width=64,
            schedule__steps=150,
            checkpoints__every_steps=1000,
            evaluation__every_steps=0,
        )
    )
    return folder


@pytest.fixture(scope="module")
def taught(read: Path) -> Path:
    """The run that teaches it to answer, by adapters."""
    recipe = recipe_of(
        read / "talks", read / "taught", objective="sft", model={"start": str(read / "run"), "context": 64},
        schedule__steps=120, batch={"size": 4, "micro_size": 4}, lora={"rank": 8},
        optimiser={"kind": "adamw", "matrices": 0.01}, evaluation__every_steps=0,
    )  # fmt: skip
    return train(recipe).path


def opened(run: Path) -> tuple[Transformer, Tokenizer]:
    folder = run / "export" / "hf"
    return load_folder(folder), Tokenizer.load(folder)


def test_it_answers_and_ends(taught: Path) -> None:
    network, tokenizer = opened(taught)
    template = ChatTemplate(tokenizer.template or CHATML)
    for word in WORDS:
        prompt = template.render([{"role": "user", "content": asked(word)[0].content}], add_generation_prompt=True)
        said = tokenizer.decode(list(stream(network, tokenizer.encode_marked(prompt), max_tokens=12)))
        assert said.startswith(answer(word) + "<|im_end|>")


def test_what_was_new_is_written_down(taught: Path) -> None:
    network, tokenizer = opened(taught)
    new = json.loads((taught / "new_tokens.json").read_text())
    marks = {tokenizer.control["<|im_start|>"], tokenizer.control["<|im_end|>"]}
    assert marks <= set(new)
    assert tokenizer.control["<|endoftext|>"] not in new  # it stood between the sentences
    assert not {number for word in WORDS for number in tokenizer.encode(f" {word}")} & set(new)
    assert json.loads((taught / "lineage.json").read_text())["new_tokens"] == len(new)
    rows = network.embedding.weight[sorted(marks)]
    assert abs(cosine_similarity(rows[0], rows[1], dim=0)) < 0.5


def test_adapters_alone_bring_the_rows_with_them(taught: Path, read: Path) -> None:
    whole, _ = opened(taught)
    start, _ = opened(read / "run")
    load_lora(start, taught / "export" / "lora")
    for name, weight in merge_lora(start).named_parameters():
        torch.testing.assert_close(weight, whole.get_parameter(name), msg=name)


def test_a_run_cut_short_is_exported_with_the_same_rows(taught: Path) -> None:
    gguf = taught / "export" / "model.gguf"
    first = gguf.read_bytes()
    gguf.unlink()
    assert export_last(taught) == gguf
    assert gguf.read_bytes() == first


def test_what_was_learnt_is_not_drawn_again(taught: Path) -> None:
    network, tokenizer = opened(taught)
    new = json.loads((taught / "new_tokens.json").read_text())
    before = network.embedding.weight.detach().clone()
    assert start_afresh(network, tokenizer, new, seed=0) == ()
    assert torch.equal(network.embedding.weight, before)
    # Those that came in no conversation are as new as before.
    assert len(start_afresh(network, tokenizer, range(tokenizer.size), seed=0)) > 100


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_rows_are_drawn_like_the_others_in_embedding_and_head(taught: Path, tied: bool) -> None:
    tokenizer = Tokenizer.load(taught / "export" / "hf")
    torch.manual_seed(0)
    network = Transformer(
        ModelConfig(
            vocabulary=tokenizer.size,
            width=64,
            layers=1,
            heads=2,
            kv_heads=1,
            head_width=32,
            hidden=64,
            context=64,
            tied=tied,
        )
    )
    assert start_afresh(network, tokenizer, range(tokenizer.size), seed=0) == ()  # nothing has pushed them anywhere
    matrices = [network.embedding.weight] if tied else [network.embedding.weight, network.head.weight]
    strangers = [number for number, text in enumerate(tokenizer.token_bytes) if len(text) == 1 and text[0] >= 0x80]
    end = tokenizer.control["<|im_end|>"]
    with torch.no_grad():
        for weight in matrices:
            weight.normal_(3.0, 0.5)
            weight[[*strangers, end]] = torch.randn(64) + 0.01 * torch.randn(len(strangers) + 1, 64)
    kept = [weight.detach().clone() for weight in matrices]
    assert start_afresh(network, tokenizer, {end, strangers[0], 5}, seed=0) == tuple(sorted((end, strangers[0])))
    for weight, before in zip(matrices, kept, strict=True):
        std, mean = torch.std_mean(weight[end].detach())
        assert (float(mean), float(std)) == pytest.approx((3.0, 0.5), abs=0.3)
        others = [number for number in range(tokenizer.size) if number not in {end, strangers[0]}]
        assert torch.equal(weight[others], before[others])
