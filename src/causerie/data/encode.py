"""From finished documents to token shards, with whatever tokenizer is given.

Does: encode the documents of both splits in batches, and write shards that name the tokenizer and the texts.
Does not: know a tokenizer: it gets a function. Conversations are encoded by training, which needs their loss mask.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causerie.data.card import read_card
from causerie.data.contract import texts
from causerie.data.records import SPLITS, Split, samples
from causerie.data.shards import Manifest, ShardWriter, TokenShards, read_manifest
from causerie.errors import DataError

Encode = Callable[[list[str]], Iterable[Sequence[int] | NDArray[np.integer[Any]]]]
"""Texts to ids, in their order, without the end-of-text token."""
_BATCH = 1000
_BATCH_CHARACTERS = 2**24
"""Of long texts fewer are encoded together, so that memory is bounded."""


def encode(
    folder: Path,
    encode_batch: Encode,
    *,
    vocabulary_size: int,
    end_of_text: int,
    tokenizer_sha256: str,
    out: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Split, Manifest]:
    """Encode the documents of a built folder, unless the same tokenizer has done so already.

    Args:
        folder: With a card.
        encode_batch: The tokenizer.
        vocabulary_size: Its number of ids.
        end_of_text: Id that ends each document.
        tokenizer_sha256: Which tokenizer it is.
        out: Where the shards go, a folder for each split (none = the folder's `tokens`).
        progress: Called with how many documents are done, and of how many.

    Raises:
        DataError: There are no documents.
    """
    card = read_card(folder)
    target = out or folder / "tokens"
    total = sum(file.samples for file in card.files if file.kind == "documents")
    if not total:
        raise DataError(
            "{folder} has no documents to make token shards of", folder=str(folder),
            hint="conversations are encoded by the training itself",
        )  # fmt: skip
    made: dict[Split, Manifest] = {}
    done = 0
    for split in SPLITS:
        own = sum(file.samples for file in card.files if file.kind == "documents" and file.split == split)
        if not own:
            continue
        former = _former(target / split)
        if former and (former.text_sha256, former.tokenizer_sha256) == (card.data_sha256, tokenizer_sha256):
            made[split] = former
            done += own
            continue
        with ShardWriter(
            target / split,
            vocabulary_size=vocabulary_size,
            end_of_text=end_of_text,
            tokenizer_sha256=tokenizer_sha256,
            text_sha256=card.data_sha256,
        ) as writer:
            for batch in _batches(folder, split):
                for text, ids in zip(batch, encode_batch(batch), strict=True):
                    writer.add(ids, len(text.encode("utf-8", "replace")))
                done += len(batch)
                if progress:
                    progress(done, total)
        made[split] = read_manifest(target / split)
    return made


def _former(folder: Path) -> Manifest | None:
    """What was encoded before (None = nothing, or a file of it is missing or cut short)."""
    try:
        return TokenShards(folder).manifest
    except DataError:
        return None


def _batches(folder: Path, split: Split) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for sample in samples(folder, "documents", split):
        text = texts(sample)[0]
        batch.append(text)
        characters += len(text)
        if len(batch) == _BATCH or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
