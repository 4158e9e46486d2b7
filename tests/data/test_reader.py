"""The reader sees every token once an epoch, in an order of the seed's, and goes on at the exact sample."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from causerie.data.reader import IGNORED, Reader, permuted
from causerie.data.shards import TokenShards
from causerie.errors import DataError
from tests.data.written import write_shards

TOKENS = 1000


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> TokenShards:
    """A row of 1,000 tokens that says where each is, in documents of 1 to 40 tokens, over several shards."""
    folder = tmp_path_factory.mktemp("shards")
    row, documents, length = list(range(1, TOKENS + 1)), [], 1
    while row:
        documents.append(row[: length - 1])
        row = row[length:]  # the end of text takes a place
        length = length % 40 + 1
    write_shards(folder, documents, vocabulary_size=2000, end_of_text=0, shard_tokens=170)
    return TokenShards(folder)


@given_settings(deadline=None, max_examples=50)
@given(st.integers(1, 5000), st.integers(0, 2**70))
def test_a_shuffle_puts_each_at_another_place(size: int, seed: int) -> None:
    placed = permuted(np.arange(size, dtype=np.uint64), size, seed)
    assert sorted(placed.tolist()) == list(range(size))
    alone = permuted(np.array([size // 2], np.uint64), size, seed)
    assert alone[0] == placed[size // 2]


def test_shuffles_look_like_chance() -> None:
    size = 1000
    orders = [permuted(np.arange(size, dtype=np.uint64), size, seed).astype(int) for seed in range(50)]
    fixed = [int((order == np.arange(size)).sum()) for order in orders]
    followers = [sum(b - a == 1 for a, b in pairwise(order)) for order in orders]
    assert 0.5 < np.mean(fixed) < 1.6  # 1 expected
    assert 0.5 < np.mean(followers) < 1.6
    correlation = [abs(np.corrcoef(order, np.arange(size))[0, 1]) for order in orders]
    assert np.mean(correlation) < 0.05


def test_an_epoch_sees_every_window_once(shards: TokenShards) -> None:
    reader = Reader(shards, context=16, batch=1)
    first, second = ([start(reader) for _ in range(reader.windows)] for _ in range(2))
    for epoch in (first, second):
        assert len(set(epoch)) == reader.windows
        assert {start % 16 for start in epoch} == {epoch[0] % 16}
        assert epoch != sorted(epoch)
    assert first != second
    assert reader.next().epoch == 2


def start(reader: Reader) -> int:
    """Where the next window begins; it is read."""
    first = reader._starts(reader.state()["sample"], 1)[0]
    reader.next()
    return first


def test_a_window_is_the_row_with_the_numbers_of_its_documents(shards: TokenShards) -> None:
    reader = Reader(shards, context=64, batch=2, seed=7)
    for _ in range(5):
        first = reader._starts(reader.state()["sample"], 1)[0]
        batch = reader.next()
        tokens, documents = shards.slice(first, 65)
        assert batch.tokens[0].tolist() == tokens.tolist()
        assert batch.documents[0].tolist() == (documents - documents[0]).tolist()
        assert batch.tokens.shape == batch.documents.shape == (2, 65)


def test_nothing_is_learned_across_documents(shards: TokenShards) -> None:
    batch = Reader(shards, context=64, batch=2).next()
    assert batch.inputs.shape == batch.targets.shape == (2, 64)
    # After the end of text (0) comes another document: its first token is nobody's target.
    assert (batch.targets[batch.inputs == 0] == IGNORED).all()
    assert (batch.targets[batch.inputs != 0] != IGNORED).all()


def test_the_same_seed_gives_the_same_batches_and_another_gives_others(shards: TokenShards) -> None:
    def first(seed: int) -> list[list[int]]:
        rows: list[list[int]] = next(Reader(shards, context=16, batch=8, seed=seed)).tokens.tolist()
        return rows

    assert first(3) == first(3)
    assert first(3) != first(4)


def test_two_processes_see_what_one_would(shards: TokenShards) -> None:
    alone = Reader(shards, context=16, batch=4)
    pair = [Reader(shards, context=16, batch=2, rank=rank, world=2) for rank in (0, 1)]
    assert alone.batches_per_epoch == pair[0].batches_per_epoch
    for _ in range(40):
        together = np.concatenate([reader.next().tokens for reader in pair])
        assert together.tolist() == alone.next().tokens.tolist()


def test_it_goes_on_at_the_exact_sample_with_another_number_of_processes(shards: TokenShards) -> None:
    whole = Reader(shards, context=16, batch=4, seed=1)
    for _ in range(30):
        whole.next()
    state = json.loads(json.dumps(whole.state()))
    resumed = [Reader(shards, context=16, batch=1, seed=1, rank=rank, world=4) for rank in range(4)]
    for reader in resumed:
        reader.load(state)
    for _ in range(20):
        together = np.concatenate([reader.next().tokens for reader in resumed])
        assert together.tolist() == whole.next().tokens.tolist()


def test_skipping_is_reading_without_looking(shards: TokenShards) -> None:
    one, other = (Reader(shards, context=16, batch=2) for _ in range(2))
    for _ in range(3):
        one.next()
    other.skip(3)
    assert one.next().tokens.tolist() == other.next().tokens.tolist()


@pytest.mark.parametrize(("change", "name"), [({"seed": 1}, "seed"), ({"context": 8}, "context")])
def test_a_state_of_another_run_is_refused(shards: TokenShards, change: dict[str, int], name: str) -> None:
    state = Reader(shards, context=16, batch=2).state()
    other = Reader(shards, change.get("context", 16), 2, change.get("seed", 0))
    with pytest.raises(DataError, match=f"{name} was"):
        other.load(state)


def test_a_state_of_other_data_is_refused(shards: TokenShards, tmp_path: Path) -> None:
    write_shards(tmp_path, [list(range(1, 900))], vocabulary_size=1000, end_of_text=0)
    state = Reader(shards, context=16, batch=2).state()
    with pytest.raises(DataError, match="data_sha256 was"):
        Reader(TokenShards(tmp_path), context=16, batch=2).load(state)


def test_validation_reads_in_order_and_misses_nothing(shards: TokenShards) -> None:
    reader = Reader(shards, context=16, batch=1, shuffle=False)
    rows = [reader.next().tokens[0] for _ in range(reader.windows)]
    assert np.concatenate([row[:-1] for row in rows]).tolist() == shards.slice(0, reader.windows * 16)[0].tolist()
    assert len(shards) - reader.windows * 16 <= 16


def test_too_little_text_is_said(shards: TokenShards) -> None:
    with pytest.raises(DataError, match="has 1001 tokens: too few for a window of 1024"):
        Reader(shards, context=1024, batch=1)
    with pytest.raises(DataError, match="process 2 of 2"):
        Reader(shards, context=16, batch=1, rank=2, world=2)
