"""The network: causal, blind across documents, the same with a cache, in pieces, compiled and recomputed."""

from typing import Any

import pytest
import torch

from causerie.modeling.loss import IGNORE, Loss
from causerie.modeling.transformer import Cache, frequencies
from tests.modeling.conftest import FAMILIES, small_model

TOKENS = torch.randint(0, 320, (2, 40), generator=torch.Generator().manual_seed(3))


@pytest.fixture(params=FAMILIES)
def shape(request: pytest.FixtureRequest) -> dict[str, Any]:
    return FAMILIES[request.param]


def test_what_comes_later_changes_nothing(shape: dict[str, Any]) -> None:
    model = small_model(**shape)
    changed = TOKENS.clone()
    changed[:, 20] = 7
    before, after = model.hidden(TOKENS), model.hidden(changed)
    torch.testing.assert_close(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:], atol=1e-3)


def test_a_packed_document_is_read_as_if_it_were_alone(shape: dict[str, Any]) -> None:
    model = small_model(**shape)
    documents = torch.zeros_like(TOKENS)
    documents[:, 13:30] = 1
    documents[:, 30:] = 2
    packed = model.hidden(TOKENS, documents)
    for first, last in ((0, 13), (13, 30), (30, 40)):
        torch.testing.assert_close(packed[:, first:last], model.hidden(TOKENS[:, first:last]), rtol=1e-4, atol=1e-4)


def test_reading_in_pieces_with_a_cache_is_reading_at_once(shape: dict[str, Any]) -> None:
    model = small_model(**shape)
    with torch.no_grad():
        cache = Cache(model.config, 2, 40, like=model.embedding.weight)
        pieces = [model.hidden(piece, cache=cache) for piece in torch.split(TOKENS, [11, 1, 1, 17, 10], dim=1)]
        torch.testing.assert_close(torch.cat(pieces, dim=1), model.hidden(TOKENS), rtol=1e-4, atol=1e-4)


def test_the_loss_of_the_network_is_that_of_its_logits(shape: dict[str, Any]) -> None:
    model = small_model(**shape)
    targets = TOKENS.roll(-1, dims=1)
    targets[:, -1] = IGNORE
    found = model(TOKENS, targets_BT=targets)
    assert isinstance(found, Loss)
    logits = model.logits(model.hidden(TOKENS))
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
    torch.testing.assert_close(found.total, wanted)
    assert found.positions == 78
    each = model(TOKENS, targets_BT=targets, each=True)
    assert each.shape == TOKENS.shape
    torch.testing.assert_close(-each.sum(), wanted)


def gradients(model: Any, run: Any, documents: Any = None) -> list[torch.Tensor]:
    model.zero_grad()
    run(TOKENS[:, :-1], documents, TOKENS[:, 1:]).total.backward()
    return [weight.grad.clone() for weight in model.parameters()]


def test_recomputing_the_activations_changes_no_gradient() -> None:
    model = small_model()
    plain = gradients(model, model)
    model.recompute = True
    for mine, its in zip(gradients(model, model), plain, strict=True):
        torch.testing.assert_close(mine, its)


def test_compiled_as_one_graph_it_learns_the_same() -> None:
    model = small_model()
    documents = (torch.arange(39) // 10).expand(2, 39)
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    for mine, its in zip(gradients(model, compiled, documents), gradients(model, model, documents), strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-3, atol=1e-3)


def test_llama_3s_scaling_slows_the_slow_pairs_only() -> None:
    plain = frequencies(small_model(rope_theta=5e5, qk_norm=False).config)
    scaled = frequencies(small_model(**FAMILIES["llama"]).config)
    ratio = plain / scaled
    assert ratio[0] == pytest.approx(1.0)
    assert ratio[-1] == pytest.approx(8.0)
    assert bool((ratio.diff() >= -1e-6).all())
