"""The peer of `pretrain.py`: LitGPT's own `pretrain` on a Qwen3 of the same shape, in the peer's own environment.

Does: train on the tokens of a file, which a data module of its kind gives out, and print one line of JSON: when each
step ended, in seconds, which is when the next batch is asked for.
Does not: measure quality.
Try it: PYTHON_OF_THE_PEER -m benchmarks.litgpt_peer TOKENS.npy '{"steps": 20, ...}'
Source: https://github.com/Lightning-AI/litgpt/blob/main/tutorials/pretrain.md
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from litgpt import Config  # type: ignore[import-not-found, unused-ignore]
from litgpt.args import EvalArgs, TrainArgs  # type: ignore[import-not-found, unused-ignore]
from litgpt.data import DataModule  # type: ignore[import-not-found, unused-ignore]
from litgpt.pretrain import setup  # type: ignore[import-not-found, unused-ignore]
from torch.utils.data import DataLoader, IterableDataset

ASKED: list[float] = []
"""When each batch was asked for."""


class Windows(IterableDataset[torch.Tensor]):
    """Batches of a file, again and again."""

    def __init__(self, path: str, batch: int, *, timed: bool) -> None:
        self.windows, self.batch, self.timed = torch.from_numpy(np.load(path)), batch, timed

    def __len__(self) -> int:
        """Batches of one round."""
        return len(self.windows) // self.batch

    def __iter__(self) -> Iterator[torch.Tensor]:
        for start in range(0, len(self) * self.batch, self.batch):
            if self.timed:
                ASKED.append(round(time.perf_counter(), 4))
            yield self.windows[start : start + self.batch]


@dataclass
class Tokens(DataModule):  # type: ignore[misc]
    """What LitGPT asks for data."""

    path: str = ""
    batch: int = 8

    def connect(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - its interface
        """Nothing is needed of the tokenizer."""

    def train_dataloader(self) -> DataLoader[torch.Tensor]:
        """To learn from."""
        return DataLoader(Windows(self.path, self.batch, timed=True), batch_size=None)

    def val_dataloader(self) -> DataLoader[torch.Tensor]:
        """To look at once before training, as it does."""
        return DataLoader(Windows(self.path, self.batch, timed=False), batch_size=None)


def main() -> None:
    """Train, and print the figure."""
    path, shape = sys.argv[1], json.loads(sys.argv[2])
    sys.argv[1:] = ["Qwen3"]  # it reads the command line again, to write beside the weights how they were made
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    config = Config(
        name="Qwen3", block_size=shape["context"], vocab_size=shape["vocabulary"],
        padded_vocab_size=shape["vocabulary"], n_layer=shape["layers"], n_head=shape["heads"], n_embd=shape["width"],
        head_size=shape["head_width"], intermediate_size=shape["hidden"], rotary_percentage=1.0,
        parallel_residual=False, bias=False, norm_class_name="RMSNorm", norm_eps=1e-6, norm_qk=True,
        mlp_class_name="LLaMAMLP",
    )  # fmt: skip
    tokens = shape["steps"] * shape["batch"] * shape["context"]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        setup(
            "Qwen3", model_config=config, out_dir=Path(folder), precision="32-true", devices=1, logger_name="csv",
            data=Tokens(path=path, batch=shape["batch"]),
            train=TrainArgs(
                save_interval=None, log_interval=10, global_batch_size=shape["batch"],
                micro_batch_size=shape["batch"], max_tokens=tokens, max_norm=1.0, lr_warmup_steps=5,
                tie_embeddings=True,
            ),
            eval=EvalArgs(interval=10**9, max_iters=1, initial_validation=False, final_validation=False),
        )  # fmt: skip
    # A batch is asked for when the step before it is over; the first one opens no step's end.
    print(json.dumps({"step_s": ASKED[1:]}))


if __name__ == "__main__":
    main()
