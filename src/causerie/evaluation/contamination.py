"""Whether a suite's items stand in the data that a model was trained on; its figures would then mean little.

Does: look for runs of words that an item and a training text share, over a folder that `causerie data build` made.
Does not: find an item that was translated or put in other words, nor one in data that is not at hand.
Try it: causerie eval contamination core --data data/sample

It is the decontamination of `data/steps/decontaminate.py` seen from the other side: the same runs of words by the
same hashes; there the text goes, here the item is named. Needs the extra `train`, as all reading of such data does.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causerie.data.packages import needed
from causerie.errors import DataError
from causerie.evaluation.contract import Item
from causerie.evaluation.statistics import Interval, proportion

if TYPE_CHECKING:
    from causerie.data.contract import Sample

FILE = "contamination.json"
"""In the folder of an evaluation: what was found of its suite in the training data of its model."""
FEWEST_WORDS, MOST_WORDS = 8, 13
"""Bounds of a run: Brown et al., "Language models are few-shot learners", 2020, appendix C."""
_SHORT_SHARE = 0.05
"""Share of items that may be shorter than a run; from there too."""
_AT_ONCE = 1_000
"""Texts that are hashed together."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """An item of which training data holds at least one run."""

    task: str
    id: str
    share: float
    """Of the item's runs, those that the data hold; 1 = the whole item stands there."""
    document: str
    """Id of the first training text that holds one, with its source."""


@dataclass(frozen=True, kw_only=True)
class Contamination:
    """What was found of a suite in a folder of training data."""

    words: int
    """Of a run."""
    items: int
    """That could be looked for."""
    too_short: int
    """Items of fewer words than a run."""
    texts: int
    """Training texts that were read."""
    data: str
    """Hash of the data, or the folder's name where it has no card."""
    found: tuple[Found, ...]

    @property
    def share(self) -> Interval | None:
        """Of items that were found (None = none could be looked for)."""
        return proportion(len(self.found), self.items) if self.items else None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Contamination":
        """From a JSON object."""
        return cls(**{**value, "found": tuple(Found(**each) for each in value["found"])})


def read(folder: Path) -> Contamination | None:
    """What was found for an evaluation (None = nobody looked)."""
    try:
        return Contamination.from_json(json.loads((folder / FILE).read_text("utf-8")))
    except FileNotFoundError:
        return None


def text_of(item: Item) -> str:
    """All of an item that would give it away: what is asked, the choices, the right answer."""
    said = [message.get("content", "") for message in item.messages if message.get("role") != "system"]
    return "\n\n".join(part for part in (item.text, *said, *item.choices, *item.expected) if part)


def run_length(texts: Sequence[str]) -> int:
    """Words of a run for these items: so many that nearly all have one, within the bounds."""
    lengths = sorted(len(text.split()) for text in texts) or [MOST_WORDS]
    return min(MOST_WORDS, max(FEWEST_WORDS, lengths[math.floor(_SHORT_SHARE * len(lengths))]))


def look_for(
    items: Sequence[Item],
    data: Path,
    *,
    words: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> Contamination:
    """Look for a suite's items in training data.

    Args:
        items: Of the suite.
        data: A folder that `causerie data build` made.
        words: Of a run (0 = by the items' lengths, `run_length`).
        progress: Told how many training texts were read.

    Raises:
        DataError: The folder holds no samples.
        ConfigError: The extra is not installed.
    """
    needed("numpy", "pyarrow")
    texts = [text_of(item) for item in items]
    words = words or run_length(texts)
    index = _Index(texts, words)
    read = 0
    for batch in _batches(_samples(data)):
        index.look_in(batch)
        read += len(batch)
        progress(read)
    found = tuple(
        Found(task=items[place].task, id=items[place].id, share=share, document=document)
        for place, share, document in index.found()
    )
    return Contamination(words=words, items=len(index.places), too_short=len(items) - len(index.places), texts=read,
                         data=_hash(data), found=found)  # fmt: skip


class _Index:
    """The runs of all items, and which of them were seen in which text first."""

    def __init__(self, texts: Sequence[str], words: int) -> None:
        import numpy as np

        from causerie.data.steps.hashing import run_hashes, word_hashes

        self._words, self._hashes_of = words, run_hashes
        counts: list[int] = np.diff(word_hashes(texts)[1]).tolist() if texts else []
        self.places = [place for place, count in enumerate(counts) if count >= words]
        """Of the items that are long enough."""
        hashes, self._borders = run_hashes([texts[place] for place in self.places], words)
        self._known, self._runs = np.unique(hashes, return_inverse=True)
        self._first: dict[int, str] = {}

    def look_in(self, batch: Sequence[tuple[str, str]]) -> None:
        """Note which runs these texts hold; each is its name and itself."""
        import numpy as np

        runs, starts = self._hashes_of([text for _, text in batch], self._words)
        hits = np.flatnonzero(np.isin(runs, self._known))
        places = np.searchsorted(self._known, runs[hits])
        owners = np.searchsorted(starts, hits, side="right") - 1
        for place, owner in zip(places.tolist(), owners.tolist(), strict=True):
            self._first.setdefault(place, batch[owner][0])

    def found(self) -> Iterator[tuple[int, float, str]]:
        """Place of each item of which a run was seen, the share of its runs that were, and where the first was."""
        for number, place in enumerate(self.places):
            own = self._runs[self._borders[number] : self._borders[number + 1]].tolist()
            seen = [run for run in own if run in self._first]
            if seen:
                yield place, len(seen) / len(own), self._first[seen[0]]


def _samples(data: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each training text, in the folder's order."""
    from causerie.data.contract import whole_text
    from causerie.data.records import kinds_in, samples

    kinds = kinds_in(data)
    if not kinds:
        raise DataError("{folder} holds no training data", folder=str(data), hint="name a folder of `data build`")
    for kind in kinds:
        yield from ((_name(sample), whole_text(sample)) for sample in samples(data, kind))


def _name(sample: "Sample") -> str:
    return f"{sample.source}: {sample.id}" if sample.source else sample.id


def _batches(samples: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    there = iter(samples)
    while batch := list(islice(there, _AT_ONCE)):
        yield batch


def _hash(data: Path) -> str:
    from causerie.data.card import read_card

    try:
        return read_card(data).data_sha256
    except DataError:
        return data.name
