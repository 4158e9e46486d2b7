"""Results of lm-evaluation-harness (`lm_eval --output_path FOLDER --log_samples`), read as an evaluation.

Does: read `results_*.json` (versions 0.4.x) and, beside it, the `samples_TASK_*.jsonl` of the same run; without those
the figures keep the errors that the harness reports.
Does not: run the harness; docs/how-to/use-lm-eval-or-inspect.md says how.

A figure of theirs is named METRIC,FILTER there; ours is METRIC, and "METRIC FILTER" where there is a filter. Their
`acc` is our `accuracy`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from causerie.database.tables import new_id
from causerie.errors import InvalidImport
from causerie.evaluation.comparing import Judged, number
from causerie.evaluation.contract import Evaluation, Metric, Scored, ScoredBy
from causerie.evaluation.importing.bounded import an_object, json_of, lines_of
from causerie.evaluation.importing.figures import Reported, metric

MADE_BY = "lm-evaluation-harness"
_DATED = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+)\.json$")
_OUR_NAMES = {"acc": "accuracy"}
_BY_PROBABILITIES = {"multiple_choice", "loglikelihood", "loglikelihood_rolling"}
_LONGEST_NAME = 120


def matches(value: object) -> bool:
    """Whether a JSON value is a results file of the harness."""
    return isinstance(value, dict) and isinstance(value.get("results"), dict) and "n-shot" in value


def read(path: Path) -> Judged:
    """An evaluation from a results file.

    Raises:
        InvalidImport: It is none.
        UnreadableFile: It is damaged, or a samples file is.
    """
    told = json_of(path)
    if not matches(told):
        raise InvalidImport("{path} is no results file of lm-evaluation-harness", path=str(path))
    metrics: list[Metric] = []
    items: list[Scored] = []
    for task in _tasks(told):
        scored = _items(task, path, _way(told, task))
        metrics += _metrics(task, told, scored)
        items += scored
    return Judged(evaluation=_evaluation(path, told, tuple(metrics)), items=tuple(items))


def _tasks(told: Mapping[str, Any]) -> list[str]:
    """Those that were run themselves; groups only add them up."""
    groups = {name for name, members in _part(told, "group_subtasks").items() if members}
    return [name for name in told["results"] if name not in groups]


def _part(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    return an_object(told.get(name) or {}, name)


def _way(told: Mapping[str, Any], task: str) -> ScoredBy:
    settings = an_object(_part(told, "configs").get(task) or {}, task)
    return "log-probabilities" if settings.get("output_type") in _BY_PROBABILITIES else "generation"


def _figures(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str, float]]:
    """Key of each figure, the names of its metric and its filter, its value."""
    for key, value in row.items():
        name, comma, wanted = key.partition(",")
        found = number(value)
        if comma and not name.endswith("_stderr") and found is not None:
            yield key, name, wanted, found


def our_name(name: str, wanted: str) -> str:
    """Ours for a metric and a filter of theirs."""
    return _OUR_NAMES.get(name, name) + ("" if wanted == "none" else f" {wanted}")


def _metrics(task: str, told: Mapping[str, Any], scored: list[Scored]) -> Iterator[Metric]:
    better = an_object(_part(told, "higher_is_better").get(task) or {}, task)
    counts = an_object(_part(told, "n-samples").get(task) or {}, task)
    row = an_object(told["results"][task], task)
    for _, name, wanted, value in _figures(row):
        ours = our_name(name, wanted)
        values = {each.id: found for each in scored if (found := number(each.extra.get(ours))) is not None}
        reported = Reported(
            task=task, name=ours, value=value, error=number(row.get(f"{name}_stderr,{wanted}")),
            higher_is_better=better.get(name), items=int(number(counts.get("effective")) or 0),
        )  # fmt: skip
        yield metric(reported, values, {})


def _items(task: str, results: Path, way: ScoredBy) -> list[Scored]:
    """Every item of a task; of several filters, each adds its figures to the same item."""
    dated = _DATED.search(results.name)
    path = results.with_name(f"samples_{task}_{dated[1]}.jsonl") if dated else None
    if path is None or not path.is_file():
        return []
    found: dict[str, Scored] = {}
    for row in lines_of(path):
        made = _item(task, row, way)
        known = found.get(made.id)
        extra = {**known.extra, **made.extra} if known else made.extra
        found[made.id] = replace(known or made, extra=extra)
    return list(found.values())


def _item(task: str, row: Mapping[str, Any], way: ScoredBy) -> Scored:
    names = [str(each) for each in row.get("metrics") or ()]
    wanted = str(row.get("filter", "none"))
    figures = {our_name(name, wanted): found for name in names if (found := number(row.get(name))) is not None}
    answers = row.get("filtered_resps") or row.get("resps") or ""
    return Scored(
        id=str(row.get("doc_id", ""))[:_LONGEST_NAME], task=task, prompt=_prompt(row.get("arguments")),
        answer=_text(answers), score=next(iter(figures.values()), 0.0), expected=str(row.get("target", "")),
        scored_by=way, extra=figures, hash=str(row.get("prompt_hash", "")),
    )  # fmt: skip


def _prompt(arguments: object) -> str:
    """The first request's first argument: a text, or the messages of a conversation as JSON."""
    first = next(iter(arguments.values()), None) if isinstance(arguments, dict) else None
    asked = first.get("arg_0", "") if isinstance(first, dict) else ""
    try:
        turns = json.loads(str(asked[0] if isinstance(asked, list) and asked else asked))
        return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)
    except (ValueError, TypeError, KeyError):
        return _text(asked)


def _text(value: object) -> str:
    """A single text as it is, whatever lists stand around it; else the whole as JSON."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _evaluation(path: Path, told: Mapping[str, Any], metrics: tuple[Metric, ...]) -> Evaluation:
    tasks = _tasks(told)
    began = datetime.fromtimestamp(number(told.get("date")) or path.stat().st_mtime, UTC)
    seconds = number(_floated(told.get("total_evaluation_time_seconds"))) or 0.0
    ways = {_way(told, task) for task in tasks}
    shape = [[task, told.get("versions", {}).get(task), told["n-shot"].get(task)] for task in tasks]
    suite = f"lm-eval/{'+'.join(sorted(_asked_for(told, tasks)))}"[:_LONGEST_NAME]
    made_by = f"{MADE_BY} {told.get('lm_eval_version', '')}".rstrip()
    return Evaluation(
        id=new_id("eval"), model=str(told.get("model_name") or "unknown")[:_LONGEST_NAME], version="", suite=suite,
        suite_sha256=hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest(), began_at=began,
        ended_at=began + timedelta(seconds=seconds), scored_by=ways.pop() if len(ways) == 1 else "mixed",
        metrics=metrics, seconds=seconds, causerie=version_of("causerie"),
        notes=(f"measured by {made_by}, then imported",),
    )  # fmt: skip


def _asked_for(told: Mapping[str, Any], tasks: list[str]) -> list[str]:
    """Groups and tasks that are in no group: what stood after `--tasks`."""
    groups = _part(told, "group_subtasks")
    inside = {each for members in groups.values() if isinstance(members, list) for each in members}
    tops = [name for name in dict.fromkeys([*groups, *tasks]) if name not in inside]
    return tops or tasks


def _floated(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
