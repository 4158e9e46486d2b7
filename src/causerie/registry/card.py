"""The card of a model version, in Hugging Face's format: front matter for programs, sections for people.

Does: write it from lineage, evaluations and people's notes; say what is missing, in the card and as a list.
Does not: invent: what nobody knows stands there as missing.
Try it: causerie models card NAME

Front matter and sections are those of https://huggingface.co/docs/hub/model-cards and of huggingface_hub's template.
YAML takes JSON as it is, so the front matter is written without a library that the base install does not have.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from causerie.evaluation.contract import Evaluation, Metric
from causerie.registry.contract import Data, Lineage
from causerie.registry.lineage import Family, cumulated, licence, members, missing
from causerie.registry.notes import KEYS, REQUIRED
from causerie.registry.origins import Origin

MISSING = "**Missing.**"
"""Stands where nobody knows."""
SPDX_OF_THE_HUB = frozenset({
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc0-1.0",
    "gpl-3.0", "lgpl-3.0", "agpl-3.0", "mpl-2.0", "unlicense",
})  # fmt: skip
"""Licences that the hub knows by name; others are `other` with a name of their own."""


def gaps(family: Family, evaluations: Sequence[Evaluation], notes: Mapping[str, str]) -> tuple[str, ...]:
    """What a complete card would say and this one cannot (empty = it is complete).

    Args:
        family: Of the version.
        evaluations: Of the version.
        notes: As `notes.notes_of`.
    """
    said = [f"{key}: {KEYS[key]}" for key in REQUIRED if not notes.get(key)]
    if not licence(family):
        said.append("licence of the weights")
    if not evaluations:
        said.append("an evaluation")
    return (*said, *missing(family))


def card_of(
    family: Family,
    evaluations: Sequence[Evaluation],
    notes: Mapping[str, str],
    overrides: Sequence[str] = (),
) -> str:
    """The card, Markdown.

    Args:
        family: Of the version.
        evaluations: Of the version, the newest first.
        notes: As `notes.notes_of`.
        overrides: Of the gate, one sentence each: they stand at the top.
    """
    parts = [
        _front_matter(family, evaluations),
        f"# {family.name}",
        notes.get("description", f"{MISSING} {_sentence(KEYS['description'])}"),
        *_overridden(overrides),
        *_details(family, notes),
        *_uses(notes),
        *_start(family),
        *_training(family),
        *_evaluated(evaluations),
        *_compute(family),
        *_contact(notes),
        *_not_said(gaps(family, evaluations, notes)),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(family: Family, evaluations: Sequence[Evaluation]) -> str:
    name = licence(family)
    known = name.lower() in SPDX_OF_THE_HUB
    facts: dict[str, Any] = {
        "language": languages(family),
        "license": name.lower() if known else "other",
        "license_name": "" if known else (name or "unknown"),
        "library_name": "gguf",
        "pipeline_tag": "text-generation",
        "tags": ["causerie", *([objective] if (objective := _lineage(family).objective) else [])],
        "base_model_relation": "quantized" if _lineage(family).made_by == "quantised" else "",
        "base_model": [parent.origin.repository if parent.origin else parent.name for parent in family.parents],
        "datasets": sorted(
            {text.name for data in _lineage(family).data for text in data.texts if text.kind == "hub"}
        ),
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items() if value]
    if evaluations:
        lines.append(f"model-index: {json.dumps([_index(family, evaluations)], ensure_ascii=False)}")
    return "\n".join(["---", *lines, "---"])


def _index(family: Family, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    results = []
    for evaluation in evaluations:
        metrics = [
            {"type": metric.name, "name": _title(metric), "value": metric.value} for metric in evaluation.metrics
        ]
        results.append({
            "task": {"type": "text-generation"},
            "dataset": {"name": evaluation.suite, "type": evaluation.suite, "revision": evaluation.suite_sha256},
            "metrics": metrics,
        })  # fmt: skip
    return {"name": family.name, "results": [each for each in results if each["metrics"]]}


def _overridden(overrides: Sequence[str]) -> Iterator[str]:
    if overrides:
        yield "> **This version was let past a gate that refused it.**"
        yield "\n".join(f"> - {_line(each)}" for each in overrides)


def _details(family: Family, notes: Mapping[str, str]) -> Iterator[str]:
    said = _lineage(family)
    parents = ", ".join(parent.name for parent in family.parents)
    if family.origin is not None:
        parents = family.origin.begun_from
    yield "## Model Details"
    yield _items({
        "Developed by": notes.get("developed_by", ""),
        "Model type": f"language model, {said.parameters:,} weights" if said.parameters else "",
        "Language(s) (NLP)": ", ".join(languages(family)),
        "License": licence(family),
        "Finetuned from model": parents or ("none: trained from nothing" if said.made_by != "file" else ""),
        "Version": family.version.id if family.version else "",
        "SHA-256 of the file": family.version.sha256 if family.version else "",
    })  # fmt: skip


def _uses(notes: Mapping[str, str]) -> Iterator[str]:
    for heading, key in (
        ("## Uses", ""),
        ("### Direct Use", "uses"),
        ("### Out-of-Scope Use", "out_of_scope"),
        ("## Bias, Risks, and Limitations", "limitations"),
    ):
        yield heading
        if key:
            yield notes.get(key, f"{MISSING} {_sentence(KEYS[key])}")


def _start(family: Family) -> Iterator[str]:
    yield "## How to Get Started with the Model"
    yield f"```\ncauserie chat --model {_line(family.name)}\n```"


def _training(family: Family) -> Iterator[str]:
    said = _lineage(family)
    yield "## Training Details"
    yield "### Training Data"
    found = [data for member in members(family) if member.lineage for data in member.lineage.data]
    yield "\n\n".join(_data(data) for data in found) if found else MISSING
    if said.feedback is not None:
        told = said.feedback
        yield (
            f"Feedback of {told.people:,} people: {told.pairs:,} compared answers, {told.judgements:,} judgements"
            f"{f', until {told.until}' if told.until else ''}. SHA-256 `{told.sha256 or 'unknown'}`."
        )
    yield "### Training Procedure"
    yield _items({
        "Objective": said.objective,
        "Steps": f"{said.steps:,}" if said.steps else "",
        "Tokens seen": f"{said.tokens:,}" if said.tokens else "",
        "Computed with": ", ".join(f"{name} {version}" for name, version in sorted(said.code.items())),
        "SHA-256 of the recipe": said.recipe_sha256,
    })  # fmt: skip
    for member in members(family):
        if member.origin is not None:
            yield from _published(member.origin)
    if said.recipe:
        yield f"<details><summary>Recipe</summary>\n\n{_fenced(said.recipe, 'toml')}\n\n</details>"


def _published(origin: Origin) -> Iterator[str]:
    """What the makers of an ancestor published, and where each figure is from."""
    yield f"### Published Origin: {_line(origin.name)}"
    yield f"By {_line(origin.makers)}: <{origin.url}>. Here: {_line(origin.form)}."
    figures = {"tokens": f"{origin.tokens:,}" if origin.tokens else "",
               "flops": f"{origin.flops:.4g}" if origin.flops else "", "parameters": f"{origin.parameters:,}",
               "licence": origin.licence, "objective": origin.objective}  # fmt: skip
    rows = [
        f"| {key} | {_line(value) or MISSING} | {_line(origin.sources.get(key, ''))} |"
        for key, value in figures.items()
    ]
    rows += [f"| learned from | {_line(each.name)} | {_line(each.source)} |" for each in origin.data]
    yield "\n".join(["| | | source |", "|---|---|---|", *rows])


def _data(data: Data) -> str:
    steps = ", ".join(data.steps)
    head = f"**{_line(data.name) or 'Data without a card'}** (SHA-256 `{data.sha256 or 'unknown'}`)"
    if not data.texts:
        return f"{head}: {MISSING}"
    rows = [
        f"| {_line(text.name)} | {_line(text.licence) or MISSING} | {_line(text.language)} |"
        f" {f'{text.characters:,}' if text.characters else MISSING} |"
        for text in data.texts
    ]
    table = "\n".join(["| source | licence | language | characters |", "|---|---|---|---:|", *rows])
    return f"{head}\n\n{table}" + (f"\n\nSteps: {_line(steps)}." if steps else "")


def _evaluated(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    yield "## Evaluation"
    if not evaluations:
        yield f"{MISSING} `causerie eval` makes one."
        return
    rows = [
        f"| {_line(evaluation.suite)} | {_line(_title(metric))} | {metric.value:.4g} |"
        f" {interval(metric)} | {metric.items:,} | {evaluation.ended_at:%Y-%m-%d} |"
        for evaluation in evaluations
        for metric in evaluation.metrics
    ]
    heading = ["| suite | metric | value | interval | items | on |", "|---|---|---:|---|---:|---|"]
    yield "\n".join([*heading, *rows])


def _compute(family: Family) -> Iterator[str]:
    said, all_of_it = _lineage(family), cumulated(family)
    unknown = ", ".join(_line(name) for name in all_of_it.unknown)
    yield "## Technical Specifications"
    yield _items({
        "Compute of this run": f"{said.flops:.3g} floating point operations" if said.flops else "",
        "Compute of the whole lineage": f"{all_of_it.flops:.3g} floating point operations"
        + (f", and an unknown amount for {unknown}" if unknown else ""),
        "Time": f"{said.seconds / 3600:.2f} hours" if said.seconds else "",
    })  # fmt: skip
    yield "## Environmental Impact"
    yield f"{MISSING} Energy is not measured; `causerie plan` estimates that of a run."


def _contact(notes: Mapping[str, str]) -> Iterator[str]:
    yield "## Model Card Contact"
    yield notes.get("contact", f"{MISSING} {_sentence(KEYS['contact'])}")


def _not_said(said: Sequence[str]) -> Iterator[str]:
    yield "## What this card does not say"
    yield "\n".join(f"- {_line(each)}" for each in said) if said else "Nothing that a complete card must say."


def languages(family: Family) -> list[str]:
    """ISO 639-1 codes of the languages that a model learned from, its ancestors' too."""
    texts = (
        text for member in members(family) if member.lineage for data in member.lineage.data for text in data.texts
    )
    return sorted({text.language for text in texts if text.language})


def _lineage(family: Family) -> Lineage:
    return family.lineage or Lineage()


def interval(metric: Metric) -> str:
    """The interval of a figure, in words; an end that is not known is open."""
    if not math.isfinite(metric.high - metric.low):
        return "unknown"
    return f"{metric.low:.4g} to {metric.high:.4g} ({metric.confidence:.0%})"


def _title(metric: Metric) -> str:
    return f"{metric.task}: {metric.name}" if metric.task else metric.name


def _items(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- **{name}:** {_line(value) or MISSING}" for name, value in facts.items())


def _line(text: str) -> str:
    """Text from files of others, as one line that opens no markup of its own."""
    plain = " ".join(text.split())
    return "".join(f"\\{each}" if each in "|<>[]`*_#" else each for each in plain)


def _fenced(text: str, language: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
