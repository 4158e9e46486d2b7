"""What a model has learnt after the same time: bits per byte of text that it has not seen, against nanochat's.

Method: the documentation of Python's standard library (`recipes/data/sample.toml`, no download), a vocabulary of
4,096 learnt from it, 5 in 100 of the texts held out; both sides read the same token ids, have 6 layers of width 384,
an output head of their own, a context of 256, float32, all cores, and 20 minutes of training each (2 with --quick).
causerie trains by its own recipe (see `RECIPE`), nanochat by the defaults of its `base_train.py`
(`nanochat_peer.py`), each with the batch that suits it. A short run before tells how many steps fit into the time,
because both let their learning rates fall towards the end. Compiling, measuring and reading are not counted as
training, on either side. Both are measured at about 40 points on the same windows of the held-out texts.
- bits per byte at the end: the claim is that ours are fewer;
- the time after which ours are fewer than nanochat's at its end, as a share of its time.
Needs a checkout of nanochat, which no registry offers: --nanochat says how to get it.
Not measured: large models, much text (here each side sees its text about three times), GPUs.
Try it: python -m benchmarks.quality --quick
"""

import json
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import ROOT, Figure, Repetition, median, publish, take_turns
from benchmarks.training_runs import causerie, commit_of, nanochat, options_with_nanochat
from causerie.data.build import build
from causerie.data.recipe import load_recipe
from causerie.data.shards import TokenShards
from causerie.training.recipe_file import read_recipe
from causerie.training.tokens import make_tokens

SHAPE = {"vocabulary": 4096, "width": 384, "layers": 6, "head_width": 64, "context": 256}
OUR_BATCH, THEIR_BATCH = 16, 16
"""Windows of a step."""
OUR_MICRO_BATCH = 4
"""Windows computed at once: what a layer keeps of 1,024 tokens stays in a processor's cache."""
HELD_OUT = 128
"""Windows that are measured."""
TRIAL_STEPS, TRIAL_WARM_UP = 14, 4
RECIPE = """
objective = "pretrain"
[data]
folder = {folder}
separate_documents = false
[tokenizer]
vocabulary = 4096
[model]
depth = 6
context = 256
tied = false
[batch]
size = {batch}
micro_size = {micro}
[optimiser]
kind = "muon"
matrices = 0.01
[schedule]
steps = {steps}
kind = "wsd"
decay = 0.65
[compute]
precision = "float32"
compile = "on"
[checkpoints]
every_steps = 100000
[evaluation]
every_steps = {every}
sequences = {held_out}
[samples]
every_steps = 0
"""


def recipe(folder: Path, steps: int, every: int) -> str:
    """What `causerie train` is given."""
    return RECIPE.format(
        folder=json.dumps(str(folder)), batch=OUR_BATCH, micro=OUR_MICRO_BATCH, steps=steps, every=every,
        held_out=HELD_OUT,
    )  # fmt: skip


def prepare(folder: Path) -> dict[str, Any]:
    """Text, tokenizer and token ids of both sides; what nanochat is told of them."""
    place = ROOT / "recipes" / "data" / "sample.toml"
    build(load_recipe(place, ["holdout=0.05"]), folder, beside=place.parent)
    path = folder / "recipe.toml"
    path.write_text(f'run = "absent"\n{recipe(folder, 1, 1)}', encoding="utf-8")
    make_tokens(read_recipe(path))
    told: dict[str, Any] = dict(SHAPE)
    for split, name in (("train", "tokens"), ("validation", "held_out")):
        shards = TokenShards(folder / "tokens" / split)
        told[name] = str(folder / f"{split}.npy")
        np.save(told[name], shards.slice(0, len(shards))[0].astype(np.uint16))
        if split == "train":
            told["bytes_per_token"] = shards.manifest.text_bytes / shards.manifest.tokens
        else:
            told["held_out_windows"] = min((len(shards) - 1) // SHAPE["context"], HELD_OUT) // 8 * 8
    return told | {"batch": THEIR_BATCH}


def step_s(said: dict[str, Any]) -> float:
    """Seconds of a step, once all is compiled."""
    ends: list[float] = said["step_s"][TRIAL_WARM_UP - 1 :]
    return statistics.median(after - before for before, after in pairwise(ends))


def since_compiled(said: dict[str, Any]) -> dict[str, Any]:
    """What was reached, and when: in seconds of training without the first step, which compiles."""
    first = said["step_s"][0] - step_s(said)
    reached = [(round(each["seconds"] - first, 1), round(each["bits_per_byte"], 4)) for each in said["evaluations"]]
    return {"steps": len(said["step_s"]), "memory_mb": said["memory_mb"], "seconds_and_bits_per_byte": reached}


def ours(folder: Path, seconds: float) -> dict[str, Any]:
    """One run of causerie, of so many seconds."""
    steps = round(seconds / step_s(causerie(recipe(folder, TRIAL_STEPS, 0))))
    said = causerie(recipe(folder, steps, max(1, steps // 40)))
    return since_compiled(said | {"step_s": said["training_s"]})


def theirs(checkout: Path, told: dict[str, Any], seconds: float) -> dict[str, Any]:
    """One run of nanochat, of so many seconds."""
    trial = {name: value for name, value in told.items() if name != "held_out"}
    steps = round(seconds / step_s(nanochat(checkout, trial | {"steps": TRIAL_STEPS})))
    return since_compiled(nanochat(checkout, told | {"steps": steps}))


def passed(measured: Repetition) -> float:
    """When ours had fewer bits per byte than nanochat at its end, as a share of its time (2 = never)."""
    seconds, final = measured["nanochat"]["seconds_and_bits_per_byte"][-1]
    for ours_seconds, bits in measured["causerie"]["seconds_and_bits_per_byte"]:
        if bits < final:
            return float(ours_seconds / seconds)
    return 2.0


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def final(side: str) -> list[float]:
        return [each[side]["seconds_and_bits_per_byte"][-1][1] for each in repetitions]

    return [
        Figure(
            name="bits per byte of unseen text after the same time, over nanochat's",
            value=median(mine / its for mine, its in zip(final("causerie"), final("nanochat"), strict=True)),
            goal=0.9999, better="lower", unit="x", peer="nanochat", peer_value=median(final("nanochat")),
            our_value=median(final("causerie")), measured_in="bits per byte",
        ),
        Figure(
            name="time until nanochat's final figure is passed, of its time (2 = never)",
            value=median(passed(each) for each in repetitions), goal=0.7, better="lower", unit="x",
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options_with_nanochat(__doc__)
    if not given.nanochat:
        return
    seconds = 120.0 if given.quick else 1200.0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        told = prepare(folder)
        turns = {
            "causerie": lambda: ours(folder, seconds),
            "nanochat": lambda: theirs(given.nanochat, told, seconds),
        }
        repetitions = [take_turns(turns, backwards=False)]
    publish(
        "quality",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={
            **SHAPE, "seconds": seconds, "our_batch": OUR_BATCH, "their_batch": THEIR_BATCH, "recipe": RECIPE,
        },
        peer_versions={"nanochat": commit_of(given.nanochat)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
