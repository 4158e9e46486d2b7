"""Decontamination: no text that holds a question of an evaluation set, or its figures would mean nothing.

Does: remove each document that shares a run of n words with an evaluation set (Brown et al., "Language models are
few-shot learners", 2020, appendix C: 13 words).
Does not: find a question that was translated or put in other words.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from causerie.data.contract import Document, Outcome, Portion, Removed, Step
from causerie.data.formats.opening import opened
from causerie.data.formats.table import format_of
from causerie.data.shards import file_sha256
from causerie.data.steps.hashing import Hashes, run_hashes, word_hashes
from causerie.errors import DataError


class Decontaminate(Step):
    """Nothing of these evaluation sets."""

    conversations = True

    use: Literal["decontaminate"] = "decontaminate"
    against: tuple[str, ...] = Field(min_length=1)
    """Files of the evaluation sets: text, JSON Lines, JSON or Parquet; a relative one stands beside the recipe."""
    fields: tuple[str, ...] = ()
    """Which fields of a row are questions or answers (empty = every text)."""
    words: int = Field(13, ge=4, le=100)
    """Words of a run. Shorter texts of the sets, of at least 4 words, count where a text or message is no more."""

    def apply(self, document: Document) -> Outcome:
        """The document, unless it holds a run of an evaluation set."""
        runs, _ = run_hashes([document.text], self.words)
        known = _index(self, tuple(_found(Path(path)).stat().st_mtime_ns for path in self.against))
        places = np.searchsorted(known, runs).clip(max=len(known) - 1)
        hits = int((known[places] == runs).sum()) if len(known) else 0
        return Removed("in an evaluation set", f"{hits} runs of {self.words} words") if hits else document

    def versions(self) -> list[str]:
        """SHA-256 of each evaluation set, so that a build knows when one has changed.

        Raises:
            DataError: One is missing, or of a kind that is not read here.
        """
        return [file_sha256(_found(Path(path))) for path in self.against]


@cache
def _index(step: Decontaminate, _changed_at: tuple[int, ...]) -> Hashes:
    """Hashes of all runs of the sets, sorted; once in each process, while the files stay what they are."""
    texts = [text for path in step.against for text in _texts(Path(path), step.fields)]
    enough = [text for text in texts if len(word_hashes([text])[0]) >= 4]
    return np.unique(run_hashes(enough, step.words)[0])


def _found(path: Path) -> Path:
    if format_of(path.name) is None or not path.is_file():
        raise DataError(
            "the evaluation set {path} cannot be read", path=str(path),
            hint="it must be a file that ends with txt, md, json, jsonl or parquet",
        )  # fmt: skip
    return path


def _texts(path: Path, fields: tuple[str, ...]) -> Iterator[str]:
    portion = Portion(path.name, str(path))
    read = format_of(_found(path).name)
    with opened(portion) as file:
        for row in read(file, portion) if read else ():
            if isinstance(row, Removed):
                raise DataError(
                    "the evaluation set {path} is damaged: {reason}", path=str(path), reason=row.detail or row.reason
                )
            yield from (
                value for name, value in row[1].items() if isinstance(value, str) and (not fields or name in fields)
            )
