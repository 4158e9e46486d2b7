"""A plan as one HTML file that stands alone: the figures, their sources, and four curves that say why.

Does: write a page without scripts, in French or English, light or dark, that prints well.
Does not: choose figures; the sections are those of the terminal (`telling.py`).
Try it: causerie plan recipes/fleet-7b.toml --gpus 1024 --html plan.html
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from causerie.planning import curves
from causerie.planning.assumptions import CASES
from causerie.planning.drawing import Mark, Picture, svg
from causerie.planning.figures import short, span
from causerie.planning.plan import Plan
from causerie.planning.telling import Say, Section, sections


def page(plan: Plan, t: Say, language: str) -> str:
    """The page's HTML.

    Args:
        plan: The plan.
        t: The reader's language.
        language: Its code, `fr` or `en`.
    """
    lead = t("{gpus} GPUs, {days} in all, {operations} operations", gpus=f"{plan.gpus:,}",
             days=span(plan.expected.days * 86_400), operations=f"{plan.run.flops:.3g}")  # fmt: skip
    body = [f"<p class=soft>{escape(lead)}</p>"]
    body += [f"<figure>{svg(picture, name)}<figcaption>{escape(name)}</figcaption></figure>"
             for name, picture in pictures(plan, t)]  # fmt: skip
    body += [_section(section) for section in sections(plan, t)]
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    title = t("Plan: {name}", name=plan.run.name)
    return template.substitute(lang=escape(language), title=escape(title), body="\n".join(body))


def _section(section: Section) -> str:
    rows = "".join(
        f"<tr><th scope=row>{escape(row.label)}</th><td class=value>{escape(row.value)}</td>"
        f"<td class=note>{escape(row.note)}</td></tr>"
        for row in section.rows
    )
    return f"<h2>{escape(section.title)}</h2><div class=scroll><table>{rows}</table></div>"


def pictures(plan: Plan, t: Say) -> Iterator[tuple[str, Picture]]:
    """The curves, each with what it says."""
    yield t("More GPUs, fewer days, as long as the batch can be shared among them"), _days(plan, t)
    yield t("Checkpoints too often stop training, too seldom repeat it"), _goodput(plan, t)
    yield t("As many operations, spent on more parameters or on more tokens"), _loss(plan, t)
    yield t("Operations over time, and the thresholds of law"), _compute(plan, t)


def _days(plan: Plan, t: Say) -> Picture:
    found = curves.days(plan)  # with fewer GPUs it may not fit: then the curve begins later
    good, bad = [(each.gpus, each.good) for each in found], [(each.gpus, each.bad) for each in found]
    expected = [(each.gpus, each.expected) for each in found]
    here = Mark(x=plan.gpus, y=plan.expected.days, name=span(plan.expected.days * 86_400))
    return Picture(curve=expected, band=(good, bad), marks=(here,), x_name=t("GPUs"), y_name=t("days"), log_x=True,
                   log_y=True)  # fmt: skip


def _goodput(plan: Plan, t: Say) -> Picture:
    there = plan.expected.reliability
    here = Mark(x=there.interval_s / 60, y=there.goodput, name=span(there.interval_s))
    return Picture(curve=[(seconds / 60, share) for seconds, share in curves.kept(plan)], marks=(here,), log_x=True,
                   x_name=t("minutes between checkpoints"), y_name=t("goodput"))  # fmt: skip


def _loss(plan: Plan, t: Say) -> Picture:
    network, best = plan.run.network.parameters, plan.optimum
    marks = (
        Mark(x=network, y=plan.loss, name=t("this run, {parameters}", parameters=short(network))),
        Mark(x=best.parameters, y=best.loss, name=t("best, {parameters}", parameters=short(best.parameters))),
    )
    return Picture(curve=curves.losses(plan), marks=marks, log_x=True, x_name=t("parameters"),
                   y_name=t("loss, nats a token"))  # fmt: skip


def _compute(plan: Plan, t: Say) -> Picture:
    def line(days: float) -> list[tuple[float, float]]:
        return [(0.0, 0.0), (days, plan.run.flops)]

    ends = {case: plan.outcomes[case].days for case in CASES}
    near = [each for each in plan.thresholds if each.flops < plan.run.flops * 1.5]
    marks = tuple(Mark(x=None, y=each.flops, name=t(each.name)) for each in near)
    return Picture(curve=line(ends["expected"]), band=(line(ends["good"]), line(ends["bad"])), marks=marks,
                   x_name=t("days"), y_name=t("operations"))  # fmt: skip
