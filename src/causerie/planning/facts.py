"""A plan as JSON: every figure with its unit in its name, every assumption with its source.

Does: turn a plan into plain dictionaries, lists, numbers and texts.
Does not: round.
"""

from dataclasses import asdict
from typing import Any

from causerie.planning.assumptions import Assumptions, about, each
from causerie.planning.plan import Outcome, Plan


def facts(plan: Plan) -> dict[str, Any]:
    """Everything that a plan says, for programs."""
    run = asdict(plan.run)
    return {
        "run": run | {"flops": plan.run.flops, "steps": plan.run.steps},
        "gpus": plan.gpus,
        "gpu": asdict(plan.gpu),
        "layout": asdict(plan.placed.layout)
        | {
            "gpus": plan.placed.layout.gpus,
            "micro_batches": plan.placed.micro_batches,
            "ceiling": plan.placed.ceiling,
        },
        "memory_bytes": asdict(plan.placed.memory) | {"total": plan.placed.memory.total},
        "network": asdict(plan.placed.traffic),
        **{case: _outcome(outcome, plan) for case, outcome in plan.outcomes.items()},
        "simulated_year": asdict(plan.year),
        "storage_bytes": asdict(plan.storage) | {"total": plan.storage.total},
        "loss": plan.loss,
        "compute_optimal": plan.optimum._asdict(),
        "thresholds": [asdict(threshold) for threshold in plan.thresholds],
        "assumptions": {
            name: values._asdict()
            | dict(zip(("meaning", "source"), about(name), strict=True))
            | {"default": values == Assumptions.model_fields[name].default}
            for name, values in each(plan.assumptions)
        },
    }


def _outcome(outcome: Outcome, plan: Plan) -> dict[str, Any]:
    told = asdict(outcome)
    told["reliability"]["kept"] = outcome.reliability.kept
    told["crossings"] = [
        {"flops": threshold.flops, "day": day}
        for threshold, day in zip(plan.thresholds, outcome.crossings, strict=True)
    ]
    return told
