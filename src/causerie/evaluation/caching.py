"""Answers that were given once are not asked for again: the same version of a model, the same item.

Does: keep answers by the model's file and the item's hash, in a file for each model; find them again.
Does not: keep scores: they are made anew, so that a check that was mended counts.

Only answers without chance are kept (temperature 0), and only those of a model whose file is known.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from causerie.evaluation.contract import Answer, Item, Task
from causerie.evaluation.kinds.shots import layout_of
from causerie.evaluation.suite_file import as_example, as_item, canonical
from causerie.settings import Settings

FORMAT = 1
"""Counts up when the kinds ask otherwise than before: what was kept then is not found any more."""
MAX_LINE_BYTES = 2**22


def hash_of(task: Task, item: Item, judge: str = "") -> str:
    """Of all that an answer and its score depend on, the model aside; in hexadecimal.

    Examples count by what they show and in which order, so that two draws that give the same ask the same.
    """
    asked = {name: value for name, value in as_item(item).items() if name not in {"id", "task", "cluster", "side"}}
    whole: list[object] = [FORMAT, task.kind, task.options, asked, judge]
    if item.examples:
        whole += [layout_of(task), [as_example(each) for each in item.examples]]
    return hashlib.sha256(canonical(whole)).hexdigest()


class Cache:
    """Answers of one model version. Use it as a context manager; several processes may at the same time."""

    def __init__(self, path: Path | None) -> None:
        """Keep them in this file (None = keep nothing)."""
        self._path = path
        self._known: dict[str, Answer] = {}
        self._file: IO[str] | None = None
        self._broken = False
        """The file's last line has no end: a process died within it."""

    def __enter__(self) -> "Cache":
        if self._path is not None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._read(self._path)
            self._file = self._path.open("a", encoding="utf-8")
            if self._broken:
                self._file.write("\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def get(self, key: str) -> Answer | None:
        """The answer that was kept (None = there is none)."""
        return self._known.get(key)

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer."""
        self._known[key] = answer
        if self._file is not None:
            # One write of one line at the file's end: lines of two processes do not mix.
            self._file.write(json.dumps({"key": key, **asdict(answer)}, ensure_ascii=False) + "\n")
            self._file.flush()

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        with path.open("rb") as file:
            for line in iter(lambda: file.readline(MAX_LINE_BYTES), b""):
                self._broken = not line.endswith(b"\n")
                try:
                    value: dict[str, Any] = json.loads(line)
                    key = value.pop("key")
                    value["log_probabilities"] = tuple(value["log_probabilities"])
                    self._known[key] = Answer(**value)
                except (ValueError, KeyError, TypeError, AttributeError):
                    continue  # a line that a crash cut in two, or of another version: it is asked again


def cache_of(settings: Settings, version: str, scorer: str) -> Cache:
    """The cache of a model version (empty = unknown: nothing is kept).

    Args:
        settings: Where it is.
        version: SHA-256 of the model's file.
        scorer: Which engine it is asked through and what that can do: two engines round otherwise, and a choice is
            asked by the best way that there is.
    """
    if not version:
        return Cache(None)
    name = hashlib.sha256(f"{version}\n{scorer}".encode()).hexdigest()[:32]
    return Cache(settings.home / "evaluations" / "answers" / f"{name}.jsonl")
