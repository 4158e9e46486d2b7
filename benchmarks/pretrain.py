"""Tokens a second of pretraining, against three programs that people train with, and as a share of the peak.

Method: a Qwen3 of 12 million weights (width 384, 6 layers, context 256, vocabulary 4,096), 8 windows a step, the same
random tokens, float32, AdamW, clipping, all cores; each program trains in a process of its own, by turns, and the
steps before `WARM_UP`, compilation among them, are not counted. The speed of a run is that of its median step.
- causerie: `causerie train` with `compile = "on"`, as it does by itself in runs of more than some minutes, and with a
  step's windows computed four at a time (`batch.micro_size`), as the recipes that ship do;
- HF Trainer: transformers' Trainer on its own Qwen3, as its pages show (`hf_trainer_peer.py`);
- LitGPT: its own `pretrain`, which compiles, on its own Qwen3 (`litgpt_peer.py`);
- nanochat: its own network and optimiser at this depth, compiled, as its `base_train.py` has them
  (`nanochat_peer.py`). Its network does more for a token, and its Muon is dear at 2,048 tokens a step: `quality.py`
  says which of the two is worth more. Only with a checkout of it, which no registry offers: --nanochat says how.
The peak is the best of large matrix products, measured in the same process as our turn, after it.
Memory is the most that a process held, with its libraries.
Figures are the median of the repetitions of the ratio within one repetition.
Not measured: quality, several processes, GPUs; the minute that compiling takes, which ours and two peers pay.
Try it: python -m benchmarks.pretrain --quick
"""

import json
import statistics
import tempfile
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Figure, Repetition, median, publish, take_turns
from benchmarks.programs import peer_python, peer_version
from benchmarks.training_runs import HUGGING_FACE, causerie, commit_of, nanochat, options_with_nanochat, trained
from causerie.data.shards import ShardWriter

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = {
    "vocabulary": 4096, "width": 384, "layers": 6, "heads": 6, "head_width": 64, "hidden": 1024, "context": 256,
    "batch": 8,
}  # fmt: skip
MICRO_BATCH = 4
"""Windows that causerie computes at once: what a layer keeps of 1,024 tokens stays in a processor's cache."""
WARM_UP = 10
LITGPT = ["torch==2.13.0", "litgpt>=0.5.13", "torchmetrics>=1.3", "requests", "numpy"]
GOALS = {"HF Trainer": 1.15, "LitGPT": 1.05, "nanochat": 1.6}


def recipe(folder: Path, steps: int, kind: str) -> str:
    """What `causerie train` is given."""
    return f"""
objective = "pretrain"
[data]
folder = {json.dumps(str(folder))}
separate_documents = false
[model]
depth = {SHAPE["layers"]}
context = {SHAPE["context"]}
hidden = {SHAPE["hidden"]}
[batch]
size = {SHAPE["batch"]}
micro_size = {MICRO_BATCH}
[optimiser]
kind = "{kind}"
[schedule]
steps = {steps}
[compute]
precision = "float32"
compile = "on"
[checkpoints]
every_steps = 100000
[samples]
every_steps = 0
"""


def write_tokens(folder: Path) -> None:
    """The same random tokens for all: shards for us, windows for the peers."""
    shape = (400, SHAPE["context"] + 1)
    tokens = np.random.default_rng(0).integers(SHAPE["vocabulary"] - 1, size=shape, dtype=np.int64)
    with ShardWriter(
        folder / "tokens", vocabulary_size=SHAPE["vocabulary"], end_of_text=SHAPE["vocabulary"] - 1
    ) as out:
        for row in tokens:
            out.add(row[1:])
    np.save(folder / "tokens.npy", tokens)


def speed(said: dict[str, Any]) -> dict[str, Any]:
    """Tokens a second of the median step, and the memory, of a run that says when each of its steps ended."""
    ends = said["step_s"][WARM_UP - 1 :]
    step_s = statistics.median(after - before for before, after in pairwise(ends))
    return {"tokens_per_s": round(SHAPE["batch"] * SHAPE["context"] / step_s, 1), "memory_mb": said["memory_mb"]}


def ours(folder: Path, steps: int, kind: str) -> dict[str, Any]:
    """One run of causerie."""
    said = causerie(recipe(folder, steps, kind))
    measured = speed(said)
    peak = said["peak_flops_per_s"]
    share = measured["tokens_per_s"] * said["flops_per_token"] / peak
    return measured | {"peak_share": round(share, 4), "peak_gflops_per_s": round(peak / 1e9, 1)}


def theirs(python: Path, program: str, folder: Path, steps: int) -> dict[str, Any]:
    """One run of a peer that has an environment of its own."""
    shape = json.dumps(SHAPE | {"steps": steps})
    return speed(trained([str(python), "-m", f"benchmarks.{program}", str(folder / "tokens.npy"), shape]))


def nanochats(checkout: Path, folder: Path, steps: int) -> dict[str, Any]:
    """One run of nanochat."""
    what = SHAPE | {"steps": steps, "tokens": str(folder / "tokens.npy")}
    return speed(nanochat(checkout, what))


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def of(turn: str, name: str = "tokens_per_s") -> list[float]:
        return [each[turn][name] for each in repetitions]

    made = [
        Figure(
            name=f"tokens a second of pretraining, 12M weights, over {peer}",
            value=median(mine / its for mine, its in zip(of("causerie"), of(peer), strict=True)),
            goal=goal, better="higher", unit="x", peer=peer, peer_value=median(of(peer)),
            our_value=median(of("causerie")), measured_in="tokens/s",
        )
        for peer, goal in GOALS.items() if peer in repetitions[0]
    ]  # fmt: skip
    made.append(
        Figure(
            name="share of the peak of matrix products that pretraining reaches",
            value=median(of("causerie", "peak_share")), goal=0.87, better="higher", unit="of the peak",
        )
    )  # fmt: skip
    peers = [peer for peer in GOALS if peer in repetitions[0]]
    leanest = min(peers, key=lambda peer: median(of(peer, "memory_mb")))
    made.append(
        Figure(
            name="memory of pretraining, over that of the leanest peer",
            value=median(m / i for m, i in zip(of("causerie", "memory_mb"), of(leanest, "memory_mb"), strict=True)),
            goal=1, better="lower", unit="x", peer=leanest, peer_value=median(of(leanest, "memory_mb")),
            our_value=median(of("causerie", "memory_mb")), measured_in="MB",
        )
    )  # fmt: skip
    return made


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options_with_nanochat(__doc__)
    steps = 24 if given.quick else 70
    hf_trainer, litgpt = peer_python("hugging-face", HUGGING_FACE), peer_python("litgpt", LITGPT)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_tokens(folder)
        turns: dict[str, Callable[[], Any]] = {
            "HF Trainer": partial(theirs, hf_trainer, "hf_trainer_peer", folder, steps),
            "causerie": partial(ours, folder, steps, "adamw"),
            "LitGPT": partial(theirs, litgpt, "litgpt_peer", folder, steps),
        }
        if given.nanochat:
            turns["causerie, Muon"] = partial(ours, folder, steps, "muon")
            turns["nanochat"] = partial(nanochats, given.nanochat, folder, steps)
        repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 3)]
    versions = {name: peer_version(hf_trainer, name) for name in ("torch", "transformers", "accelerate")}
    versions |= {"litgpt": peer_version(litgpt, "litgpt")}
    if given.nanochat:
        versions["nanochat"] = commit_of(given.nanochat)
    publish(
        "pretrain",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={**SHAPE, "steps": steps, "steps_not_counted": WARM_UP, "precision": "float32"},
        peer_versions=versions,
    )


if __name__ == "__main__":
    main()
