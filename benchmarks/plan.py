"""How long a plan takes, and how near it comes to what this machine then does.

Method: three figures, each repetition anew. The layout of 10,000 H100 for a network of Llama 3.1 405B's sizes is
searched: all layouts that divide it, on at most as many GPUs; the batch of 2,520 sequences has 48 divisors, many more
than a power of two. A year of failures of 10,000 GPUs is played out, checkpoint by checkpoint. And a small model is
trained here for a hundred steps; its run calibrates the plan of another run, twice as long and with other sizes,
which is then trained: time predicted over time measured, from the first step to the last, evaluations included.
Not measured: the start of Python, and the page with its curves (a plan for each of six numbers of GPUs).
Try it: python -m benchmarks.plan --quick
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from causerie.planning.asked import Network, Run, Wanted, training_flops
from causerie.planning.assumptions import Assumptions
from causerie.planning.calibration import calibrate
from causerie.planning.gpus import gpu
from causerie.planning.layout import best
from causerie.planning.plan import make_plan, reliability, speed
from causerie.planning.simulation import simulate

GPUS = 10_000
LARGE = Run(
    network=Network(
        parameters=405_000_000_000, active_parameters=405_000_000_000, matrix_parameters=401_000_000_000, layers=126,
        width=16_384, heads=128, kv_heads=8, head_width=128, hidden=53_248, vocabulary=128_256,
        flops_per_token=training_flops(405e9, 126, 16_384, 4096),
    ), tokens=15_600_000_000_000, context=8192, batch=2520, name="405B",
)  # fmt: skip
SMALL = """
objective = "pretrain"
run = "{run}"
[data]
folder = "{data}"
separate_documents = false
[model]
depth = {depth}
vocabulary = 4096
context = 256
[batch]
size = 16
micro_size = 16
[schedule]
steps = {steps}
[compute]
compile = "off"
[evaluation]
every_steps = 50
sequences = 32
[samples]
every_steps = 0
"""


def search_s() -> float:
    """Seconds of the search."""
    known = Assumptions()
    began = time.perf_counter()
    best(LARGE, gpu("h100"), GPUS, speed(LARGE, gpu("h100"), known, "expected"), Wanted())
    return round(time.perf_counter() - began, 4)


def year_s() -> float:
    """Seconds of a simulated year."""
    there = reliability(LARGE, GPUS, Assumptions(), "expected")
    began = time.perf_counter()
    simulate(there.interval_s, there.stall_s, there.restart_s, there.between_failures_s, writing_s=there.writing_s)
    return round(time.perf_counter() - began, 4)


def predicted(steps: int) -> dict[str, float]:
    """Predicted and measured seconds of a run that another run calibrates."""
    from causerie.training.planned import run_of
    from causerie.training.recipe_file import parse_recipe
    from causerie.training.run import train

    with tempfile.TemporaryDirectory() as place:
        data = _write_tokens(Path(place) / "data")
        first, second = (
            parse_recipe(SMALL.format(run=Path(place) / name, data=data, depth=depth, steps=count), name)
            for name, depth, count in (("first", 4, steps), ("second", 5, 2 * steps))
        )
        found = calibrate(train(first).path)
        plan = make_plan(run_of(second, "second"), found.machine(), 1, found.assumptions(transferred=False))
        measured = _passed_s(train(second).path)
    told = plan.expected.days * 86_400
    return {"predicted_s": round(told, 2), "measured_s": round(measured, 2), "ratio": round(told / measured, 4)}


def _passed_s(run: Path) -> float:
    """From the first step's begin to the last one's end."""
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    steps = [row for row in map(json.loads, lines) if row["kind"] == "step"]
    return float(steps[-1]["time"] - steps[0]["time"] + steps[0]["seconds"])


def _write_tokens(folder: Path) -> Path:
    """Tokens without a meaning: how long a step takes does not depend on it."""
    import numpy as np

    from causerie.data.shards import ShardWriter

    chance = np.random.default_rng(0)
    for split, documents in (("train", 2000), ("validation", 100)):
        with ShardWriter(
            folder / "tokens" / split, vocabulary_size=4096, end_of_text=4095, tokenizer_sha256="none"
        ) as writer:
            for _ in range(documents):
                writer.add(chance.integers(0, 4095, 600).tolist(), text_bytes=2400)
    return folder


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""
    missed = [abs(each["run here"]["ratio"] - 1) for each in repetitions]
    return [
        Figure(name=f"layout searched for {GPUS:,} GPUs", value=median(each["search"] for each in repetitions),
               goal=2, better="lower", unit="s"),
        Figure(name="a year of failures simulated", value=median(each["year"] for each in repetitions),
               goal=5, better="lower", unit="s"),
        Figure(name="time predicted against measured, off by", value=median(missed), goal=0.1, better="lower",
               unit="of 1"),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    steps = 30 if given.quick else 100
    turns: dict[str, Any] = {"search": search_s, "year": year_s, "run here": lambda: predicted(steps)}
    repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 3)]
    publish(
        "plan",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={"gpus": GPUS, "batch": LARGE.batch, "layers": LARGE.network.layers, "steps": steps},
    )


if __name__ == "__main__":
    main()
