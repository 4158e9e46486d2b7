"""The scaling law's best pair is the best pair, and its constants are the refit's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.planning import scaling

BUDGETS = st.floats(1e18, 1e27)


def test_a_loss_by_hand() -> None:
    # 70e9 parameters, 1.4e12 tokens (Chinchilla): 1.8172 + 482.01 / 70e9^.3478 + 2085.43 / 1.4e12^.3658
    assert scaling.loss(70e9, 1.4e12) == pytest.approx(1.8172 + 0.0816 + 0.0749, abs=5e-4)


def test_chinchilla_is_nearly_compute_optimal() -> None:
    best = scaling.optimum(6 * 70e9 * 1.4e12)
    assert best.tokens / best.parameters == pytest.approx(20, rel=0.3)


@given(BUDGETS, st.floats(-0.5, 0.5))
def test_no_other_pair_of_the_same_budget_is_better(flops: float, shift: float) -> None:
    best = scaling.optimum(flops)
    assert 6 * best.parameters * best.tokens == pytest.approx(flops)
    parameters = best.parameters * 10**shift
    assert scaling.loss(parameters, flops / 6 / parameters) >= best.loss - 1e-12


@given(BUDGETS)
def test_more_compute_is_never_worse(flops: float) -> None:
    assert scaling.E < scaling.optimum(flops * 1.5).loss < scaling.optimum(flops).loss
