"""The peer of `pretrain.py`: transformers' Trainer on a Qwen3 of the same shape, in the peer's own environment.

Does: train on the tokens of a file, as the library's pages on causal language modelling show, and print one line of
JSON: when each step ended, in seconds.
Does not: compile, pack or measure quality.
Try it: PYTHON_OF_THE_PEER -m benchmarks.hf_trainer_peer TOKENS.npy '{"steps": 20, ...}'
Source: https://huggingface.co/docs/transformers/tasks/language_modeling
"""

import json
import os
import sys
import tempfile
import time

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from transformers import Qwen3Config, Qwen3ForCausalLM, Trainer, TrainerCallback, TrainingArguments


class Clock(TrainerCallback):  # type: ignore[misc]
    """When each step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        """Remember it."""
        self.ends.append(round(time.perf_counter(), 4))


def main() -> None:
    """Train, and print the figure."""
    shape = json.loads(sys.argv[2])
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(0)
    windows = np.load(sys.argv[1])[:, : shape["context"]]
    data = [{"input_ids": torch.from_numpy(row), "labels": torch.from_numpy(row)} for row in windows]
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=shape["vocabulary"], hidden_size=shape["width"], num_hidden_layers=shape["layers"],
            num_attention_heads=shape["heads"], num_key_value_heads=shape["heads"], head_dim=shape["head_width"],
            intermediate_size=shape["hidden"], max_position_embeddings=shape["context"], tie_word_embeddings=True,
        )
    )  # fmt: skip
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=shape["batch"], max_steps=shape["steps"], save_strategy="no",
            report_to=[], logging_strategy="no", use_cpu=True, disable_tqdm=True, learning_rate=1e-3,
        )  # fmt: skip
        Trainer(model=model, args=arguments, train_dataset=data, callbacks=[clock]).train()
    print(json.dumps({"step_s": clock.ends}))


if __name__ == "__main__":
    main()
