"""How fast are near-duplicates found, and are they the right ones?

Measures, in one process and one thread, by turns, on the same texts:
- causerie: `causerie.data.steps.minhash` (128 numbers, 16 bands of 8, candidates compared by all numbers);
- datasketch: `MinHash` with 128 permutations and `MinHashLSH` at the same threshold, used as its documentation shows:
  each text is looked up, then put into the index.

The texts are passages of the documentation of Python's standard library, of 60 to 600 words; every fourth has one
to three copies in which 0.2 to 8 % of the words are changed. What is a duplicate is known exactly: a text is one
when the runs of 5 words that it shares with an earlier text are at least 80 % of those of both. Recall and
precision are over texts that should go and texts that did.

Not measured: reading and writing; what several processes gain.

Needs: pip install 'causerie[train]' datasketch
Run it: python -m benchmarks.deduplicate [--quick]
"""

import random
import re
import time
from collections import defaultdict
from functools import partial
from importlib.metadata import version

import numpy as np
from datasketch import MinHash as TheirMinHash
from datasketch import MinHashLSH

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from causerie.data.contract import Document
from causerie.data.sources.python_docs import PythonDocs
from causerie.data.steps.minhash import MinHash

SIMILARITY = 0.8
RUN_WORDS = 5
NUMBERS = 128
CHANGED = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08)
PEER = "datasketch"


def documentation() -> list[str]:
    """All words of the standard library's documentation, in order."""
    source = PythonDocs(name="python")
    found = (sample for portion in source.portions() for sample in source.read(portion))
    return [word for sample in found if isinstance(sample, Document) for word in sample.text.split()]


def passages(words: list[str], texts: int, seed: int) -> list[str]:
    """Passages with copies, shuffled."""
    draw = random.Random(seed)
    made: list[list[str]] = []
    while len(made) < texts:
        length = draw.randrange(60, 600)
        start = draw.randrange(len(words) - length)
        made.append(words[start : start + length])
        for _ in range(draw.randrange(1, 4) if len(made) % 4 == 0 else 0):
            share = draw.choice(CHANGED)
            made.append([f"word{draw.randrange(99999)}" if draw.random() < share else word for word in made[-1]])
    draw.shuffle(made)
    return [" ".join(each) for each in made[:texts]]


def runs(text: str) -> set[bytes]:
    """The runs of words of a text, as both sides see it."""
    words = re.findall(rb"[a-z0-9\x80-\xff]+", re.sub("[\u0080-\u00bf\u2000-\u207f]", " ", text).lower().encode())
    return {b" ".join(words[at : at + RUN_WORDS]) for at in range(max(1, len(words) - RUN_WORDS + 1))}


def duplicates(texts: list[str]) -> set[int]:
    """Which texts are duplicates of an earlier one, by comparing their runs exactly."""
    sizes: list[int] = []
    holders: dict[bytes, list[int]] = defaultdict(list)
    found: set[int] = set()
    for number, text in enumerate(texts):
        own = runs(text)
        shared: dict[int, int] = defaultdict(int)
        for run in own:
            for other in holders[run]:
                shared[other] += 1
            holders[run].append(number)
        sizes.append(len(own))
        if any(both >= SIMILARITY * (len(own) + sizes[other] - both) for other, both in shared.items()):
            found.add(number)
    return found


def ours(texts: list[str]) -> set[int]:
    """The duplicates that causerie finds."""
    method = MinHash(words=RUN_WORDS, bands=16, rows=NUMBERS // 16, similarity=SIMILARITY)
    originals = method.originals(method.signatures(texts))
    return set(np.flatnonzero(originals != np.arange(len(texts))).tolist())


def theirs(texts: list[str]) -> set[int]:
    """The duplicates that datasketch finds."""
    index = MinHashLSH(threshold=SIMILARITY, num_perm=NUMBERS)
    found: set[int] = set()
    for number, text in enumerate(texts):
        signature = TheirMinHash(num_perm=NUMBERS)
        signature.update_batch(list(runs(text)))
        if index.query(signature):
            found.add(number)
        index.insert(number, signature, check_duplication=False)
    return found


def timed(side: str, texts: list[str], truth: set[int]) -> dict[str, float]:
    """One side over all texts: seconds, recall and precision."""
    started = time.perf_counter()
    found = {"causerie": ours, "datasketch": theirs}[side](texts)
    seconds = time.perf_counter() - started
    right = len(found & truth)
    return {"seconds": round(seconds, 4), "recall": right / len(truth), "precision": right / max(len(found), 1)}


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def of(side: str, what: str) -> list[float]:
        return [each[side][what] for each in repetitions]

    speeds = {
        side: [each["characters"] / each[side]["seconds"] / 1e6 for each in repetitions]
        for side in ("causerie", "datasketch")
    }
    made = [
        Figure(
            name="text searched for near-duplicates",
            value=median(a / b for a, b in zip(speeds["causerie"], speeds["datasketch"], strict=True)),
            goal=4, better="higher", unit="x", peer=PEER, peer_value=median(speeds["datasketch"]),
            our_value=median(speeds["causerie"]), measured_in="MB/s",
        )
    ]  # fmt: skip
    for what in ("recall", "precision"):
        its = median(of("datasketch", what))
        made.append(
            Figure(name=f"{what} of near-duplicates", value=median(of("causerie", what)), goal=its, better="higher",
                   unit="of 1", peer=PEER, peer_value=its)
        )  # fmt: skip
    return made


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    words = documentation()
    texts_each = 1_000 if given.quick else 6_000
    repetitions: list[Repetition] = []
    for number in range(1 if given.quick else 5):
        print(f"repetition {number + 1}", flush=True)
        texts = passages(words, texts_each, seed=number)
        truth = duplicates(texts)
        turns = {side: partial(timed, side, texts, truth) for side in ("causerie", "datasketch")}
        measured = take_turns(turns, backwards=number % 2 == 1)
        repetitions.append({"characters": sum(map(len, texts)), "duplicates": len(truth), **measured})
    publish(
        "deduplicate",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={
            "texts": texts_each, "similarity": SIMILARITY, "run_words": RUN_WORDS, "numbers": NUMBERS,
            "words_changed": CHANGED, "threads": 1,
        },
        peer_versions={name: version(name) for name in ("datasketch", "numpy")},
    )  # fmt: skip


if __name__ == "__main__":
    main()
