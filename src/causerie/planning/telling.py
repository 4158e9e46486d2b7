"""A plan in words: sections of rows, the same for the terminal and for the page, in French or English.

Does: name each figure, give it with its range, and say what it stands on.
Does not: print or draw: `cli/plan.py` and `page.py` do.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from causerie.planning.assumptions import SENTENCES, Assumptions, Range, about, each
from causerie.planning.figures import gib, plain, ranged, share, short, span
from causerie.planning.memory import room
from causerie.planning.plan import Plan

Say = Callable[..., str]
"""From an English sentence and its fields to the reader's language."""
Value = Callable[[float], str]


class Row(NamedTuple):
    """One figure."""

    label: str
    value: str
    note: str = ""
    """What it stands on."""


class Section(NamedTuple):
    """What belongs together."""

    title: str
    rows: list[Row]


def sections(plan: Plan, t: Say) -> Iterator[Section]:
    """Everything that a plan says.

    Args:
        plan: The plan.
        t: The reader's language.
    """
    yield Section(t("The run"), _run(plan, t))
    yield Section(t("Layout"), _layout(plan, t))
    yield Section(t("Memory of the fullest GPU"), _memory(plan, t))
    yield Section(t("Time: expected (all well .. all badly)"), _time(plan, t))
    yield Section(t("Failures"), _failures(plan, t))
    if plan.gpu.watts:
        yield Section(t("Money and energy"), _money(plan, t))
    yield Section(t("Storage"), _storage(plan, t))
    yield Section(t("Loss by the scaling law, and the best pair for as much compute"), _loss(plan, t))
    yield Section(t("Thresholds of law"), _thresholds(plan, t))
    yield Section(t("What is assumed, and by which source"), _assumptions(plan, t))


def _run(plan: Plan, t: Say) -> list[Row]:
    run, network = plan.run, plan.run.network
    return [
        Row(t("parameters"), short(network.parameters)),
        Row(t("tokens"), short(run.tokens),
            t("{ratio:.3g} for each parameter", ratio=run.tokens / network.parameters)),
        Row(t("steps"), f"{run.steps:,}", t("of {tokens} tokens", tokens=short(run.batch * run.context))),
        Row(t("operations"), f"{run.flops:.3g}", t("6 a weight and token, and attention under a causal mask")),
        Row(t("precision"), run.precision),
        Row(t("GPUs"), f"{plan.gpus:,} x {plan.gpu.name}", t(plan.gpu.source)),
    ]  # fmt: skip


def _layout(plan: Plan, t: Say) -> list[Row]:
    placed, layout = plan.placed, plan.placed.layout
    moved = placed.traffic
    shards = {
        "none": t("each copy is whole"),
        "optimiser": t("copies share the optimiser's state (ZeRO-1)"),
        "all": t("copies share everything (FSDP)"),
    }
    recomputed = {
        "none": t("computed once and kept"),
        "cheap": t("the cheap half computed twice"),
        "all": t("computed twice"),
    }
    spare = plan.gpus - layout.gpus
    rows = [
        Row(t("GPUs used"), f"{layout.gpus:,}", t("{spare:,} in reserve, paid for all the same", spare=spare) if spare
            else ""),
        Row(t("tensor x pipeline x data"), f"{layout.tensor} x {layout.pipeline} x {layout.data}",
            t("{pieces} interleaved pieces a stage", pieces=layout.interleave) if layout.interleave > 1 else ""),
        Row(t("shards"), shards[layout.shard]),
        Row(t("sequences at once, and times a step"), f"{layout.micro_batch} x {placed.micro_batches}"),
        Row(t("activations"), recomputed[layout.recompute]),
        Row(t("most that this layout can use of the peak"), share(placed.ceiling),
            t("a lower figure than the assumed one takes its place")),
        Row(t("waiting for the pipeline"), share(moved.bubble), t("of the computing")),
        Row(t("network: tensor"), short(moved.tensor_bytes, "B"), t("of a GPU, in a step")),
        Row(t("network: pipeline"), short(moved.pipeline_bytes, "B")),
        Row(t("network: data"), short(moved.data_bytes, "B")),
    ]  # fmt: skip
    return [row for row in rows if row.value not in ("0 B", "0.0 %")]


def _memory(plan: Plan, t: Say) -> list[Row]:
    needed = plan.placed.memory
    most = room(plan.gpu)
    full = t("{share} of what may be filled", share=share(needed.total / most)) if plan.gpu.memory_bytes else ""
    return [
        Row(t("weights"), gib(needed.weights)),
        Row(t("gradients"), gib(needed.gradients)),
        Row(t("optimiser"), gib(needed.optimiser)),
        Row(t("activations"), gib(needed.activations)),
        Row(t("logits"), gib(needed.logits)),
        Row(t("all of it"), gib(needed.total), full),
    ]


def _time(plan: Plan, t: Say) -> list[Row]:
    found = plan.outcomes
    return [
        Row(t("utilisation"), ranged(found, lambda each: each.utilisation, share)),
        Row(t("tokens/s of a GPU"), ranged(found, lambda each: each.tokens_per_s_per_gpu)),
        Row(t("time of use"), ranged(found, lambda each: each.useful_days * 86_400, span)),
        Row(t("time in all"), ranged(found, lambda each: each.days * 86_400, span),
            t("time of use, divided by goodput and by what else is lost")),
        Row(t("GPU hours"), ranged(found, lambda each: each.gpu_hours)),
    ]  # fmt: skip


def _failures(plan: Plan, t: Say) -> list[Row]:
    found, there = plan.outcomes, plan.expected.reliability
    closed = ranged(found, lambda each: each.reliability.goodput, share)
    return [
        Row(t("between two failures"), ranged(found, lambda each: each.reliability.between_failures_s, span)),
        Row(t("failures in the run"), ranged(found, lambda each: each.failures)),
        Row(t("best time between checkpoints"), ranged(found, lambda each: each.reliability.interval_s, span),
            t("Daly's; Young's is {young}", young=span(there.young_s))),
        Row(t("to write a checkpoint"), ranged(found, lambda each: each.reliability.writing_s, span),
            t("{size}, beside training", size=short(plan.storage.checkpoint, "B"))),
        Row(t("goodput, in closed form"), closed, t("share of the time that failures and checkpoints leave")),
        Row(t("goodput, in a simulated year"), share(plan.year.goodput),
            t("{failures:,} failures, {checkpoints:,} checkpoints", failures=plan.year.in_a_year(plan.year.failures),
              checkpoints=plan.year.in_a_year(plan.year.checkpoints))),
    ]  # fmt: skip


def _money(plan: Plan, t: Say) -> list[Row]:
    found = plan.outcomes

    def usd(value: float) -> str:
        return short(value, "USD")

    return [
        Row(t("rented"), ranged(found, lambda each: each.money.rented, usd), t("energy included")),
        Row(t("bought"), ranged(found, lambda each: each.money.purchase, usd), t("cards and all around them")),
        Row(t("of which for this run"), ranged(found, lambda each: each.money.written_off, usd),
            t("written off in equal parts over its life")),
        Row(t("energy, with what is bought"), ranged(found, lambda each: each.money.energy, usd)),
        Row(t("power"), ranged(found, lambda each: each.energy.megawatts * 1e6, lambda watts: short(watts, "W"))),
        Row(t("energy"), ranged(found, lambda each: each.energy.megawatt_hours * 1e6, lambda it: short(it, "Wh"))),
        Row(t("CO2 equivalent"), ranged(found, lambda each: each.energy.co2_tonnes, lambda it: plain(it) + " t")),
    ]  # fmt: skip


def _storage(plan: Plan, t: Say) -> list[Row]:
    kept = plan.storage
    return [
        Row(t("training text"), short(kept.text, "B")),
        Row(t("token shards"), short(kept.shards, "B")),
        Row(t("checkpoints"), short(kept.checkpoints, "B"), t("{count} of them", count=plan.run.keep + 1)),
        Row(t("finished model"), short(kept.model, "B")),
        Row(t("all of it"), short(kept.total, "B")),
    ]


def _loss(plan: Plan, t: Say) -> list[Row]:
    best = plan.optimum
    return [
        Row(t("loss of this run"), f"{plan.loss:.3f}", t("nats a token, of Chinchilla's text (arXiv 2404.10102)")),
        Row(t("least loss for as many operations"), f"{best.loss:.3f}",
            t("with {parameters} parameters and {tokens} tokens", parameters=short(best.parameters),
              tokens=short(best.tokens))),
    ]  # fmt: skip


def _thresholds(plan: Plan, t: Say) -> list[Row]:
    rows = []
    for number, threshold in enumerate(plan.thresholds):
        days = plan.expected.crossings[number]
        passed = t("never: {share} of it", share=share(plan.run.flops / threshold.flops))
        if days is not None:
            passed = t("day {days}", days=ranged(plan.outcomes, lambda each: each.crossings[number] or 0.0))  # noqa: B023
        since = f" ({threshold.since})" if threshold.since else ""
        rows.append(Row(f"{threshold.flops:.3g}: {t(threshold.name)}", passed, t(threshold.source) + since))
    return rows


def _assumptions(plan: Plan, t: Say) -> list[Row]:
    rows = []
    for name, values in each(plan.assumptions):
        note = f"{name}: {about(name)[1]}"
        if values != Assumptions.model_fields[name].default:
            note = t("{name}: given or measured, in place of the default", name=name)
        rows.append(Row(t(SENTENCES[name]), _written(values), note))
    return rows


def _written(values: Range) -> str:
    good, expected, bad = (f"{value:,.10g}" for value in values)
    return expected if good == expected == bad else f"{expected}  ({good} .. {bad})"
