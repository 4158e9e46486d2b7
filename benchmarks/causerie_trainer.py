"""Our side of the benchmarks of training: one run of a recipe, and what it told as one line of JSON.

Does: train as `causerie train` does, without its panel; say when each step ended (`step_s`), how long training had
taken by then, without evaluations (`training_s`), and what each evaluation gave; then measure matrix products, for
the share of the peak.
Try it: python -m benchmarks.causerie_trainer recipes/starter.toml
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, cast

import torch

from causerie.training.events import Event
from causerie.training.machine import peak_flops, peak_memory_bytes
from causerie.training.objectives.dpo import DirectPreferences
from causerie.training.objectives.table import TABLE
from causerie.training.recipe_file import read_recipe
from causerie.training.run import train


class TimedPreferences(DirectPreferences):
    """DPO that knows how long its reference took."""

    reference_s = 0.0

    def begin(self, model: torch.nn.Module, folder: Path) -> None:
        """As DPO, timed."""
        started = time.perf_counter()
        super().begin(model, folder)
        TimedPreferences.reference_s = time.perf_counter() - started


def main() -> None:
    """Train, and print what was told."""
    steps: list[dict[str, float]] = []
    ended: list[float] = []
    held: dict[str, float] = {}
    evaluations: list[dict[str, float]] = []

    def listen(event: Event) -> None:
        facts = event.facts
        if event.kind == "start":
            held["sequences"] = facts["sequences"]
        elif event.kind == "step":
            ended.append(time.perf_counter())
            steps.append({name: facts[name] for name in ("seconds", "tokens", "loss", "flops", "tokens_per_s")})
            # What is written after the last step is no training.
            held["memory_mb"] = round(peak_memory_bytes() / 1e6, 1)
        elif event.kind == "evaluation" and "bits_per_byte" in facts:
            evaluations.append({"seconds": steps[-1]["seconds"], "bits_per_byte": facts["bits_per_byte"]})

    cast("dict[str, Any]", TABLE)["dpo"] = TimedPreferences
    train(read_recipe(Path(sys.argv[1])), tell=listen)
    said: dict[str, Any] = held | {
        "step_s": [round(one, 4) for one in ended],
        "training_s": [round(one["seconds"], 4) for one in steps],
        "tokens": steps[-1]["tokens"],
        "loss": round(steps[-1]["loss"], 4),
        "flops_per_token": steps[-1]["flops"] / steps[-1]["tokens"],
        "evaluations": evaluations,
        "reference_s": round(TimedPreferences.reference_s, 3),
    }
    with torch.no_grad():
        said["peak_flops_per_s"] = peak_flops(torch.float32, seconds=1.0)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
