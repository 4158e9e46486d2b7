"""Text to token ids, against HF tokenizers, on one thread, with equal ids.

Method: learn a vocabulary of 32,768 ids from a part of the documents, by causerie, which writes the file that both
read. The documents are the standard library of this interpreter and the texts of this repository (code, English,
French), cut into pieces of 2,000 characters, about a page; nothing is downloaded. Each repetition encodes all of them
by turns: causerie's `encode_batch`, HF tokenizers' `encode_batch_fast` (which keeps no offsets) and `encode_batch`
(which does) with their parallelism off, and ours on whole files. The ids are compared once, before anything is
measured: a difference ends the benchmark. Both are warm: caches of words are filled by the comparison.
Figures are by the time of the process's processor, so that other programs disturb less.
Not measured: several threads, learning a vocabulary, decoding.
Try it: python -m benchmarks.tokenise --quick
"""

import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as HfTokenizer

from benchmarks.measure import ROOT, Figure, Repetition, median, options, publish, take_turns
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.train import train_bpe

VOCABULARY = 32_768
PIECE_CHARACTERS = 2_000
PEER = "HF tokenizers, encode_batch_fast"


def documents(limit: int) -> list[str]:
    """Whole files, of as many characters as the limit."""
    library = Path(sysconfig.get_paths()["stdlib"])
    paths = [*sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("src/causerie/**/*.json")), ROOT / "CHANGELOG.md"]
    paths += sorted(library.glob("*.py")) + sorted(library.glob("*/*.py"))
    found, characters = [], 0
    for path in paths:
        text = path.read_text("utf-8", "replace")
        found.append(text)
        characters += len(text)
        if characters > limit:
            break
    return found


def pages(texts: Iterable[str]) -> list[str]:
    """The same, in pieces."""
    return [
        text[start : start + PIECE_CHARACTERS] for text in texts for start in range(0, len(text), PIECE_CHARACTERS)
    ]


def timed(encode: Callable[[list[str]], Any], texts: list[str]) -> dict[str, float]:
    """Seconds of the processor, and megabytes of text encoded in each."""
    size = sum(len(text.encode()) for text in texts)
    start = time.process_time()
    encode(texts)
    seconds = time.process_time() - start
    return {"seconds": round(seconds, 4), "mb_per_s": round(size / seconds / 1e6, 3)}


def compare(ours: Tokenizer, theirs: HfTokenizer, texts: list[str]) -> int:
    """The number of ids, when all are equal.

    Raises:
        SystemExit: They are not.
    """
    count = 0
    batches = zip(
        texts, ours.encode_batch(texts), theirs.encode_batch_fast(texts, add_special_tokens=False), strict=True
    )
    for text, mine, its in batches:
        if mine.tolist() != its.ids:
            sys.exit(f"different ids for {text[:200]!r}")
        count += len(mine)
    return count


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def rates(name: str) -> list[float]:
        return [each[name]["mb_per_s"] for each in repetitions]

    made = []
    for name, peer in (("fast", PEER), ("offsets", "HF tokenizers, encode_batch")):
        ratios = [mine / its for mine, its in zip(rates("causerie"), rates(name), strict=True)]
        made.append(
            Figure(
                name=f"text encoded on one thread, against {peer.rpartition(' ')[2]}",
                value=median(ratios),
                goal=5.0,
                unit="x",
                better="higher",
                peer=peer,
                peer_value=median(rates(name)),
                our_value=median(rates("causerie")),
                measured_in="MB/s",
            )
        )
    return made


def main() -> None:
    """Learn, compare, measure, write the result, print how each figure stands."""
    given = options(__doc__)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # noqa: TID251 - HF tokenizers read it there
    whole = documents(2_000_000 if given.quick else 12_000_000)
    texts = pages(whole)
    with tempfile.TemporaryDirectory() as folder:
        ours = train_bpe(texts[::4], Path(folder), vocabulary=VOCABULARY)
        theirs = HfTokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    theirs.encode_special_tokens = True  # names of control tokens are text, as they are for ours
    ids = compare(ours, theirs, texts)
    turns: dict[str, Callable[[], Any]] = {
        "causerie": partial(timed, ours.encode_batch, texts),
        "fast": partial(timed, partial(theirs.encode_batch_fast, add_special_tokens=False), texts),
        "offsets": partial(timed, partial(theirs.encode_batch, add_special_tokens=False), texts),
        "causerie, whole files": partial(timed, ours.encode_batch, whole),
    }
    repetitions = [
        take_turns(turns, backwards=number % 2 == 1) for number in range(2 if given.quick else 5)
    ]  # fmt: skip
    publish(
        "tokenise",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={
            "vocabulary": ours.size, "pre_tokenizer": ours.splitting.name, "piece_characters": PIECE_CHARACTERS,
            "pieces": len(texts), "ids": ids, "bytes": sum(len(text.encode()) for text in texts), "threads": 1,
            "equal_ids": True,
        },
        peer_versions={"tokenizers": _version("tokenizers"), "tiktoken": _version("tiktoken")},
    )  # fmt: skip


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


if __name__ == "__main__":
    main()
