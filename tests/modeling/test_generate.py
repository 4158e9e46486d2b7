"""Generation: what the whole network would say, the same for the same seed, within the context."""

import pytest
import torch

from causerie.errors import ContextLengthExceeded
from causerie.modeling.generate import Sampling, _choose, stream
from tests.modeling.conftest import small_model

PROMPT = [5, 9, 200, 31]


def test_greedy_tokens_are_those_of_the_network_without_a_cache() -> None:
    model = small_model()
    tokens = list(PROMPT)
    with torch.no_grad():
        for _ in range(12):
            tokens.append(int(model.logits(model.hidden(torch.tensor([tokens])))[0, -1].argmax()))
    assert list(stream(model, PROMPT, max_tokens=12)) == tokens[len(PROMPT) :]
    assert model.training


def test_it_stops_at_a_stop_token_and_at_the_context() -> None:
    model = small_model()
    given = list(stream(model, PROMPT, max_tokens=1000))
    assert len(given) == model.config.context - len(PROMPT)
    stop = given[5]
    assert list(stream(model, PROMPT, max_tokens=20, stop={stop})) == given[: given.index(stop)]


@pytest.mark.parametrize("prompt", [[], [1] * 128])
def test_a_prompt_that_does_not_fit_is_refused(prompt: list[int]) -> None:
    with pytest.raises(ContextLengthExceeded, match=f"the prompt has {len(prompt)} tokens; the model takes 1 to 127"):
        next(stream(small_model(), prompt, max_tokens=1))


def test_a_seed_fixes_what_is_drawn() -> None:
    model = small_model()
    first, again, other = (
        list(stream(model, PROMPT, max_tokens=20, sampling=Sampling(temperature=1.5, seed=seed)))
        for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("sampling", "seen"),
    [
        (Sampling(temperature=1.0), {0, 1, 2, 3}),
        (Sampling(temperature=1.0, top_k=2), {1, 3}),
        (Sampling(temperature=1.0, top_p=0.6), {1, 3}),
        (Sampling(temperature=1.0, top_p=0.1), {3}),
        (Sampling(temperature=0.01), {3}),
    ],
)
def test_only_the_likeliest_are_drawn(sampling: Sampling, seen: set[int]) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([0.1, 0.3, 0.2, 0.4]).log()
    assert {_choose(logits, sampling, generator) for _ in range(400)} == seen
