"""Evaluations and answers are the same after JSON, whatever a file of another version holds."""

import json
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from causerie.errors import InvalidRequest
from causerie.evaluation.contract import Evaluation, Metric, Scored

METRIC = Metric(task="t", name="accuracy", value=0.5, low=0.4, high=0.6, items=3, clusters=3, higher_is_better=True,
                unit="share", method="Wilson")  # fmt: skip
NOTHING_KNOWN = Metric(task="", name="length", value=3.0, low=-inf, high=inf, items=1, clusters=1,
                       higher_is_better=None, method="Student")  # fmt: skip
MOMENT = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
EVALUATION = Evaluation(
    id="eval_1", model="m", version="ab", suite="s", suite_sha256="cd", began_at=MOMENT, ended_at=MOMENT,
    scored_by="mixed", metrics=(METRIC, NOTHING_KNOWN), languages=("en", "fr"), notes=("one",),
)  # fmt: skip


def test_an_evaluation_is_the_same_after_json_that_any_program_reads() -> None:
    text = json.dumps(EVALUATION.to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(text)) == EVALUATION


def test_an_answer_is_the_same_after_json() -> None:
    scored = Scored(id="1", task="t", prompt="q", answer="a", score=1.0, extra={"words": 3})
    assert Scored.from_json(json.loads(json.dumps(scored.to_json()))) == scored
    assert Scored.from_json({**scored.to_json(), "of a later version": 1}) == scored


def test_metrics_are_found_by_name_and_task() -> None:
    assert EVALUATION.metric("accuracy") is EVALUATION.metrics[0]
    assert EVALUATION.metric("accuracy", "t") is EVALUATION.metrics[0]
    assert EVALUATION.metric("accuracy", "other") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "format 2"),
        ({"began_at": "yesterday"}, "yesterday"),
        ({"began_at": 3}, "time"),
        ({"metrics": [{"task": "t"}]}, "a metric lacks"),
    ],
)
def test_what_cannot_be_read_says_why(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        Evaluation.from_json({**EVALUATION.to_json(), **change})


def test_missing_keys_are_named() -> None:
    value = EVALUATION.to_json()
    del value["suite"], value["model"]
    with pytest.raises(InvalidRequest, match="an evaluation lacks model, suite"):
        Evaluation.from_json(value)
    with pytest.raises(InvalidRequest, match="lacks answer"):
        Scored.from_json({"id": "1", "task": "t", "prompt": "p", "score": 1.0})
