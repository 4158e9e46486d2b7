"""Tokens out of the network, one after the other, with the keys and values of those before kept.

Does: greedy and sampled continuation of one prompt, as a stream.
Does not: serve people (`inference/` does, in llama.cpp); this is for samples while training and for tests.
"""

# Shape letters: T tokens of the prompt, V vocabulary.

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causerie.errors import ContextLengthExceeded
from causerie.modeling.transformer import Cache, Transformer


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen."""

    temperature: float = 0.0
    """Divides the logits: below 1 the likely becomes likelier (0 = always the likeliest)."""
    top_k: int = 0
    """Only the k likeliest tokens (0 = all)."""
    top_p: float = 1.0
    """Only the likeliest tokens that together have this probability (1 = all)."""
    seed: int = 0
    """The same seed gives the same tokens."""


GREEDY = Sampling()


def stream(
    model: Transformer,
    prompt: Sequence[int],
    *,
    max_tokens: int,
    sampling: Sampling = GREEDY,
    stop: Collection[int | None] = (),
) -> Iterator[int]:
    """Give tokens until one of `stop` (which is not given), `max_tokens`, or the end of the model's context.

    Raises:
        ContextLengthExceeded: The prompt alone fills the context, or is empty.
    """
    if not 0 < len(prompt) < model.config.context:
        raise ContextLengthExceeded(
            "the prompt has {tokens} tokens; the model takes 1 to {most}",
            tokens=len(prompt), most=model.config.context - 1,
        )  # fmt: skip
    weight = model.embedding.weight
    room = min(len(prompt) + max_tokens, model.config.context)
    cache = Cache(model.config, 1, room, like=weight)
    generator = torch.Generator(device=weight.device).manual_seed(sampling.seed)
    given = torch.tensor([list(prompt)], device=weight.device)
    trains = model.training
    model.eval()
    try:
        for _ in range(room - len(prompt)):
            with torch.inference_mode():
                hidden_1TD = model.hidden(given, cache=cache)
                token = _choose(model.logits(hidden_1TD[0, -1]), sampling, generator)
            if token in stop:
                return
            yield token
            given = torch.tensor([[token]], device=weight.device)
    finally:
        model.train(trains)


def _choose(logits_V: Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """One token from its logits."""
    if sampling.temperature <= 0:
        return int(logits_V.argmax())
    sorted_V, order_V = (logits_V.float() / sampling.temperature).sort(descending=True)
    if sampling.top_k:
        sorted_V[sampling.top_k :] = -torch.inf
    probabilities_V = sorted_V.softmax(dim=0)
    if sampling.top_p < 1:
        # A token stays while those before it do not yet reach top_p: the likeliest always stays.
        before_V = probabilities_V.cumsum(dim=0) - probabilities_V
        probabilities_V = probabilities_V.masked_fill(before_V >= sampling.top_p, 0.0)
    return int(order_V[torch.multinomial(probabilities_V, 1, generator=generator)])
