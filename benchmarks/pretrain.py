"""Tokens a second of pretraining, against transformers' Trainer, and as a share of the machine's matrix products.

Method: a Qwen3 of 12 million weights (width 384, 6 layers, context 256, vocabulary 4,096), 8 windows a step, random
tokens, float32, all cores; each program trains in a process of its own, by turns, and the steps before `WARM_UP`,
compilation among them, are not counted. causerie runs as `causerie train` does, with AdamW as the peer has it, and
once more with Muon. The peak is the best of large matrix products, measured in the same turn.
Figures are the median of the repetitions of the ratio within one repetition.
Not measured: quality (`quality.py` does), LitGPT and nanochat.
Try it: python -m benchmarks.pretrain --quick
"""

import json
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import ROOT, Figure, Repetition, median, options, publish, take_turns
from benchmarks.programs import peer_python, peer_version
from causerie.data.shards import ShardWriter

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = {
    "vocabulary": 4096, "width": 384, "layers": 6, "heads": 6, "head_width": 64, "hidden": 1024, "context": 256,
    "batch": 8,
}  # fmt: skip
WARM_UP = 10
PEER = ["torch==2.13.0", "transformers>=5", "accelerate>=1.10", "numpy"]
OURS = """
import json, sys
from pathlib import Path
import torch
from causerie.training.machine import peak_flops
from causerie.training.recipe_file import read_recipe
from causerie.training.run import train
told = []
train(read_recipe(Path(sys.argv[1])), tell=lambda event: event.kind == "step" and told.append(event.facts))
torch.set_grad_enabled(False)
speeds = [one["tokens_per_s"] for one in told]
peak = peak_flops(torch.float32, seconds=1.0)
print(json.dumps({"steps": speeds, "flops_per_token": told[0]["flops"] / told[0]["tokens"], "peak": peak}))
"""


def recipe(folder: Path, run: Path, steps: int, kind: str) -> str:
    """What `causerie train` is given."""
    return f"""
objective = "pretrain"
run = {json.dumps(str(run))}
[data]
folder = {json.dumps(str(folder))}
separate_documents = false
[model]
depth = {SHAPE["layers"]}
context = {SHAPE["context"]}
hidden = {SHAPE["hidden"]}
[batch]
size = {SHAPE["batch"]}
micro_size = {SHAPE["batch"]}
[optimiser]
kind = "{kind}"
[schedule]
steps = {steps}
[compute]
compile = "on"
[checkpoints]
every_steps = 100000
[samples]
every_steps = 0
"""


def write_tokens(folder: Path) -> None:
    """The same random tokens for both: shards for us, windows for the peer."""
    tokens = np.random.default_rng(0).integers(SHAPE["vocabulary"] - 1, size=(400, SHAPE["context"]))
    with ShardWriter(
        folder / "tokens", vocabulary_size=SHAPE["vocabulary"], end_of_text=SHAPE["vocabulary"] - 1
    ) as out:
        for row in tokens:
            out.add(row)
    np.save(folder / "tokens.npy", tokens)


def ours(folder: Path, steps: int, kind: str) -> dict[str, Any]:
    """One run of causerie."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "recipe.toml"
        path.write_text(recipe(folder, Path(place) / "run", steps, kind), encoding="utf-8")
        said = json.loads(_output([sys.executable, "-c", OURS, str(path)]))
    speed = statistics.median(said["steps"][WARM_UP:])
    return {
        "tokens_per_s": round(speed, 1),
        "peak_share": round(speed * said["flops_per_token"] / said["peak"], 4),
        "peak_gflops": round(said["peak"] / 1e9, 1),
    }


def theirs(python: Path, folder: Path, steps: int) -> dict[str, Any]:
    """One run of the peer."""
    shape = json.dumps(SHAPE | {"steps": steps, "warm_up": WARM_UP})
    said: dict[str, Any] = json.loads(
        _output([str(python), "-m", "benchmarks.hf_trainer_peer", str(folder / "tokens.npy"), shape])
    )
    return said


def _output(command: list[str]) -> str:
    """The last line that a program prints."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return done.stdout.strip().splitlines()[-1]


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def of(turn: str, name: str = "tokens_per_s") -> list[float]:
        return [each[turn][name] for each in repetitions]

    ratios = [mine / its for mine, its in zip(of("causerie"), of("HF Trainer"), strict=True)]
    return [
        Figure(
            name="tokens a second of pretraining, 12M weights, over HF Trainer", value=median(ratios), goal=1.15,
            better="higher", unit="x", peer="HF Trainer", peer_value=median(of("HF Trainer")),
            our_value=median(of("causerie")), measured_in="tokens/s",
        ),
        Figure(
            name="share of the peak of matrix products that pretraining reaches",
            value=median(of("causerie", "peak_share")), goal=0.87, better="higher", unit="of the peak",
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    steps = 30 if given.quick else 120
    python = peer_python("hf-trainer", PEER)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_tokens(folder)
        turns: dict[str, Callable[[], Any]] = {
            "causerie": partial(ours, folder, steps, "adamw"),
            "HF Trainer": partial(theirs, python, folder, steps),
            "causerie, Muon": partial(ours, folder, steps, "muon"),
        }
        repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 5)]
    publish(
        "pretrain",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={**SHAPE, "steps": steps, "steps_not_counted": WARM_UP, "precision": "float32"},
        peer_versions={name: peer_version(python, name) for name in ("torch", "transformers", "accelerate")},
    )


if __name__ == "__main__":
    main()
