"""An evaluation as one page that stands alone: figures with intervals, what changed, and answers to judge it by.

Does: write HTML without scripts, in French or English, light or dark, with its pictures inside.
Does not: compute figures. All that a model or a suite wrote is escaped, cut to a bearable length, and isolated, so
that no text runs out of its place.
Try it: causerie eval starter --suite quick, then open the report that it names
"""

import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from string import Template
from typing import Literal

from causerie.data.wording import Wording
from causerie.evaluation.comparing import SOUGHT, Judged, Row, compare, parts
from causerie.evaluation.contamination import Contamination
from causerie.evaluation.contract import Metric, Scored
from causerie.evaluation.folder import REPORT
from causerie.evaluation.interval_plot import Bar, Point, svg
from causerie.evaluation.statistics import design_effect, estimate, items_needed, paired_variance, smallest_difference

EXAMPLES = 3
"""Good ones and bad ones that are shown of each task."""
LONGEST = 4_000
"""Characters that are shown of a text."""
LEAST_TOLD = 0.001
"""A p-value below is told as less than this."""
MOST_ROWS = 500
"""Of a table or picture; what a suite has beyond stays in the JSON file."""
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, changes of direction and halves of characters: they could make a text read as another."""

Role = Literal["previous", "released"]


@dataclass(frozen=True)
class Other:
    """An evaluation by the same suite to compare with: of the previous version, or of the release in service."""

    role: Role
    judged: Judged


def write_report(
    folder: Path,
    judged: Judged,
    *,
    language: str,
    others: Sequence[Other] = (),
    contamination: Contamination | None = None,
) -> Path:
    """Write the page into the evaluation's folder; gives its path.

    Args:
        folder: Of the evaluation.
        judged: What is reported.
        language: `fr` or `en`.
        others: At most two, each of another role.
        contamination: What was found of the suite in training data (None = nobody looked).
    """
    path = folder / REPORT
    unfinished = path.with_suffix(".html.part")
    unfinished.write_text(page(judged, language=language, others=others, contamination=contamination), "utf-8")
    unfinished.replace(path)
    return path


def page(
    judged: Judged, *, language: str, others: Sequence[Other] = (), contamination: Contamination | None = None
) -> str:
    """The page's HTML; the arguments are those of `write_report`."""
    say = Wording(language, Path(__file__).with_name("report_fr.toml"))
    evaluation = judged.evaluation
    body = [*_facts(judged, say)]
    body += [f"<h2>{escape(say('Figures'))}</h2>", _legend(judged, others, say)]
    body += [
        f"<figure>{svg(bars, title, bounds, say.figure)}<figcaption>{escape(title)}</figcaption></figure>"
        for title, bars, bounds in _pictures(judged, others, say)
    ]
    body += [_figures(evaluation.metrics[:MOST_ROWS], say), *_power(judged, say)]
    for other in others:
        body += _differences(judged, other, say)
    if contamination is not None:
        body += _contamination(judged, contamination, say)
    body += _examples(judged, say)
    template = Template(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
    title = say("{model} by the suite {suite}", model=evaluation.model, suite=evaluation.suite)
    return template.substitute(lang=say.language, title=shown(title), body="\n".join(body))


def shown(text: str) -> str:
    """A text that nobody vouches for, safe inside an element."""
    return escape(_legible(text))


def _legible(text: str) -> str:
    """It without characters that could deceive, and not endless."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + " […]"
    return _INVISIBLE.sub("\ufffd", cut.replace("\r\n", "\n"))


def _facts(judged: Judged, say: Wording) -> Iterable[str]:
    evaluation = judged.evaluation
    made = say("Judged {date} by causerie {version}: {items} items in {seconds} s, {tokens} tokens.",
               date=f"{evaluation.ended_at:%Y-%m-%d %H:%M %Z}", version=evaluation.causerie,
               items=say.number(len(judged.items)), seconds=say.figure(evaluation.seconds),
               tokens=say.number(evaluation.tokens_in + evaluation.tokens_out))  # fmt: skip
    yield f"<p class=soft>{shown(made)}</p>"
    how = {
        "log-probabilities": say("Scored by the log-probabilities that the model gives."),
        "generation": say("Scored by what the model writes."),
        "mixed": say("Scored by log-probabilities in some tasks, by what the model writes in others."),
    }
    yield f"<p>{escape(how[evaluation.scored_by])}</p>"
    guardrail = evaluation.guardrail or say("none")
    yield f"<p>{shown(say('Guardrail before the model: {guardrail}', guardrail=guardrail))}</p>"
    if evaluation.cost:
        yield f"<p>{escape(say('Cost: {cost}', cost=say.figure(evaluation.cost)))}</p>"
    if evaluation.errors:
        told = say("{count} items got no answer and count as wrong.", count=say.number(evaluation.errors))
        yield f"<p class=warn>{escape(told)}</p>"
    yield from (f"<p class=warn>{shown(say.retold(note))}</p>" for note in evaluation.notes)
    version = evaluation.version or say("unknown")
    told = say(
        "Version of the model: {version}; of the suite: {suite}", version=version, suite=evaluation.suite_sha256
    )
    yield f"<p class=soft><code>{shown(told)}</code></p>"


def _legend(judged: Judged, others: Sequence[Other], say: Wording) -> str:
    names = [judged.evaluation.model, *(_named(judged, other, say) for other in others)]
    keys = (f"<span><i class='key m{place}'></i>{shown(name)}</span>" for place, name in enumerate(names))
    return f"<p>{''.join(keys)}</p>" if others else ""


def _named(judged: Judged, other: Other, say: Wording) -> str:
    its = other.judged.evaluation
    role = say("previous version") if other.role == "previous" else say("release in service")
    if other.role == "previous" and its.version and its.version == judged.evaluation.version:
        role = say("the same version, earlier")
    return say("{what}: {name}", what=role, name=its.model)


def name_of(task: str, name: str, say: Wording) -> str:
    """A figure as the reader sees it: its task and its name, in words."""
    return _legible(say("{what}: {name}", what=task or say("whole suite"), name=say(name.replace("_", " "))))


_Picture = tuple[str, list[Bar], tuple[float, float] | None]


def _pictures(judged: Judged, others: Sequence[Other], say: Wording) -> Iterable[_Picture]:
    """One for each unit, so that what lies on one axis can be compared."""
    metrics = judged.evaluation.metrics[:MOST_ROWS]
    for unit in dict.fromkeys(each.unit for each in metrics):
        bars, whole = [], True
        for metric in (each for each in metrics if each.unit == unit):
            found = [_same(other.judged.evaluation.metrics, metric) for other in others]
            points = [Point(each.value, each.low, each.high) if each else None for each in (metric, *found)]
            whole = whole and all(each.low >= 0 and each.high <= 1 for each in points if each)
            name = name_of(metric.task, metric.name, say)
            bars.append(Bar(name, _legible(f"{name}: {_told(metric, say)} ({_range(metric, say)})"), points))
        title = say(
            "Figures and their intervals at {confidence}",
            confidence=f"{say.figure(100 * metrics[0].confidence)}\u202f%",
        )
        yield (
            (f"{title} ({_legible(say(unit))})" if unit else title),
            bars,
            ((0, 1) if unit == "share" and whole else None),
        )


def _same(metrics: Iterable[Metric], wanted: Metric) -> Metric | None:
    return next((each for each in metrics if (each.task, each.name) == (wanted.task, wanted.name)), None)


def _valued(value: float, unit: str, say: Wording) -> str:
    return say.share(value) if unit == "share" else say.figure(value)


def _told(metric: Metric, say: Wording) -> str:
    unit = "" if metric.unit == "share" else f" {say(metric.unit)}"
    return f"{_valued(metric.value, metric.unit, say)}{unit}".rstrip()


def _range(metric: Metric, say: Wording) -> str:
    return f"{_valued(metric.low, metric.unit, say)} … {_valued(metric.high, metric.unit, say)}"


def _figures(metrics: Sequence[Metric], say: Wording) -> str:
    headings = [say(each) for each in ("task", "figure", "value", "interval", "items", "groups", "interval by")]
    rows = [
        (each.task or say("whole suite"), say(each.name.replace("_", " ")), _told(each, say), _range(each, say),
         say.number(each.items), say.number(each.clusters), say(each.method))
        for each in metrics
    ]  # fmt: skip
    return _table(headings, rows, numbers=(2, 3, 4, 5))


def _table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Container[int],
    marked: Callable[[int], str] = lambda _: "",
) -> str:
    """A table; `numbers` are the columns of numbers, `marked` the class of the last cell of a row."""
    head = "".join(
        f"<th{' class=n' if place in numbers else ''}>{escape(each)}</th>" for place, each in enumerate(headings)
    )
    lines = []
    for number, row in enumerate(rows):
        kinds = ["n" if place in numbers else "" for place in range(len(row))]
        kinds[-1] = marked(number) or kinds[-1]
        cells = zip(row, kinds, strict=True)
        lines.append("".join(f"<td{f' class={kind}' if kind else ''}>{shown(cell)}</td>" for cell, kind in cells))
    body = "".join(f"<tr>{each}</tr>" for each in lines)
    return f"<div class=scroll><table><tr>{head}</tr>{body}</table></div>"


def _power(judged: Judged, say: Wording) -> Iterable[str]:
    """What the suite is too small to show."""
    whole = next((each for each in judged.evaluation.metrics if each.name == "accuracy" and not each.task), None)
    found = list(parts(judged, whole).values()) if whole is not None else []
    if whole is None or not found:
        return
    variance = paired_variance(whole.value, whole.value)
    design = design_effect([each.value for each in found], [each.cluster for each in found])
    least = smallest_difference(len(found), variance, design=design, right_or_wrong=True)
    needed = items_needed(SOUGHT, variance, design=design, right_or_wrong=True)
    if least <= 1:
        told = say(
            "With {items} items, two models whose accuracies are less than {least} apart are told apart less than "
            "four times in five; to tell {sought} apart as often takes {needed} items.",
            items=say.number(len(found)), least=say.share(least), sought=say.share(SOUGHT), needed=say.number(needed),
        )  # fmt: skip
        yield f"<p class=soft>{escape(told)}</p>"


def _differences(judged: Judged, other: Other, say: Wording) -> Iterable[str]:
    yield f"<h2>{shown(say('Differences to: {other}', other=_named(judged, other, say)))}</h2>"
    rows = compare(other.judged, judged)[:MOST_ROWS]
    headings = [
        say(each)
        for each in ("figure", "before", "now", "difference", "interval", "p, corrected", "items", "seen from",
                     "for 5 points", "verdict")
    ]  # fmt: skip
    numbers = range(1, len(headings) - 1)
    yield _table(headings, (_difference(each, say) for each in rows), numbers, lambda at: rows[at].verdict)
    told = say(
        "Differences are taken item by item where each item has its part of the figure; p is how often chance alone "
        "makes a difference as large, corrected for the number of figures (Holm). Without p, only the intervals were "
        "compared. Seen from: the least difference that so many items show four times in five; for 5 points: how "
        "many items show one of 5 points as often."
    )
    yield f"<p class=soft>{escape(told)}</p>"


def _difference(row: Row, say: Wording) -> tuple[str, ...]:
    def value(amount: float) -> str:
        return _valued(amount, row.unit, say)

    return (
        name_of(row.task, row.name, say), value(row.first), value(row.second), value(row.difference),
        f"{value(row.low)} … {value(row.high)}",
        "" if row.p_corrected is None else _chance(row.p_corrected, say),
        say.number(row.items) if row.items else "", "" if row.seen_from is None else value(row.seen_from),
        "" if row.items_needed is None else say.number(row.items_needed), say(row.verdict),
    )  # fmt: skip


def _chance(p_value: float, say: Wording) -> str:
    return say.figure(p_value, 2) if p_value >= LEAST_TOLD else f"< {say.figure(LEAST_TOLD)}"


def _contamination(judged: Judged, found: Contamination, say: Wording) -> Iterable[str]:
    yield f"<h2>{escape(say('Items in the training data'))}</h2>"
    told = say(
        "{found} of {items} items share a run of {words} words with the training data ({share}); {short} items are "
        "shorter than that and cannot be looked for.", found=say.number(len(found.found)),
        items=say.number(found.items), words=say.number(found.words), share=say.share(len(found.found), found.items),
        short=say.number(found.too_short),
    )  # fmt: skip
    yield f"<p>{escape(told)}</p>"
    if found.found:
        headings = [say(each) for each in ("task", "item", "share of its runs", "first found in")]
        rows = [(each.task, each.id, say.share(each.share), each.document) for each in found.found[:MOST_ROWS]]
        yield _table(headings, rows, numbers=(2,))
        yield f"<p>{escape(say('The figures again, without these items:'))}</p>"
        yield _figures([*_without(judged, {(each.task, each.id) for each in found.found})], say)


def _without(judged: Judged, found: set[tuple[str, str]]) -> Iterable[Metric]:
    """The figures that are means of shares over items, over those that were not found."""
    for metric in judged.evaluation.metrics[:MOST_ROWS]:
        left = {key: part for key, part in parts(judged, metric).items() if key not in found}
        if left and metric.unit == "share":
            groups = [part.cluster for part in left.values()]
            made = estimate([part.value for part in left.values()], groups, bounds=(0, 1))
            yield replace(metric, value=made.value, low=made.low, high=made.high, items=made.items,
                          clusters=made.clusters, method=made.method)  # fmt: skip


def _examples(judged: Judged, say: Wording) -> Iterable[str]:
    """The worst and the best answers of each task; of equals the first."""
    yield f"<h2>{escape(say('Answers'))}</h2>"
    # Scores are 1 for what is right, whatever the figures count; other units are themselves the score.
    figures = judged.evaluation.metrics
    lower = {each.task for each in figures if each.higher_is_better is False and each.unit != "share"}
    for task in list(dict.fromkeys(each.task for each in judged.items))[:MOST_ROWS]:
        items = sorted((each for each in judged.items if each.task == task), key=lambda each: each.score)
        if task in lower:
            items.reverse()
        worst = [each for each in items[:EXAMPLES] if each.score != items[-1].score or each.error]
        best = [each for each in reversed(items[-EXAMPLES:]) if each not in worst and not each.error]
        yield f"<h3>{shown(task)}</h3>"
        yield from (_example(each, "bad", say) for each in worst)
        yield from (_example(each, "good", say) for each in best)


def _example(item: Scored, kind: str, say: Wording) -> str:
    told = say("a good answer") if kind == "good" else say("a bad answer")
    pieces = [f"<summary>{shown(item.id)}: {escape(told)}, {escape(say.figure(item.score))}</summary>"]
    parts = [("question", item.prompt, ""), ("answer", item.answer, kind), ("expected", item.expected, "")]
    parts.append(("no answer", item.error, "bad"))
    for label, text, mark in parts:
        if text:
            said = f" class={mark}" if mark else ""
            pieces.append(f"<p class=soft>{escape(say(label))}</p><pre dir=auto{said}>{shown(text)}</pre>")
    return f"<details>{''.join(pieces)}</details>"
