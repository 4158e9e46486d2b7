"""MinHash with locality-sensitive hashing: near-duplicates among millions of texts, without comparing each with each.

Broder, "On the resemblance and containment of documents", 1997; Indyk and Motwani, 1998; as applied to training data
by Lee et al., "Deduplicating training data makes language models better", 2022.

1. A text is the set of its runs of n words. Two texts are alike by the Jaccard similarity of their sets.
2. Of each of K random orders of all possible runs, a text keeps the run that comes first. Two texts keep the same one
   as often as they are alike: K numbers stand for a text of any length.
3. The K numbers are cut into bands. Texts that agree in a whole band are candidates: with 16 bands of 8, pairs that
   are 80 % alike meet with a probability of 95 %, those that are 50 % alike with 6 %.
4. Candidates are compared by all K numbers, so that what met by chance is let go.
"""

# Shape letters: D texts, K numbers of a signature, S runs of words of all texts.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causerie.data.steps.hashing import mixed, run_hashes

Signatures = NDArray[np.uint32]
_CHUNK_RUNS = 2**15
"""Runs that are worked on at once: 128 KiB, so that they stay in the processor's cache through all K orders."""
_CHUNK_CHARACTERS = 2**18


@dataclass(frozen=True)
class MinHash:
    """The numbers of the method."""

    words: int = 5
    """Words of a run."""
    bands: int = 16
    rows: int = 8
    """Numbers of a band; bands times rows is K."""
    similarity: float = 0.8
    """Estimated Jaccard similarity from which two texts are the same."""

    @property
    def size(self) -> int:
        """Numbers of a signature, K."""
        return self.bands * self.rows

    def orders(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """The K random orders: x comes before y when a x + b < a y + b modulo 2^32. Always the same ones."""
        drawn = mixed(np.arange(1, 2 * self.size + 1, dtype=np.uint64)) >> np.uint64(32)
        return (drawn[: self.size] | np.uint64(1)).astype(np.uint32), drawn[self.size :].astype(np.uint32)

    def signatures(self, texts: Sequence[str]) -> Signatures:
        """K numbers for each text, shape (D, K)."""
        made = np.empty((len(texts), self.size), np.uint32)
        done = 0
        for chunk in _chunks(texts):
            hashes, starts = run_hashes(chunk, self.words)
            made[done : done + len(chunk)] = self._signed((hashes >> np.uint64(32)).astype(np.uint32), starts)
            done += len(chunk)
        return made

    def _signed(self, runs: NDArray[np.uint32], starts: NDArray[np.int64]) -> Signatures:
        """The least of each order over the runs of each text."""
        factors, shifts = self.orders()
        made = np.empty((self.size, len(starts) - 1), np.uint32)
        first = 0
        while first < len(starts) - 1:
            last = max(first + 1, int(np.searchsorted(starts, starts[first] + _CHUNK_RUNS, side="right")) - 1)
            part, borders = runs[starts[first] : starts[last]], starts[first:last] - starts[first]
            ordered = np.empty_like(part)
            for number, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
                np.multiply(part, factor, out=ordered)
                np.add(ordered, shift, out=ordered)
                np.minimum.reduceat(ordered, borders, out=made[number, first:last])
            first = last
        return made.T

    def band_keys(self, signatures: Signatures, band: int) -> NDArray[np.uint64]:
        """One number for each text's part in a band, shape (D,)."""
        rows = signatures[:, band * self.rows : (band + 1) * self.rows]
        keys = np.zeros(len(rows), np.uint64)
        for row in range(self.rows):
            keys = mixed(keys + rows[:, row].astype(np.uint64) + np.uint64(1))
        return keys

    def originals(self, signatures: Signatures) -> NDArray[np.int64]:
        """For each text, the first of those that are the same: itself, when there is none before it; shape (D,).

        Sameness is passed on: if B is like A, and C like B, then C goes with A. In memory are 24 bytes a text, and
        one band; the signatures may lie on disk.
        """
        parents = np.arange(len(signatures))
        for band in range(self.bands):
            for leaders, others in self._candidates(self.band_keys(signatures, band), parents, signatures):
                for leader, other in zip(leaders.tolist(), others.tolist(), strict=True):
                    _join(parents, leader, other)
        return _roots(parents)

    def _candidates(
        self, keys: NDArray[np.uint64], parents: NDArray[np.int64], signatures: Signatures
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Pairs of one band that are the same: the first of a group with the others, then the next with the rest."""
        order = np.argsort(keys, kind="stable")
        sorted_keys = keys[order]
        group = np.concatenate([[0], np.cumsum(sorted_keys[1:] != sorted_keys[:-1])])[: len(order)]
        while len(order):
            sizes = np.bincount(group)
            together = sizes[group] > 1
            order, group = order[together], group[together]
            if not len(order):
                return
            group = np.cumsum(np.concatenate([[0], group[1:] != group[:-1]]))
            is_first = np.concatenate([[True], group[1:] != group[:-1]])
            leaders = order[is_first][group]
            roots = _roots(parents)
            joined = roots[leaders] == roots[order]
            unknown = np.flatnonzero(~joined)
            same = unknown[_agreement(signatures, leaders[unknown], order[unknown]) >= self.similarity]
            yield leaders[same], order[same]
            joined[same] = True
            order, group = order[~joined], group[~joined]


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in lists of bounded length, so that the arrays made of them are bounded too."""
    first = characters = 0
    for number, text in enumerate(texts):
        if characters and characters + len(text) > _CHUNK_CHARACTERS:
            yield texts[first:number]
            first, characters = number, 0
        characters += len(text) + 1
    if first < len(texts):
        yield texts[first:]


def _agreement(signatures: Signatures, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of the K numbers in which pairs agree: the estimate of their Jaccard similarity."""
    share = np.empty(len(left))
    for start in range(0, len(left), 2**12):
        part = slice(start, start + 2**12)
        share[part] = (signatures[left[part]] == signatures[right[part]]).mean(axis=1)
    return share


def _join(parents: NDArray[np.int64], left: int, right: int) -> None:
    """Let both be the same; the first of all stands for them (union-find)."""
    low, high = sorted((_root(parents, left), _root(parents, right)))
    parents[high] = low


def _root(parents: NDArray[np.int64], text: int) -> int:
    while parents[text] != text:
        parents[text] = parents[parents[text]]
        text = int(parents[text])
    return text


def _roots(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first of the same, for every text at once."""
    roots = parents
    while True:
        above = roots[roots]
        if np.array_equal(above, roots):
            return roots
        roots = above
