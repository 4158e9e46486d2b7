"""Chance that is the same on every run and machine: a number for each text, from the seed and from its id.

What other texts there are does not matter: a text that was held out stays so when more are added.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from causerie.data.steps.hashing import Hashes, mixed


def keys(source: str, ids: Sequence[str]) -> Hashes:
    """A number that stands for each text of a source, shape (texts,)."""
    digests = (hashlib.blake2b(f"{source}\0{each}".encode("utf-8", "replace"), digest_size=8) for each in ids)
    return np.frombuffer(b"".join(each.digest() for each in digests), "<u8").astype(np.uint64)


def drawn(texts: Hashes, *what: object) -> Hashes:
    """A number for each text by its key, shape (texts,); `what` says what for: the seed and the purpose."""
    digest = hashlib.blake2b("\0".join(map(str, what)).encode(), digest_size=8).digest()
    return mixed(texts + np.frombuffer(digest, "<u8").astype(np.uint64))


def shares(numbers: Hashes) -> NDArray[np.float64]:
    """The same numbers as shares of 1, 0 included."""
    return (numbers >> np.uint64(11)).astype(np.float64) / 2**53
