"""Hashes of words and of runs of words, for many texts at once.

Does: cut texts into words and give each run of n words a 64-bit number, the same on every machine and run.
Does not: keep the words; two runs share a number once in 2^64.

A word is a run of letters and digits in lower case: of those of ASCII, and of all that is beyond it but for Western
signs and spaces (U+0080 to U+00BF, U+2000 to U+207F), so that quotation marks and the space before a question mark
make no other words. All of it is arithmetic on whole arrays: a word's hash is a polynomial in its bytes (Karp and
Rabin, 1987), taken from running sums modulo 2^64.
"""

# Shape letters: C bytes of all texts, W words of all texts, S runs of all texts, D texts.

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 2**64)
_IS_WORD = np.array([chr(byte).isalnum() or byte >= 0x80 for byte in range(256)])
_MAX_WORD_BYTES = 2**30


def mixed(values: Hashes) -> Hashes:
    """Each value scrambled, so that near numbers are far apart (the finaliser of SplitMix64, in place)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


@cache
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse, modulo 2^64, size of each."""
    made = []
    for base in (_BASE, _INVERSE):
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        made.append(np.multiply.accumulate(factors))
    return made[0], made[1]


def _in_words(data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which bytes of UTF-8 that ends with a space are part of a word, shape (C,)."""
    inside = _IS_WORD[data]
    two = np.flatnonzero(data == 0xC2)  # U+0080 to U+00BF
    inside[two] = inside[two + 1] = False
    three = np.flatnonzero(data == 0xE2)
    three = three[np.isin(data[three + 1], (0x80, 0x81))]  # U+2000 to U+207F
    inside[three] = inside[three + 1] = inside[three + 2] = False
    return inside


def word_hashes(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """Hashes of all words, shape (W,), and where the words of each text begin, shape (D + 1,)."""
    encoded = [text.lower().encode("utf-8", "replace") for text in texts]
    data = np.frombuffer(b" ".join(encoded) + b" ", np.uint8)
    inside = _in_words(data)
    edges = np.flatnonzero(np.diff(inside, prepend=False))
    starts, ends = edges[::2], edges[1::2]
    power, inverse = _powers(2 ** int(len(data) + 1).bit_length())
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * power[: len(data)], out=sums[1:])
    hashes = mixed((sums[ends] - sums[starts]) * inverse[starts])
    lengths = np.array([len(each) + 1 for each in encoded], np.int64)
    borders = np.searchsorted(starts, np.concatenate([[0], np.cumsum(lengths)]))
    return hashes, borders


def run_hashes(texts: Sequence[str], size: int) -> tuple[Hashes, NDArray[np.int64]]:
    """Hashes of all runs of `size` words, shape (S,), and where those of each text begin, shape (D + 1,).

    A text with fewer words has one run, of all of them.
    """
    words, borders = word_hashes(texts)
    counts = np.diff(borders)
    missing = np.maximum(size - counts, 0)
    if missing.any():  # pad the short ones with nothing
        words = np.insert(words, np.repeat(borders[1:], missing), np.uint64(0))
        counts = counts + missing
    runs = np.zeros(len(words) - size + 1 if len(words) else 0, np.uint64)
    for place in range(size):
        runs *= np.uint64(_BASE)
        runs += words[place : place + len(runs)]
    ends = np.cumsum(counts)
    keep = np.ones(len(runs), bool)
    for place in range(1, size):  # those that begin in one text and end in the next
        over = ends[:-1] - place
        keep[over] = False
    starts = np.concatenate([[0], np.cumsum(counts - size + 1)])
    return mixed(runs[keep]), starts
