"""Fine-tuning with adapters at SmolLM2-135M's shape, against TRL with PEFT: conversations (SFT), preferences (DPO).

Method: the starter model (SmolLM2-135M-Instruct), its weights in float32 in a folder that both sides open; adapters
of rank 16 on all seven matrices of each block; questions about functions of Python's standard library, whose answers
are their docstrings (up to 900 tokens; a preference pair has another function's as the worse answer). Same texts,
same chat template, float32, AdamW, all cores, only answers are learnt; each side trains over all of them once, in a
process of its own, by turns, and what is measured is the time of that one epoch. TRL's batches are its defaults (8
conversations or pairs a step); its activations are kept as ours are (`gradient_checkpointing` off: faster).
- SFT: causerie packs conversations into rows of 1,024 tokens; TRL packed (`packing=True`, its default strategy) and
  as it comes, one conversation a row, filled up.
- DPO: causerie computes the start's log-probabilities once; TRL as it comes computes them at each step, and with
  `precompute_ref_log_probs` once. Ours is counted with them, over one epoch and over three: three epochs are computed
  from the measured parts (the reference once, the steps three times).
Memory is the most that a process held, with its libraries, up to the last step.
Not measured: quality (the losses are the same but for rounding and order; the tests hold ours to known values), GPUs.
Try it: python -m benchmarks.finetune --quick
"""

import ast
import json
import random
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from benchmarks.programs import peer_python, peer_version
from benchmarks.training_runs import HUGGING_FACE, causerie, trained
from causerie.data.contract import Conversation, Message, Preference
from causerie.data.records import line_of, written
from causerie.inference.catalogue import find
from causerie.modeling.gguf_file import load_gguf
from causerie.modeling.hf_folder import save_folder
from causerie.settings import load_settings
from causerie.tokenization.template import ChatTemplate
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.vocabulary_gguf import load_tokenizer

CONTEXT = 1024
LONGEST = 900
"""Tokens of a conversation, at most: none is cut on either side."""
RECIPE = """
objective = "{objective}"
[data]
folder = {folder}
validation = false
[model]
start = {model}
context = {context}
[lora]
rank = 16
alpha = 32.0
[batch]
size = {size}
micro_size = {micro}
[optimiser]
kind = "adamw"
matrices = 2e-4
[schedule]
epochs = 1.0
kind = "constant"
[compute]
precision = "float32"
[checkpoints]
every_steps = 100000
[samples]
every_steps = 0
"""
BATCHES = {"sft": (2, 1), "dpo": (8, 2)}
"""Of ours: rows or pairs of a step, and those computed at once. Two packed rows hold about eight conversations."""


def docstrings() -> Iterator[tuple[str, str]]:
    """Functions and classes of the standard library, each with its docstring."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8", "replace"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                text = ast.get_docstring(node)
                if text:
                    yield f"{path.stem}.{node.name}", text


def examples(tokenizer: Tokenizer, template: ChatTemplate, count: int) -> list[dict[str, Any]]:
    """Questions, answers, worse answers, and how many tokens they are."""
    found = list(docstrings())
    draw = random.Random(0)
    draw.shuffle(found)
    made: list[dict[str, Any]] = []
    for (name, answer), (_, worse) in pairwise(found):
        question = f"What does {name} do?"
        tokens = {
            kind: len(template.encode_conversation(tokenizer, conversation(question, text))[0])
            for kind, text in (("better", answer), ("worse", worse))
        }
        if max(tokens.values()) <= LONGEST and answer != worse:
            made.append({"question": question, "better": answer, "worse": worse, "tokens": tokens})
        if len(made) == count:
            return made
    sys.exit(f"this Python has {len(made)} docstrings that fit, and {count} are needed")


def conversation(question: str, answer: str) -> list[dict[str, str]]:
    """Two messages."""
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def write_samples(folder: Path, given: list[dict[str, Any]]) -> None:
    """As causerie reads them, and as TRL does."""
    kinds: dict[str, list[bytes]] = {"conversations": [], "preferences": []}
    half = len(given) // 2
    for number, each in enumerate(given):
        asked, answered = Message("user", each["question"]), Message("assistant", each["better"])
        kinds["conversations"].append(line_of(Conversation(id=str(number), messages=(asked, answered))))
        if number < half:  # a pair has two answers
            kinds["preferences"].append(
                line_of(Preference(id=str(number), messages=(asked,), chosen=each["better"], rejected=each["worse"]))
            )
    for kind, lines in kinds.items():
        with written(folder / kind / "train-00000.jsonl.zst") as out:
            out.writelines(lines)
    (folder / "examples.json").write_text(json.dumps(given), encoding="utf-8")


def prepare(folder: Path, count: int) -> dict[str, int]:
    """The model and the samples; tokens of an epoch by objective."""
    with tempfile.TemporaryDirectory() as home:
        weights = find(load_settings(home=home), "starter").path
    tokenizer = load_tokenizer(weights)
    if not tokenizer.template:
        sys.exit("the starter model has no chat template")
    save_folder(load_gguf(weights), tokenizer, folder / "model")
    given = examples(tokenizer, ChatTemplate(tokenizer.template), count)
    write_samples(folder, given)
    half = given[: count // 2]
    return {
        "sft": sum(each["tokens"]["better"] for each in given),
        "dpo": sum(each["tokens"]["better"] + each["tokens"]["worse"] for each in half),
    }


def ours(folder: Path, objective: str) -> dict[str, Any]:
    """One epoch of causerie."""
    size, micro = BATCHES[objective]
    said = causerie(
        RECIPE.format(
            objective=objective, folder=json.dumps(str(folder)), model=json.dumps(str(folder / "model")),
            context=CONTEXT, size=size, micro=micro,
        )
    )  # fmt: skip
    # The last step may be cut off from the epoch, or go over its end.
    epochs = len(said["step_s"]) * size / said["sequences"]
    steps_s = said["training_s"][0] + said["step_s"][-1] - said["step_s"][0]
    return {
        "steps_s": round(steps_s / epochs, 3), "reference_s": said["reference_s"],
        "memory_mb": said["memory_mb"], "loss": said["loss"],
    }  # fmt: skip


def theirs(python: Path, folder: Path, way: str) -> dict[str, Any]:
    """One epoch of TRL."""
    return trained([str(python), "-m", "benchmarks.trl_peer", str(folder), way])


def seconds(measured: Repetition, turn: str, epochs: int = 1) -> float:
    """Of a turn, over so many epochs."""
    return float(measured[turn]["reference_s"] + epochs * measured[turn]["steps_s"])


def figures(repetitions: list[Repetition], tokens: dict[str, int]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def faster(what: str, goal: float, ours_turn: str, their_turn: str, epochs: int = 1) -> Figure:
        mine = [seconds(each, ours_turn, epochs) for each in repetitions]
        its = [seconds(each, their_turn, epochs) for each in repetitions]
        total = epochs * tokens[ours_turn.rpartition(" ")[2]]
        return Figure(
            name=what, value=median(b / a for a, b in zip(mine, its, strict=True)), goal=goal, better="higher",
            unit="x", peer=their_turn, peer_value=median(total / each for each in its),
            our_value=median(total / each for each in mine), measured_in="tokens/s",
        )  # fmt: skip

    def memory(what: str, ours_turn: str, *their_turns: str) -> Figure:
        leanest = min(their_turns, key=lambda turn: median(each[turn]["memory_mb"] for each in repetitions))
        mine, its = ([each[turn]["memory_mb"] for each in repetitions] for turn in (ours_turn, leanest))
        return Figure(
            name=what, value=median(a / b for a, b in zip(mine, its, strict=True)), goal=1, better="lower", unit="x",
            peer=leanest, peer_value=median(its), our_value=median(mine), measured_in="MB",
        )  # fmt: skip

    return [
        faster("SFT with adapters, over TRL packed", 1.5, "causerie sft", "TRL packed"),
        faster("SFT with adapters, over TRL as it comes", 2, "causerie sft", "TRL"),
        faster("DPO with adapters, one epoch, over TRL as it comes", 1.6, "causerie dpo", "TRL's DPO"),
        faster("DPO with adapters, three epochs, over TRL as it comes", 2, "causerie dpo", "TRL's DPO", 3),
        faster("DPO with adapters, one epoch, over TRL with its reference computed once", 1.3, "causerie dpo",
               "TRL's DPO, reference once"),
        memory("memory of SFT, over TRL's leaner way", "causerie sft", "TRL packed", "TRL"),
        memory("memory of DPO, over TRL's leaner way", "causerie dpo", "TRL's DPO", "TRL's DPO, reference once"),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    count = 24 if given.quick else 96
    python = peer_python("hugging-face", HUGGING_FACE)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tokens = prepare(folder, count)
        turns = {
            "TRL packed": partial(theirs, python, folder, "sft-packed"),
            "causerie sft": partial(ours, folder, "sft"),
            "TRL": partial(theirs, python, folder, "sft"),
            "TRL's DPO": partial(theirs, python, folder, "dpo"),
            "causerie dpo": partial(ours, folder, "dpo"),
            "TRL's DPO, reference once": partial(theirs, python, folder, "dpo-once"),
        }
        repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 3)]
    publish(
        "finetune",
        figures=figures(repetitions, tokens),
        repetitions=repetitions,
        configuration={
            "conversations": count, "pairs": count // 2, "tokens_of_an_epoch": tokens, "context": CONTEXT,
            "recipe": RECIPE, "our_batches": BATCHES, "precision": "float32",
        },
        peer_versions={name: peer_version(python, name) for name in ("torch", "trl", "peft", "transformers")},
    )  # fmt: skip


if __name__ == "__main__":
    main()
