"""Duplicates: texts that are the same but for spaces and capitals, and texts that are nearly the same.

Does: give each text a fingerprint while it is read, in parallel; and once all are read, say which came before.
Does not: look at parts of texts: a paragraph that many pages share stays.

Of each group of duplicates the first stays: the order of the sources in the recipe decides.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from causerie.data.steps.minhash import MinHash


class Duplicates(BaseModel):
    """A step that compares all texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    reason: ClassVar[str]
    """What the report says of those that go."""

    def fingerprints(self, texts: Sequence[str]) -> NDArray[Any]:
        """A row for each text, shape (texts, numbers of a fingerprint)."""
        raise NotImplementedError

    def originals(self, fingerprints: NDArray[Any]) -> NDArray[np.int64]:
        """For each text the number of the first that is the same; its own, when there is none before it."""
        raise NotImplementedError


class ExactDuplicates(Duplicates):
    """The same words in the same order, whatever the spaces and capitals."""

    reason = "the same text"

    use: Literal["exact-duplicates"] = "exact-duplicates"

    def fingerprints(self, texts: Sequence[str]) -> NDArray[np.uint64]:
        """BLAKE2b of 128 bits, shape (texts, 2)."""
        digests = (hashlib.blake2b(" ".join(text.split()).casefold().encode("utf-8", "replace"), digest_size=16)
                   for text in texts)  # fmt: skip
        return np.frombuffer(b"".join(each.digest() for each in digests), "<u8").reshape(-1, 2).astype(np.uint64)

    def originals(self, fingerprints: NDArray[Any]) -> NDArray[np.int64]:
        """By sorting."""
        order = np.lexsort((np.arange(len(fingerprints)), fingerprints[:, 1], fingerprints[:, 0]))
        ordered = fingerprints[order]
        is_first = np.ones(len(order), bool)
        is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        made = np.empty(len(order), np.int64)
        made[order] = order[is_first][np.cumsum(is_first) - 1]
        return made


class NearDuplicates(Duplicates):
    """Much the same runs of words: MinHash with LSH (`minhash.py`)."""

    reason = "nearly the same text"

    use: Literal["near-duplicates"] = "near-duplicates"
    words: int = Field(5, ge=1, le=50)
    """Words of a run."""
    bands: int = Field(16, ge=1, le=256)
    """More bands find more of the pairs that are less alike."""
    rows: int = Field(8, ge=1, le=64)
    """Numbers of a band; more let fewer pairs meet by chance."""
    similarity: float = Field(0.8, gt=0, le=1)
    """Share of runs in common, from which the later text goes."""

    @property
    def method(self) -> MinHash:
        """With this step's numbers."""
        return MinHash(self.words, self.bands, self.rows, self.similarity)

    def fingerprints(self, texts: Sequence[str]) -> NDArray[np.uint32]:
        """Signatures, shape (texts, bands x rows)."""
        return self.method.signatures(texts)

    def originals(self, fingerprints: NDArray[Any]) -> NDArray[np.int64]:
        """By bands."""
        return self.method.originals(fingerprints)
