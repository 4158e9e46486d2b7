"""Bits per byte: how well a model foretells a text, whatever its tokenizer.

Does: ask for the log-probability of a whole text; divide the bits by the bytes of the text in UTF-8.
Does not: work with an engine that gives no probability of a text: the task is then left out.

bits per byte = -log2 P(text) / bytes(text), summed over texts before dividing, so that long ones count more.
Source: Gao et al., 2020, The Pile, section 3.1. https://arxiv.org/abs/2101.00027
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from causerie.errors import DataError
from causerie.evaluation.contract import Ability, Answer, Item, Kind, Metric, Score, Scored, Subject, Task
from causerie.evaluation.kinds.measuring import ratio_metric
from causerie.evaluation.kinds.options import TaskOptions


@dataclass(frozen=True)
class BitsPerByte:
    """See the top of this file."""

    task: str
    needs: frozenset[Ability] = frozenset({"text"})

    async def ask(self, item: Item, subject: Subject) -> Answer:
        """The probability of the item's text."""
        return await subject.text_log_probability(item.text)

    def score(self, item: Item, answer: Answer) -> Score:
        """The bits of this text, and its bytes beside them."""
        bits, size = -answer.log_probabilities[0] / math.log(2), len(item.text.encode("utf-8", "replace"))
        return Score(value=bits, extra={"bytes": size})

    def measure(self, scored: Sequence[Scored]) -> list[Metric]:
        """All bits over all bytes. A text that was refused is left out: it has no bits."""
        rows = [row for row in scored if not row.error]
        if not rows:
            return []
        return [
            ratio_metric(
                self.task, "bits_per_byte", rows, lambda row: row.score,
                lambda row: float(row.extra["bytes"]), higher_is_better=False, unit="bits/byte",
            )
        ]  # fmt: skip


def make(task: Task, judge: Subject | None) -> Kind:  # noqa: ARG001 - it needs none
    """The kind, for a task.

    Raises:
        DataError: An item has no text.
    """
    TaskOptions(task).end()
    for item in task.items:
        if not item.text:
            raise DataError("the item {item} of {task} has no {key}", item=item.id, task=task.name, key="text")
    return BitsPerByte(task.name)
