"""Evaluations that never ran, for the tests of what is done with one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from causerie.evaluation.comparing import Judged
from causerie.evaluation.contract import Evaluation, Metric, Scored
from causerie.evaluation.statistics import estimate, ratio

BEGAN = datetime(2026, 11, 25, 20, tzinfo=UTC)


def scored(task: str, scores: Sequence[float], **more: Any) -> list[Scored]:
    """Items of a task with these scores, numbered."""
    return [
        Scored(id=str(number), task=task, prompt=f"question {number}", answer=f"answer {number}", score=score,
               expected="right", hash=f"{task}{number}", **more)
        for number, score in enumerate(scores)
    ]  # fmt: skip


def accuracy(task: str, items: Sequence[Scored]) -> Metric:
    """Their mean."""
    found = estimate([each.score for each in items], [each.cluster or each.id for each in items], bounds=(0, 1))
    return Metric(task=task, name="accuracy", value=found.value, low=found.low, high=found.high, items=found.items,
                  clusters=found.clusters, higher_is_better=True, unit="share", method=found.method)  # fmt: skip


def bits(task: str, items: Sequence[Scored]) -> Metric:
    """Their bits over their bytes."""
    found = ratio([each.score for each in items], [float(each.extra["bytes"]) for each in items])
    return Metric(task=task, name="bits_per_byte", value=found.value, low=found.low, high=found.high,
                  items=found.items, clusters=found.clusters, higher_is_better=False, unit="bits/byte",
                  method=found.method)  # fmt: skip


def judged(items: Sequence[Scored], metrics: Sequence[Metric], **more: Any) -> Judged:
    """An evaluation of them."""
    facts: dict[str, Any] = {
        "id": "eval_1", "model": "starter", "version": "ab" * 32, "suite": "core", "suite_sha256": "cd" * 32,
        "began_at": BEGAN, "ended_at": BEGAN + timedelta(seconds=90), "scored_by": "generation", "seconds": 90.0,
        "tokens_in": 1200, "tokens_out": 300, "causerie": "0.1.0",
    } | more  # fmt: skip
    return Judged(evaluation=Evaluation(metrics=tuple(metrics), **facts), items=tuple(items))
