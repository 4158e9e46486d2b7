"""GGUF files: what is written is read again, and llama.cpp says the same words from it."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from tokenizers import Tokenizer as HfTokenizer

from causerie.errors import ModelFileError
from causerie.inference import packaged
from causerie.inference.gguf import read as read_header
from causerie.modeling.generate import stream
from causerie.modeling.gguf_file import KINDS, load_gguf, save_gguf
from causerie.modeling.transformer import Transformer
from causerie.tokenization.template import ChatTemplate
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.train import train_bpe
from causerie.tokenization.vocabulary_gguf import load_tokenizer
from tests.llama_cpp import LlamaCpp, llama_cpp
from tests.modeling.conftest import FAMILIES, small_model
from tests.tokenization.conftest import SAMPLES, corpus
from tests.tokenization.test_tokenizer import TEXTS

VOCABULARY = 700
SPLITTING = {"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "gpt-2"}


@pytest.fixture(scope="module")
def tokenizer_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Tokenizer]:
    made: dict[str, Tokenizer] = {}

    def tokenizer(name: str) -> Tokenizer:
        if name not in made:
            folder = tmp_path_factory.mktemp("tokenizer")
            made[name] = train_bpe(corpus(), folder, vocabulary=VOCABULARY, pre_tokenizer=name)
        return made[name]

    return tokenizer


@pytest.fixture
def tokenizer(tokenizer_of: Callable[[str], Tokenizer]) -> Tokenizer:
    return tokenizer_of("llama-bpe")


def model_of(family: str, **more: Any) -> Transformer:
    return small_model(**{**FAMILIES[family], "vocabulary": VOCABULARY, **more})


@pytest.mark.parametrize("family", FAMILIES)
def test_in_single_precision_nothing_is_lost(family: str, tokenizer: Tokenizer, tmp_path: Path) -> None:
    model = model_of(family)
    save_gguf(model, tokenizer, tmp_path / "m.gguf", kind="f32", name="A model")
    again = load_gguf(tmp_path / "m.gguf")
    assert again.config == model.config
    for name, weight in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight), name
    header = read_header(tmp_path / "m.gguf")
    assert (header.name, header.architecture, header.chat_template) == ("A model", family, True)
    assert header.context_tokens == model.config.context
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


@pytest.mark.parametrize(("kind", "error", "bits"), [("f16", 1e-3, 16), ("q8_0", 0.01, 8.5), ("q4_0", 0.2, 4.5)])
def test_each_kind_loses_as_much_as_it_has_bits(
    kind: str, error: float, bits: float, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    model = model_of("llama")
    save_gguf(model, tokenizer, tmp_path / "m.gguf", kind=kind)
    again = load_gguf(tmp_path / "m.gguf")
    name = "blocks.1.feed_forward.up.weight"
    wanted = model.state_dict()[name]
    difference = (again.state_dict()[name] - wanted).norm() / wanted.norm()
    assert error / 100 < difference < error
    stored = next(each for each in gguf.GGUFReader(tmp_path / "m.gguf").tensors if each.name == "blk.1.ffn_up.weight")
    assert stored.n_bytes * 8 / wanted.numel() == bits
    assert read_header(tmp_path / "m.gguf").quantization == kind.upper()


def test_rows_that_are_not_whole_blocks_stay_in_half_precision(tokenizer: Tokenizer, tmp_path: Path) -> None:
    save_gguf(model_of("llama", hidden=40), tokenizer, tmp_path / "m.gguf", kind="q8_0")
    types = {each.name: each.tensor_type for each in gguf.GGUFReader(tmp_path / "m.gguf").tensors}
    assert types["blk.0.ffn_down.weight"] == gguf.GGMLQuantizationType.F16
    assert types["blk.0.ffn_up.weight"] == gguf.GGMLQuantizationType.Q8_0


@pytest.mark.parametrize("name", ["llama-bpe", "qwen2", "gpt-2", "smollm"])
def test_the_tokenizer_comes_back(name: str, tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path) -> None:
    tokenizer = tokenizer_of(name)
    save_gguf(model_of("qwen3", vocabulary=VOCABULARY + 5), tokenizer, tmp_path / "m.gguf")
    again = load_tokenizer(tmp_path / "m.gguf")
    assert again.sha256 == tokenizer.sha256
    assert again.template == tokenizer.template
    assert (again.bos_id, again.eos_id, again.pad_id) == (tokenizer.bos_id, tokenizer.eos_id, tokenizer.pad_id)
    assert [again.encode(text) for text in SAMPLES.values()] == [tokenizer.encode(text) for text in SAMPLES.values()]


def agree(server: LlamaCpp, model: Transformer, tokenizer: Tokenizer, prompts: list[list[int]]) -> None:
    """Each token that llama.cpp says is the likeliest here after those before it: so greedy says the same here."""
    ends = {tokenizer.eos_id, tokenizer.document_end_id}
    answers = server.greedy(prompts, 64)
    for prompt, said in zip(prompts, answers, strict=True):
        with torch.no_grad():
            hidden = model.hidden(torch.tensor([prompt + said]))[0, len(prompt) - 1 :]
            likeliest = model.logits(hidden).argmax(dim=-1).tolist()
        assert likeliest[: len(said)] == said
        assert len(said) == 64 or ends & {said[-1], likeliest[-1]}
    assert sum(len(said) == 64 for said in answers) > len(prompts) / 2
    shortest = min(range(len(prompts)), key=lambda number: len(prompts[number]))
    wanted = [each for each in answers[shortest] if each not in ends]
    assert list(stream(model, prompts[shortest], max_tokens=64, stop=ends)) == wanted


@pytest.mark.engine
@pytest.mark.xdist_group("llama")
@pytest.mark.parametrize("family", FAMILIES)
def test_llama_cpp_says_the_same_64_tokens_after_20_prompts(
    family: str, tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path
) -> None:
    tokenizer, model = tokenizer_of(SPLITTING[family]), model_of(family)
    save_gguf(model, tokenizer, tmp_path / "m.gguf", kind="f32")
    draw = random.Random(5)
    prompts = [draw.choices(range(VOCABULARY - 3), k=draw.randint(1, 30)) for _ in range(20)]
    with llama_cpp(tmp_path / "m.gguf", context=128) as server:
        agree(server, model, tokenizer, prompts)


@pytest.mark.engine
@pytest.mark.xdist_group("llama")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "f32"])
def test_llama_cpp_reads_every_kind(kind: str, tokenizer: Tokenizer, tmp_path: Path) -> None:
    save_gguf(model_of("qwen3"), tokenizer, tmp_path / "m.gguf", kind=kind)
    with llama_cpp(tmp_path / "m.gguf", context=128) as server:
        assert server.greedy([[5, 6, 7]], 8)[0]


@pytest.mark.engine
@pytest.mark.xdist_group("llama")
@pytest.mark.parametrize("name", ["llama-bpe", "qwen2", "gpt-2", "smollm"])
def test_llama_cpp_gives_the_same_ids(name: str, tokenizer_of: Callable[[str], Tokenizer], tmp_path: Path) -> None:
    tokenizer = tokenizer_of(name)
    save_gguf(model_of("llama"), tokenizer, tmp_path / "m.gguf")
    with llama_cpp(tmp_path / "m.gguf", context=128) as server:
        for text in (*SAMPLES.values(), "a <|im_end|> b"):
            assert server.tokenize(text) == tokenizer.encode(text), ascii(text)
        assert server.tokenize("a<|im_end|>\n", special=True) == tokenizer.encode_marked("a<|im_end|>\n")

        # Strings one after the other are one text with still more borders, and one request.
        @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
        @given(texts=TEXTS)
        def same(texts: list[str]) -> None:
            text = "".join(texts)
            assert server.tokenize(text) == tokenizer.encode(text), ascii(text)

        same()
        conversation = [
            {"role": "system", "content": "Sois bref."}, {"role": "user", "content": "Salut !"},
            {"role": "assistant", "content": "Oui ?"}, {"role": "user", "content": "Rien."},
        ]  # fmt: skip
        assert tokenizer.template is not None
        ours = ChatTemplate(tokenizer.template).render(conversation, add_generation_prompt=True)
        assert server.rendered(conversation) == ours


@pytest.mark.engine
@pytest.mark.timeout(1800)
@pytest.mark.xdist_group("llama")
def test_the_starter_says_the_same_here_and_in_llama_cpp(tmp_path: Path) -> None:
    found = [model.path for model in packaged.packaged_models() if model.name == packaged.STARTER_NAME]
    if not found:
        pytest.skip("the extra `starter` is not installed")
    model, tokenizer = load_gguf(found[0]), load_tokenizer(found[0])
    assert model.config.parameters() == 134_515_008
    save_gguf(model, tokenizer, tmp_path / "starter.gguf", kind="f32")
    assert tokenizer.template is not None
    template = ChatTemplate(tokenizer.template)
    questions = [
        f"{ask} {what}?" for ask in ("What is", "Tell me a story about", "Why is there", "Écris un poème sur")
        for what in ("the sea", "Paris", "a number", "42 + 1", "la lune")
    ]  # fmt: skip
    prompts = [
        template.encode_conversation(tokenizer, [{"role": "user", "content": question}], add_generation_prompt=True)[
            0
        ]
        for question in questions
    ]
    with llama_cpp(tmp_path / "starter.gguf") as server:
        assert server.tokenize(SAMPLES["french"]) == tokenizer.encode(SAMPLES["french"])
        agree(server, model, tokenizer, prompts)


def test_a_tokenizer_out_of_a_gguf_gives_other_programs_the_same_ids(tmp_path: Path) -> None:
    """SmolLM2's control tokens are the first ids: HF tokenizers must not count them on from the end."""
    found = [model.path for model in packaged.packaged_models() if model.name == packaged.STARTER_NAME]
    if not found:
        pytest.skip("the extra `starter` is not installed")
    tokenizer = load_tokenizer(found[0])
    tokenizer.save(tmp_path)
    text = "<|im_start|>user\nÇa va ?<|im_end|>\n<repo_name>"
    theirs = HfTokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert theirs.encode(text, add_special_tokens=False).ids == tokenizer.encode_marked(text)
    assert theirs.token_to_id("<|im_end|>") == tokenizer.eos_id == 2
    assert Tokenizer.load(tmp_path).sha256 == tokenizer.sha256


def test_a_name_of_no_kind_is_refused_with_those_there_are(tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="'q3_k'") as refused:
        save_gguf(model_of("llama"), tokenizer, tmp_path / "m.gguf", kind="q3_k")
    assert refused.value.hint == "there are f32, f16, q8_0, q4_0"


def test_a_tokenizer_larger_than_the_model_is_refused_and_nothing_is_left(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match="has 700 ids, the model 600"):
        save_gguf(model_of("llama", vocabulary=600), tokenizer, tmp_path / "m.gguf")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_gguf_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelFileError, match="is not a GGUF file that can be read"):
        load_gguf(tmp_path / "m.gguf")
    with pytest.raises(ModelFileError, match="is not a GGUF file that can be read"):
        load_tokenizer(tmp_path / "m.gguf")


def write(path: Path, architecture: str, *tensors: str, **numbers: int) -> Path:
    """A file of these numbers and of tensors of one weight."""
    import numpy as np

    writer = gguf.GGUFWriter(path, architecture)
    for key, number in numbers.items():
        writer.add_uint32(key.replace("__", "."), number)
    if numbers:
        writer.add_layer_norm_rms_eps(1e-5)
    for tensor in tensors or ("token_embd.weight",):
        writer.add_tensor(tensor, np.full((2, 2), 3, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("architecture", "words"), [("gemma3", "the network 'gemma3'"), ("llama", r"does not say llama\.attention")]
)
def test_another_network_is_refused(tmp_path: Path, architecture: str, words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        load_gguf(write(tmp_path / "m.gguf", architecture))


def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not byte-level BPE: None"):
        load_tokenizer(write(tmp_path / "m.gguf", "llama"))


SIZES = {
    "llama__embedding_length": 2, "llama__block_count": 1, "llama__attention__head_count": 1,
    "llama__feed_forward_length": 2, "llama__context_length": 8,
}  # fmt: skip
PARTS = [
    "token_embd.weight", "output_norm.weight",
    *(f"blk.0.{part}.weight" for part in ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm",
                                          "ffn_gate", "ffn_up", "ffn_down")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tensors", "more", "words"),
    [
        (PARTS[:-1], {}, r"has no tensor blk\.0\.ffn_down\.weight"),
        ([*PARTS, "blk.1.attn_q.weight"], {}, r"has no place for: blk\.1\.attn_q\.weight"),
        (PARTS, {}, "has a tensor of another shape"),
        ([*PARTS, "rope_freqs.weight"], {}, "stretches RoPE in a way that is not known here"),
        (PARTS, {"llama__expert_count": 8}, "stretches RoPE or has experts"),
    ],
)
def test_a_file_of_another_shape_is_refused(
    tmp_path: Path, tensors: list[str], more: dict[str, int], words: str
) -> None:
    path = write(tmp_path / "m.gguf", "llama", *tensors, **SIZES, **more)
    with pytest.raises(ModelFileError, match=words):
        load_gguf(path)
