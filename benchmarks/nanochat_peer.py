"""The peer of `pretrain.py` and `quality.py`: nanochat's network, optimiser and schedules, from a checkout of it.

Does: what its `scripts/base_train.py` does on one processor, with that program's defaults (learning rates, their
scaling by width and batch, weight decay, momentum, warm-up and warm-down), on the tokens of a file; print one line of
JSON: when each step ended, in seconds of training, and what each evaluation gave.
Does not: read text. The program itself cannot be imported: importing it trains.
Attention is not windowed (`window_pattern="L"`), as the program advises where there is no FlashAttention.
Try it: PYTHONPATH=CHECKOUT python -m benchmarks.nanochat_peer '{"steps": 20, ...}'
Source: https://github.com/karpathy/nanochat/blob/master/scripts/base_train.py
"""

import contextlib
import json
import math
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from nanochat.gpt import GPT, GPTConfig  # type: ignore[import-not-found, unused-ignore]

# Defaults of its command line.
EMBEDDING, UNEMBEDDING, MATRIX, SCALAR = 0.3, 0.008, 0.02, 0.5
WEIGHT_DECAY, WARM_UP_STEPS, WARM_DOWN, FINAL, TOKENS_A_WEIGHT = 0.28, 40, 0.65, 0.05, 12
REFERENCE_BATCH = 2**19
EVALUATIONS = 40


def network(what: dict[str, Any], layers: int) -> Any:  # noqa: ANN401 - its own type
    """The network of so many layers, on no device yet."""
    width = layers * (what["width"] // what["layers"])
    heads = width // what["head_width"]
    config = GPTConfig(
        sequence_len=what["context"], vocab_size=what["vocabulary"], n_layer=layers, n_head=heads, n_kv_head=heads,
        n_embd=width, window_pattern="L",
    )  # fmt: skip
    with torch.device("meta"):
        return GPT(config)


def learnt_weights(model: Any) -> int:  # noqa: ANN401 - its own type
    """The weights by which it plans a run."""
    counts = model.num_scaling_params()
    return int(counts["transformer_matrices"] + counts["lm_head"])


def windows(what: dict[str, Any]) -> Iterator[torch.Tensor]:
    """Batches of (batch, context + 1), in another order and cut at another place in each round."""
    row = np.load(what["tokens"]).reshape(-1).astype(np.int64)
    length, draw = what["context"], np.random.default_rng(0)
    while True:
        offset = int(draw.integers(length))
        starts = offset + draw.permutation((len(row) - 1 - offset) // length) * length
        for first in range(0, len(starts) - what["batch"] + 1, what["batch"]):
            rows = [row[start : start + length + 1] for start in starts[first : first + what["batch"]]]
            yield torch.from_numpy(np.stack(rows))


@torch.no_grad()
def bits_per_byte(model: Any, what: dict[str, Any]) -> float:  # noqa: ANN401 - its own type
    """On what was held out: the same windows, and as many bytes a token, as causerie's own evaluation has."""
    row, length = np.load(what["held_out"]).reshape(-1).astype(np.int64), what["context"]
    count = what["held_out_windows"]
    rows = torch.from_numpy(np.stack([row[n * length : (n + 1) * length + 1] for n in range(count)]))
    model.eval()
    nats = [
        float(model(part[:, :-1].contiguous(), part[:, 1:].contiguous(), loss_reduction="sum"))
        for part in torch.split(rows, what["batch"])
    ]
    model.train()
    return math.fsum(nats) / math.log(2) / float(count * length * what["bytes_per_token"])


class Plan:
    """Learning rate, momentum and weight decay over a run, as `base_train.py` has them."""

    def __init__(self, what: dict[str, Any], model: Any) -> None:  # noqa: ANN401 - its own type
        self.steps = what["steps"]
        weights, reference = learnt_weights(model), learnt_weights(network(what, 12))
        batch = what["batch"] * what["context"] / REFERENCE_BATCH
        self.rates = batch**0.5
        self.decay = WEIGHT_DECAY * math.sqrt(batch) * (reference / weights)
        self.down = round(WARM_DOWN * self.steps)

    def optimiser(self, model: Any) -> Any:  # noqa: ANN401 - its own type
        """Its MuonAdamW."""
        return model.setup_optimizer(
            unembedding_lr=UNEMBEDDING * self.rates, embedding_lr=EMBEDDING * self.rates,
            scalar_lr=SCALAR * self.rates, matrix_lr=MATRIX * self.rates, weight_decay=self.decay,
        )  # fmt: skip

    def set(self, optimiser: Any, step: int) -> None:  # noqa: ANN401 - its own type
        """For one step."""
        left = min(1.0, (self.steps - step) / max(1, self.down))
        share = (step + 1) / WARM_UP_STEPS if step < WARM_UP_STEPS else left + (1 - left) * FINAL
        momentum = 0.85 + step / 400 * 0.12 if step < 400 else 0.97 * left + 0.90 * (1 - left)
        for group in optimiser.param_groups:
            group["lr"] = group["initial_lr"] * share
            if group["kind"] == "muon":
                group["momentum"] = momentum
                group["weight_decay"] = self.decay * 0.5 * (1 + math.cos(math.pi * step / self.steps))


def train(what: dict[str, Any]) -> dict[str, Any]:
    """Train; what is printed."""
    torch.manual_seed(42)
    plain = network(what, what["layers"])
    plain.to_empty(device="cpu")
    plain.init_weights()
    model: Any = torch.compile(plain, dynamic=False)
    plan = Plan(what, plain)
    optimiser = plan.optimiser(plain)
    batches, seconds = windows(what), 0.0
    ends: list[float] = []
    evaluations: list[dict[str, float]] = []
    every = max(1, plan.steps // EVALUATIONS)
    for step in range(plan.steps):
        batch = next(batches)
        started = time.perf_counter()
        loss = model(batch[:, :-1].contiguous(), batch[:, 1:].contiguous())
        loss.backward()
        plan.set(optimiser, step)
        optimiser.step()
        plain.zero_grad(set_to_none=True)
        loss.item()
        seconds += time.perf_counter() - started
        ends.append(round(seconds, 4))
        if "held_out" in what and ((step + 1) % every == 0 or step + 1 == plan.steps):
            evaluations.append({"seconds": ends[-1], "bits_per_byte": bits_per_byte(plain, what)})
    weights = sum(weight.numel() for weight in plain.parameters())
    return {"step_s": ends, "evaluations": evaluations, "weights": weights}


def main() -> None:
    """Train, and print the figures."""
    what = json.loads(sys.argv[1])
    with contextlib.redirect_stdout(sys.stderr):
        said = train(what)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
