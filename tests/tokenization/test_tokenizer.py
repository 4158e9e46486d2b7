"""Encoding and decoding: the ids of HF tokenizers, exactly; text that stays text; files that are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HfTokenizer

from causerie.errors import ModelFileError
from causerie.tokenization.tokenizer import Tokenizer, byte_letters
from tests.tokenization.conftest import SAMPLES

ASSIGNED = st.characters(exclude_categories=("Cs", "Cn"))
"""Every character of this Python's Unicode (14 to 15.1); `splitting.py` says why no newer ones."""
TEXTS = st.lists(
    st.one_of(st.text(ASSIGNED), st.text(" \n\t\r'sS1٣²aéŀ日😀\u0301\u200d!<|>_", max_size=30)),
    min_size=10, max_size=40,
)  # fmt: skip
"""Any characters, and those at which the ways to split differ."""


def plain(ids: Any) -> list[int]:
    return [int(each) for each in ids]


@pytest.mark.parametrize("sample", SAMPLES)
def test_ids_are_those_of_hf_tokenizers(tokenizer: Tokenizer, folder: Path, sample: str) -> None:
    theirs = HfTokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.tiktoken_agrees()
    assert tokenizer.encode(SAMPLES[sample]) == theirs.encode(SAMPLES[sample]).ids
    assert tokenizer.decode(tokenizer.encode(SAMPLES[sample])) == SAMPLES[sample]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(texts=TEXTS)
def test_ids_are_those_of_hf_tokenizers_for_any_text(tokenizer: Tokenizer, folder: Path, texts: list[str]) -> None:
    theirs = HfTokenizer.from_file(str(folder / "tokenizer.json"))
    for text, ids in zip(texts, tokenizer.encode_batch(texts), strict=True):
        assert plain(ids) == theirs.encode(text).ids, ascii(text)
        assert tokenizer.decode(plain(ids)) == text


def test_control_tokens_in_a_text_stay_text(tokenizer: Tokenizer) -> None:
    text = "He wrote <|im_end|> and <|endoftext|><|im_start|>system"
    ids = tokenizer.encode(text)
    assert not set(ids) & set(tokenizer.control.values())
    assert tokenizer.decode(ids) == text
    marked = tokenizer.encode_marked(text)
    assert [each for each in marked if each in tokenizer.control.values()] == [
        tokenizer.control[name] for name in ("<|im_end|>", "<|endoftext|>", "<|im_start|>")
    ]


def test_lone_surrogates_count_as_the_replacement_character(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("a\ud83d b\udc80") == tokenizer.encode("a\ufffd b\ufffd")
    assert tokenizer.encode("\ud83d\ude00") == tokenizer.encode("😀")


@pytest.mark.parametrize("length", [99_999, 100_000, 1_200_000])
def test_a_very_long_blank_is_encoded_too(tokenizer: Tokenizer, folder: Path, length: int) -> None:
    text = "a" + " \n" * (length // 2) + " b"
    assert tokenizer.encode(text) == HfTokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids


def test_a_cut_character_decodes_to_the_replacement_character(tokenizer: Tokenizer) -> None:
    letters = {token: each for token, each in tokenizer.vocabulary.items() if len(token) == 1}
    ids = [letters[byte_letters()[byte]] for byte in b"a\xf0\x9f"]
    assert tokenizer.decode(ids) == "a\ufffd"
    assert tokenizer.decode_bytes(ids) == b"a\xf0\x9f"


def test_what_each_id_stands_for_adds_up_to_the_text(tokenizer: Tokenizer) -> None:
    text = SAMPLES["french"]
    assert tokenizer.byte_lengths[tokenizer.encode(text)].sum() == len(text.encode())
    assert tokenizer.byte_lengths[tokenizer.control["<|im_end|>"]] == 0
    assert tokenizer.byte_lengths.dtype == np.int32


def test_roles_and_size(tokenizer: Tokenizer) -> None:
    assert tokenizer.size == 1500
    assert tokenizer.control == {"<|endoftext|>": 1497, "<|im_start|>": 1498, "<|im_end|>": 1499}
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.pad_id, tokenizer.document_end_id) == (
        None,
        1499,
        1497,
        1497,
    )


def test_a_saved_copy_has_the_same_hash_and_another_vocabulary_has_not(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    assert Tokenizer.load(tmp_path).sha256 == tokenizer.sha256
    changed = json.loads(json.dumps(tokenizer.description))
    changed["model"]["merges"].pop()
    assert Tokenizer(changed, tokenizer.config).sha256 != tokenizer.sha256


def small(merges: list[str], *, drop: str = "", **changes: Any) -> Tokenizer:
    """A tokenizer of the bytes and these merges, without some letters."""
    tokens = [letter for letter in byte_letters() if letter not in drop]
    tokens += [pair.replace(" ", "") for pair in merges]
    model = {"type": "BPE", "vocab": {token: each for each, token in enumerate(tokens)}, "merges": merges}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return Tokenizer(
        {"version": "1.0", "added_tokens": [], "model": model, "pre_tokenizer": byte_level, **changes}, {}
    )


def test_merges_that_tiktoken_would_do_otherwise_are_left_to_hf_tokenizers() -> None:
    # By its ids tiktoken would make "bc" of "b" and "c" before "ab", and then "abc" out of "a" and "bc".
    other = small(["b c", "ab c", "a b"])
    assert not other.tiktoken_agrees()
    assert [other.decode([each]) for each in other.encode("abc abd")] == ["a", "bc", " ", "ab", "d"]


def test_a_vocabulary_without_some_bytes_drops_them_as_hf_tokenizers_do() -> None:
    less = small(["a b"], drop=byte_letters()[4])
    assert less.tiktoken_agrees()
    assert less.decode(less.encode("ab\x04ab")) == "abab"
    assert max(less.encode("xab")) < less.size


def test_words_of_their_own_are_found_in_any_text_but_are_no_control_tokens() -> None:
    word = {"id": 300, "content": "<think>", "special": False}
    other = small(["a b"], added_tokens=[word])
    assert other.encode("ab<think>ab") == [256, 300, 256]
    assert other.encode_marked("ab<think>ab") == [256, 300, 256]
    assert other.size == 301
    assert other.decode([300]) == "<think>"


def test_composed_letters_where_the_file_says_so() -> None:
    composed = small([], normalizer={"type": "NFC"})
    assert composed.encode("e\u0301") == composed.encode("é")
    assert small([]).encode("e\u0301") != small([]).encode("é")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": {"type": "WordPiece"}}, "not byte-level BPE but WordPiece"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "splits text in a way that is not known here"),
        ({"pre_tokenizer": None}, "splits text in a way that is not known here"),
        ({"normalizer": {"type": "Lowercase"}}, "normalises text in a way that is not known here"),
    ],
)
def test_what_is_not_known_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        small([], **changes)


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"model": {"vocab": {}}, "pre_tokenizer": {"type": "ByteLevel"}}']
)
def test_a_folder_without_a_tokenizer_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content, "utf-8")
    with pytest.raises(ModelFileError, match="holds no tokenizer that can be read"):
        Tokenizer.load(tmp_path)


def test_a_template_beside_the_files_is_taken(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    (tmp_path / "chat_template.jinja").write_text("other", "utf-8")
    assert Tokenizer.load(tmp_path).template == "other"
