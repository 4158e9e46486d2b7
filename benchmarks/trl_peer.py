"""The peer of `finetune.py`: TRL's trainers with PEFT's adapters, in the peer's own environment.

Does: train on the samples of a folder, once over all of them, as TRL's pages show, and print one line of
JSON: the seconds that the reference took beforehand (where that is wanted), and those of the steps.
Does not: compile, save or measure quality.
Try it: PYTHON_OF_THE_PEER -m benchmarks.trl_peer FOLDER sft|sft-packed|dpo|dpo-once
Source: https://huggingface.co/docs/trl/sft_trainer, https://huggingface.co/docs/trl/dpo_trainer
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch  # type: ignore[import-not-found, unused-ignore]
from datasets import Dataset  # type: ignore[import-not-found, unused-ignore]
from peft import LoraConfig  # type: ignore[import-not-found, unused-ignore]
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer  # type: ignore[import-not-found, unused-ignore]

MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CONTEXT = 1024


class Clock(TrainerCallback):  # type: ignore[misc]
    """When the first step began and the last one ended, and the loss."""

    began = ended = 0.0

    def on_step_begin(self, *_: object, **__: object) -> None:
        """Remember the first."""
        self.began = self.began or time.perf_counter()

    def on_step_end(self, *_: object, **__: object) -> None:
        """Remember the last."""
        self.ended = time.perf_counter()


class TimedTrainer(DPOTrainer):  # type: ignore[misc]
    """DPO that knows how long its reference took, where it is computed beforehand: while the trainer is made."""

    reference_s = 0.0

    def _precompute_ref_logps(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as it is there
        started = time.perf_counter()
        made = super()._precompute_ref_logps(*given, **named)
        TimedTrainer.reference_s += time.perf_counter() - started
        return made


def samples(folder: Path, kind: str) -> Dataset:
    """Questions with answers, or pairs of answers."""
    given = json.loads((folder / "examples.json").read_text("utf-8"))
    if kind == "sft":
        rows = [{"prompt": _said("user", each["question"]), "completion": _said("assistant", each["better"])}
                for each in given]  # fmt: skip
    else:
        rows = [{"prompt": _said("user", each["question"]), "chosen": _said("assistant", each["better"]),
                 "rejected": _said("assistant", each["worse"])} for each in given[: len(given) // 2]]  # fmt: skip
    return Dataset.from_list(rows)


def _said(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def trainer(folder: Path, way: str, out: str, clock: Clock) -> Any:  # noqa: ANN401 - either trainer
    """As TRL's pages show, on the processor and in float32."""
    kind, _, how = way.partition("-")
    common: dict[str, Any] = {
        "output_dir": out, "num_train_epochs": 1, "learning_rate": 2e-4, "lr_scheduler_type": "constant",
        "max_length": CONTEXT, "bf16": False, "use_cpu": True, "gradient_checkpointing": False,
        "save_strategy": "no", "report_to": [], "disable_tqdm": True, "logging_strategy": "no",
    }  # fmt: skip
    given: dict[str, Any] = {
        "model": AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32),
        "processing_class": AutoTokenizer.from_pretrained(folder / "model"),
        "train_dataset": samples(folder, kind), "callbacks": [clock],
        "peft_config": LoraConfig(r=16, lora_alpha=32, target_modules=MATRICES, task_type="CAUSAL_LM"),
    }  # fmt: skip
    if kind == "sft":
        # Two packed rows of a step hold about as many conversations as eight rows that are filled up; one at a time
        # is faster for it, as its attention looks over all rows of a packed batch at once.
        packed = {"packing": True, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 2}
        return SFTTrainer(args=SFTConfig(**common, **(packed if how == "packed" else {})), **given)
    return TimedTrainer(args=DPOConfig(**common, precompute_ref_log_probs=how == "once"), **given)


def main() -> None:
    """Train, and print the figures."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(0)
    clock = Clock()
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stdout(sys.stderr):
        outcome = trainer(Path(sys.argv[1]), sys.argv[2], out, clock).train()
    said = {
        "steps_s": round(clock.ended - clock.began, 3),
        "reference_s": round(TimedTrainer.reference_s, 3),
        "loss": round(outcome.training_loss, 4),
    }
    if sys.argv[2] == "dpo-once" and not TimedTrainer.reference_s:
        sys.exit("this version of TRL computes its reference elsewhere: it would not be counted")
    print(json.dumps(said))


if __name__ == "__main__":
    main()
