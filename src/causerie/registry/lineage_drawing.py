"""A family drawn: as a tree of text for the terminal, as JSON for programs, as SVG for the page.

Does: draw what `lineage.family` found, the model first, its parents below it.
Does not: look anything up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from causerie.evaluation.contract import Evaluation
from causerie.registry.lineage import SENTENCES, Family, cumulated, gaps, members

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 300, 92, 28, 44, 12
"""Of the SVG, in its units."""
MAX_NAME = 34
"""Characters of a name that fit a box."""

Words = Callable[..., str]
"""Translates a sentence and fills its fields, as `cli.language.t` does."""


def in_words(text: str, **values: object) -> str:
    """English, the fields filled."""
    return text.format_map(values) if values else text


def as_text(family: Family, evaluations: Sequence[Evaluation] = (), t: Words = in_words) -> str:
    """A tree, one member in a few lines, and the sum below it."""
    lines = list(_tree(family, "", "", t, set()))
    total = cumulated(family)
    lines += ["", t("compute of the whole lineage: {flops} FLOP", flops=f"{total.flops:.3g}")]
    if total.unknown:
        lines.append(t("unknown compute: {names}", names=", ".join(total.unknown)))
    lines += [_evaluated(each, t) for each in evaluations]
    lines += [t("not known: {what} of {of}", what=t(SENTENCES[gap.what]), of=gap.of) for gap in gaps(family)]
    return "\n".join(lines)


def as_json(family: Family, evaluations: Sequence[Evaluation] = ()) -> dict[str, Any]:
    """Members by key, each with the keys of its parents; and the same as nodes and edges, to be drawn."""
    total = cumulated(family)
    nodes, edges = graph(family, evaluations)
    return {
        "model": family.key,
        "members": [_member(member) for member in members(family)],
        "nodes": nodes,
        "edges": edges,
        "flops": total.flops,
        "unknown": list(total.unknown),
        "missing": [{"what": gap.what, "of": gap.of} for gap in gaps(family)],
        "evaluations": [
            {"id": each.id, "suite": each.suite, "ended_at": each.ended_at.isoformat()} for each in evaluations
        ],
    }


def graph(
    family: Family, evaluations: Sequence[Evaluation] = ()
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Nodes (`id`, `kind`, `label`, `detail`), and edges (`from`, `to`) that lead to what was made of them.

    Kinds: `model`, `data`, `recipe`, `code`, `evaluation`, `feedback`.
    """
    nodes: dict[str, dict[str, str]] = {}
    edges: list[dict[str, str]] = []

    def node(kind: str, key: str, label: str, detail: str, of: str = "") -> None:
        nodes.setdefault(key, {"id": key, "kind": kind, "label": label, "detail": detail})
        if of:
            edges.append({"from": key, "to": of})

    for member in members(family):
        said, facts = member.lineage, list(_facts(member, in_words))
        node("model", member.key, member.name, facts[0])
        edges += [{"from": parent.key, "to": member.key} for parent in member.parents]
        for data in said.data if said else ():
            licences = ", ".join(sorted({text.licence for text in data.texts if text.licence}))
            key = f"data:{data.sha256 or data.name}"
            node("data", key, data.name or data.sha256[:12], licences, member.key)
        if said and said.recipe_sha256:
            node("recipe", f"recipe:{said.recipe_sha256}", said.objective, said.recipe_sha256[:12], member.key)
        if said and said.code.get("causerie"):
            detail = ", ".join(f"{name} {version}" for name, version in sorted(said.code.items()))
            node("code", f"code:{detail}", f"causerie {said.code['causerie']}", detail, member.key)
        if said and said.feedback:
            told = said.feedback
            detail = f"{told.pairs} + {told.judgements}, {told.people}"
            node("feedback", f"feedback:{told.sha256 or member.key}", told.until or told.since, detail, member.key)
    for each in evaluations:
        headline = next(iter(each.metrics), None)
        detail = f"{headline.name} {headline.value:.3g}" if headline else ""
        node("evaluation", each.id, each.suite, detail)
        edges.append({"from": family.key, "to": each.id})
    return list(nodes.values()), edges


def as_svg(family: Family, t: Words = in_words) -> str:
    """A picture that stands alone: boxes, one row a generation, lines from each model to what it was trained from."""
    rows = _generations(family)
    places = {
        member.key: (MARGIN + column * (BOX_WIDTH + GAP_X), MARGIN + row * (BOX_HEIGHT + GAP_Y))
        for row, line in enumerate(rows)
        for column, member in enumerate(line)
    }
    width = 2 * MARGIN + max(len(line) for line in rows) * (BOX_WIDTH + GAP_X) - GAP_X
    height = 2 * MARGIN + len(rows) * (BOX_HEIGHT + GAP_Y) - GAP_Y
    title = escape(t("Lineage of {name}", name=family.name))
    found = [each for line in rows for each in line]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{title}" font-family="sans-serif" font-size="13">',
        f"<title>{title}</title>",
        *(_line(places[member.key], places[parent.key]) for member in found for parent in member.parents
          if parent.key in places),
        *(_box(member, *places[member.key], t) for member in found),
        "</svg>",
    ])  # fmt: skip


def _tree(member: Family, first: str, rest: str, t: Words, seen: set[str]) -> Iterator[str]:
    known = member.key in seen
    seen.add(member.key)
    yield first + member.name + (f"  {t('(above)')}" if known else f"  {_id(member)}".rstrip())
    if known:
        return
    bar = "│ " if member.parents else "  "
    yield from (f"{rest}{bar}{fact}" for fact in _facts(member, t))
    for number, parent in enumerate(member.parents):
        last = number == len(member.parents) - 1
        yield from _tree(parent, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), t, seen)


def _id(member: Family) -> str:
    return f"{member.version.id[:12]} {member.version.status}" if member.version else ""


def _facts(member: Family, t: Words) -> Iterator[str]:
    said = member.lineage
    if said is None:
        yield t("nobody knows where it comes from")
        return
    if said.made_by == "quantised":
        yield t("the same weights, quantised: {form}", form=said.source)
        return
    if said.made_by == "file":
        yield t("from {source}", source=said.source or "?")
        return
    if member.origin is not None:
        yield t("published by {makers}, licence {licence}", makers=member.origin.makers, licence=said.licence)
        yield t("{objective}: {tokens} tokens, {flops} FLOP", objective=said.objective,
                tokens=f"{said.tokens:,}" if said.tokens else "?", flops=f"{said.flops:.3g}" if said.flops else "?",
        )  # fmt: skip
    else:
        yield t(
            "{objective}: {steps} steps, {tokens} tokens, {flops} FLOP",
            objective=said.objective, steps=f"{said.steps:,}", tokens=f"{said.tokens:,}", flops=f"{said.flops:.3g}",
        )  # fmt: skip
    for data in said.data:
        licences = ", ".join(sorted({text.licence for text in data.texts if text.licence}))
        yield t("data: {name} ({licences})", name=data.name or data.sha256[:12], licences=licences or "?")
    if said.feedback is not None:
        told = said.feedback
        yield t("feedback: {pairs} pairs, {judgements} judgements, {people} people", pairs=told.pairs,
                  judgements=told.judgements, people=told.people)  # fmt: skip
    if member.origin is None:
        yield t("code: causerie {version}", version=said.code.get("causerie", "?"))


def _evaluated(evaluation: Evaluation, t: Words) -> str:
    return t("evaluated by {suite} on {day}", suite=evaluation.suite, day=f"{evaluation.ended_at:%Y-%m-%d}")


def _member(member: Family) -> Mapping[str, Any]:
    said = member.lineage
    return {
        "key": member.key,
        "name": member.name,
        "version": member.version.id if member.version else None,
        "status": member.version.status if member.version else None,
        "made_by": said.made_by if said else None,
        "objective": said.objective if said else "",
        "flops": said.flops if said else 0.0,
        "tokens": said.tokens if said else 0,
        "steps": said.steps if said else 0,
        "parameters": said.parameters if said else 0,
        "licence": said.licence if said else "",
        "code": dict(said.code) if said else {},
        "data": [
            {"name": data.name, "sha256": data.sha256, "licences": sorted({text.licence for text in data.texts})}
            for data in (said.data if said else ())
        ],
        "feedback": None if said is None or said.feedback is None else vars(said.feedback),
        "parents": [parent.key for parent in member.parents],
    }


def _generations(family: Family) -> list[list[Family]]:
    """Rows of members, each once, in the row of the longest way from the model to it."""
    depth: dict[str, int] = {}
    found = {member.key: member for member in members(family)}
    waiting = [(family, 0)]
    while waiting:
        member, row = waiting.pop()
        if depth.get(member.key, -1) < row <= len(found):
            depth[member.key] = row
            waiting += [(parent, row + 1) for parent in member.parents]
    rows: list[list[Family]] = [[] for _ in range(max(depth.values()) + 1)]
    for key, row in depth.items():
        rows[row].append(found[key])
    return [row for row in rows if row]


def _line(child: tuple[int, int], parent: tuple[int, int]) -> str:
    x1, y1 = child[0] + BOX_WIDTH // 2, child[1] + BOX_HEIGHT
    x2, y2 = parent[0] + BOX_WIDTH // 2, parent[1]
    return f'<path d="M{x1} {y1} C{x1} {y1 + GAP_Y} {x2} {y2 - GAP_Y} {x2} {y2}" fill="none" stroke="#888"/>'


def _box(member: Family, x: int, y: int, t: Words) -> str:
    name = member.name if len(member.name) <= MAX_NAME else member.name[: MAX_NAME - 1] + "…"
    lines = [_id(member) or t("not registered"), *list(_facts(member, t))[:2]]
    texts = [
        f'<text x="{x + 12}" y="{y + 44 + 17 * number}" fill="#555">{escape(_cut(line))}</text>'
        for number, line in enumerate(lines)
    ]
    return "\n".join([
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8" fill="#fff" stroke="#888"/>',
        f'<text x="{x + 12}" y="{y + 24}" font-weight="bold" fill="#111">{escape(name)}</text>',
        *texts,
    ])  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= MAX_NAME + 8 else text[: MAX_NAME + 7] + "…"
