"""Token shards give back what was written, whatever the dtype and the borders, and say what is wrong with them."""

import json
from pathlib import Path

import numpy as np
import pytest

from causerie.data.shards import ShardWriter, TokenShards, read_manifest
from causerie.errors import DataError
from tests.data.written import write_shards

DOCUMENTS = [[5, 6, 7], [], [8], [9, 10, 11, 12], [13, 14]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five documents in three shards; token 0 ends each."""
    write_shards(tmp_path, DOCUMENTS, vocabulary_size=100, end_of_text=0, shard_tokens=5, tokenizer_sha256="ab")
    return tmp_path


def test_every_document_comes_back_with_its_end(folder: Path) -> None:
    shards = TokenShards(folder, verify=True)
    assert shards.documents == 5
    assert [shards.document(number).tolist() for number in range(5)] == [[*ids, 0] for ids in DOCUMENTS]
    assert shards.lengths().tolist() == [4, 1, 2, 5, 3]
    with pytest.raises(IndexError):
        shards.document(5)


def test_any_slice_is_that_of_the_long_row_over_the_borders_of_shards(folder: Path) -> None:
    shards = TokenShards(folder)
    assert len(shards.manifest.shards) == 3
    row = [token for ids in DOCUMENTS for token in (*ids, 0)]
    numbers = [number for number, ids in enumerate(DOCUMENTS) for _ in range(len(ids) + 1)]
    for start in range(len(row)):
        for length in range(len(row) - start + 1):
            tokens, documents = shards.slice(start, length)
            assert tokens.tolist() == row[start : start + length]
            assert documents.tolist() == numbers[start : start + length]


@pytest.mark.parametrize(("size", "dtype"), [(2**16, "uint16"), (2**16 + 1, "uint32")])
def test_the_vocabulary_decides_the_bytes_of_a_token(tmp_path: Path, size: int, dtype: str) -> None:
    manifest = write_shards(tmp_path, [[size - 1]], vocabulary_size=size, end_of_text=0)
    assert manifest.dtype == dtype
    assert TokenShards(tmp_path).document(0).tolist() == [size - 1, 0]
    assert (tmp_path / "tokens-00000.bin").stat().st_size == 2 * np.dtype(dtype).itemsize


@pytest.mark.parametrize("wrong", [-1, 100])
def test_an_id_outside_the_vocabulary_is_refused(tmp_path: Path, wrong: int) -> None:
    with pytest.raises(DataError, match="outside the vocabulary of 100"):
        write_shards(tmp_path, [[1, wrong]], vocabulary_size=100, end_of_text=0)
    with pytest.raises(DataError, match="there are no token shards"):
        TokenShards(tmp_path)


def test_the_end_of_text_must_be_in_the_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="end-of-text token 100"):
        ShardWriter(tmp_path, vocabulary_size=100, end_of_text=100)


def test_writing_again_forgets_the_former_shards_first(folder: Path) -> None:
    with ShardWriter(folder, vocabulary_size=9, end_of_text=0) as writer, pytest.raises(DataError):
        writer.add([10])
    assert read_manifest(folder).tokens == 0
    with pytest.raises(RuntimeError):
        fail_while_writing(folder)
    with pytest.raises(DataError, match="there are no token shards"):
        read_manifest(folder)


def fail_while_writing(folder: Path) -> None:
    with ShardWriter(folder, vocabulary_size=9, end_of_text=0) as writer:
        writer.add([1])
        raise RuntimeError


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "tokens-00001.bin").unlink()
    with pytest.raises(DataError, match=r"tokens-00001\.bin is missing"):
        TokenShards(folder)


def test_a_shard_cut_short_is_named(folder: Path) -> None:
    with (folder / "tokens-00000.bin").open("r+b") as file:
        file.truncate(3)
    with pytest.raises(DataError, match=r"tokens-00000\.bin is damaged: 3 bytes instead of 10"):
        TokenShards(folder)


def test_a_damaged_index_is_named(folder: Path) -> None:
    np.array([0, 7, 5], "<i8").tofile(folder / "index-00000.bin")
    with pytest.raises(DataError, match="offsets do not rise"):
        TokenShards(folder)


def test_one_turned_bit_is_found_by_verifying(folder: Path) -> None:
    data = bytearray((folder / "tokens-00001.bin").read_bytes())
    data[0] ^= 1
    (folder / "tokens-00001.bin").write_bytes(data)
    assert len(TokenShards(folder)) == 15
    with pytest.raises(DataError, match=r"tokens-00001\.bin is damaged: its SHA-256"):
        TokenShards(folder, verify=True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}'])
def test_a_damaged_manifest_is_named(folder: Path, text: str) -> None:
    (folder / "shards.json").write_text(text)
    with pytest.raises(DataError, match=r"shards\.json is damaged"):
        TokenShards(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    said = json.loads((folder / "shards.json").read_text())
    (folder / "shards.json").write_text(json.dumps(said | {"format": 2}))
    with pytest.raises(DataError, match="has format 2, and this causerie reads 1"):
        TokenShards(folder)


def test_the_manifest_counts_and_hashes(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert (manifest.tokens, manifest.documents, manifest.tokenizer_sha256) == (15, 5, "ab")
    again = write_shards(folder, DOCUMENTS, vocabulary_size=100, end_of_text=0, shard_tokens=5, tokenizer_sha256="ab")
    assert again.sha256() == manifest.sha256()
    other = write_shards(folder, DOCUMENTS[1:], vocabulary_size=100, end_of_text=0, shard_tokens=5)
    assert other.sha256() != manifest.sha256()
