"""Logs of Inspect (`inspect eval`), read as an evaluation: `.eval` archives and `.json` files.

Does: read the header and every sample; each scorer's value becomes a figure by Inspect's own rules for words.
Does not: run Inspect; docs/how-to/use-lm-eval-or-inspect.md says how.

`.eval` archives are packed with Zstandard, which needs the extra `train`; `inspect log convert --to json` does not.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from causerie.database.tables import new_id
from causerie.errors import InvalidImport
from causerie.evaluation.comparing import Judged, number
from causerie.evaluation.contract import Evaluation, Metric, Scored
from causerie.evaluation.importing.bounded import an_object, archive, json_of, member
from causerie.evaluation.importing.figures import Reported, metric

MADE_BY = "Inspect"
HEADER, SAMPLES = "header.json", "samples/"
WORDS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""Values of scores that are words: correct, partial, incorrect, no answer, and the usual ones for true and false."""
_SPREADS = {"stderr", "std", "var", "bootstrap_stderr"}
"""Metrics of Inspect that say how sure another is."""
_LONGEST_NAME = 120
_ATTACHMENT = "attachment://"


def matches(value: object) -> bool:
    """Whether a JSON value is a log of Inspect."""
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and "status" in value


def read(path: Path) -> Judged:
    """An evaluation from a log.

    Raises:
        InvalidImport: It is none.
        UnreadableFile: It is damaged, or its run did not end.
        ConfigError: It is an `.eval` archive, and the package that unpacks it is not installed.
    """
    if path.suffix == ".eval":
        with archive(path) as there:
            return _judged(path, member(there, HEADER), (member(there, name) for name in _samples(there.namelist())))
    told = json_of(path)
    return _judged(path, told, told.get("samples") or () if isinstance(told, dict) else ())


def _samples(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(SAMPLES) and name.endswith(".json")]


def _judged(path: Path, told: Mapping[str, Any], samples: Iterable[object]) -> Judged:
    if not matches(told):
        raise InvalidImport("{path} is no log of Inspect", path=str(path))
    task = str(told["eval"].get("task", "task"))[:_LONGEST_NAME]
    items = [_item(task, an_object(each, "samples")) for each in samples]
    metrics = tuple(_metrics(task, told, items))
    return Judged(evaluation=_evaluation(told, task, metrics, items), items=tuple(items))


def _item(task: str, sample: Mapping[str, Any]) -> Scored:
    attachments = an_object(sample.get("attachments") or {}, "attachments")
    scores = an_object(sample.get("scores") or {}, "scores")
    figures = {name: found for name, found in _values(scores) if found is not None}
    output = an_object(sample.get("output") or {}, "output")
    usage = an_object(output.get("usage") or {}, "usage")
    target = sample.get("target", "")
    expected = " | ".join(map(str, target)) if isinstance(target, list) else str(target)
    error = sample.get("error")
    epoch = int(number(sample.get("epoch")) or 1)
    name = str(sample.get("id", ""))[:_LONGEST_NAME]
    return Scored(
        id=name if epoch == 1 else f"{name}#{epoch}", task=task, cluster=name,
        prompt=_conversation(sample.get("input", ""), attachments), answer=_answer(output, attachments),
        score=next(iter(figures.values()), 0.0), expected=expected,
        scored_by="generation", tokens_in=int(number(usage.get("input_tokens")) or 0),
        tokens_out=int(number(usage.get("output_tokens")) or 0), extra=figures,
        error=str(error.get("message", "")) if isinstance(error, dict) else "",
    )  # fmt: skip


def _values(scores: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """Each scorer's value as a number; one that gives several has a figure for each. Not-a-number was not scored."""
    for scorer, score in scores.items():
        value = score.get("value") if isinstance(score, dict) else None
        if isinstance(value, dict):
            yield from ((f"{scorer} {key}", worth(each)) for key, each in value.items())
        else:
            yield scorer, worth(value)


def worth(value: object) -> float | None:
    """A score's value as a number (None = it is none)."""
    if isinstance(value, str):
        found = WORDS.get(value, WORDS.get(value.lower()))
        try:
            return number(float(value)) if found is None else found
        except ValueError:
            return None
    return number(value)


def _conversation(asked: object, attachments: Mapping[str, Any]) -> str:
    if not isinstance(asked, list):
        return _whole(str(asked), attachments)
    turns = [each for each in asked if isinstance(each, dict)]
    return "\n\n".join(f"{each.get('role', '')}: {_content(each.get('content'), attachments)}" for each in turns)


def _answer(output: Mapping[str, Any], attachments: Mapping[str, Any]) -> str:
    choices = output.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    message = first.get("message") if isinstance(first, dict) else None
    said = message.get("content") if isinstance(message, dict) else output.get("completion", "")
    return _content(said, attachments)


def _content(content: object, attachments: Mapping[str, Any]) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(content, list):
        parts = [each.get("text", "") for each in content if isinstance(each, dict)]
        return "\n".join(_whole(str(each), attachments) for each in parts if each)
    return _whole(str(content or ""), attachments)


def _whole(text: str, attachments: Mapping[str, Any]) -> str:
    """Long texts stand at the end of a sample, once each, and a reference where they belong."""
    return str(attachments.get(text.removeprefix(_ATTACHMENT), text)) if text.startswith(_ATTACHMENT) else text


def _metrics(task: str, told: Mapping[str, Any], items: list[Scored]) -> Iterator[Metric]:
    results = an_object(told.get("results") or {}, "results")
    for score in results.get("scores") or ():
        said = an_object(score, "scores")
        figures = an_object(said.get("metrics") or {}, "metrics")
        error = next((number(_value(figures[name])) for name in _SPREADS if name in figures), None)
        name = str(said.get("name", "score"))
        scorer = str(said.get("scorer", name))
        parts = {
            each.id: each.extra[key] for each in items for key in (name, f"{scorer} {name}") if key in each.extra
        }
        clusters = {each.id: each.cluster for each in items}
        for figure, told_value in figures.items():
            value = number(_value(told_value))
            if figure in _SPREADS or value is None:
                continue
            reported = Reported(task=task, name=f"{name} {figure}", value=value, error=error, higher_is_better=True,
                                items=int(number(said.get("scored_samples")) or len(parts)))  # fmt: skip
            yield metric(reported, parts, clusters)


def _value(told: object) -> object:
    return told.get("value") if isinstance(told, dict) else told


def _evaluation(told: Mapping[str, Any], task: str, metrics: tuple[Metric, ...], items: list[Scored]) -> Evaluation:
    spec = told["eval"]
    stats = an_object(told.get("stats") or {}, "stats")
    began = _moment(stats.get("started_at") or spec.get("created"))
    ended = max(began, _moment(stats.get("completed_at") or spec.get("created")))
    shape = [task, spec.get("task_version"), spec.get("task_args"), an_object(spec.get("dataset") or {}, "dataset")]
    packages = spec.get("packages") if isinstance(spec.get("packages"), dict) else {}
    notes = [f"measured by {MADE_BY} {packages.get('inspect_ai', '')}".rstrip() + ", then imported"]
    if told["status"] != "success":
        notes.append(f"the run ended with the status {str(told['status'])[:20]!r}")
    return Evaluation(
        id=new_id("eval"), model=str(spec.get("model", "unknown"))[:_LONGEST_NAME], version="",
        suite=f"inspect/{task}", suite_sha256=hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest(),
        began_at=began, ended_at=ended, scored_by="generation", metrics=metrics,
        tokens_in=sum(each.tokens_in for each in items), tokens_out=sum(each.tokens_out for each in items),
        seconds=(ended - began).total_seconds(), causerie=version_of("causerie"),
        errors=sum(bool(each.error) for each in items), notes=tuple(notes),
    )  # fmt: skip


def _moment(told: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(told))
    except ValueError as error:
        raise InvalidImport("{value!r} in the log is not a time", value=str(told)[:40]) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
