"""A run from a few numbers: weights as asked, shapes that can be built."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.planning import curves
from causerie.planning.gpus import gpu
from causerie.planning.plan import make_plan
from causerie.planning.sketch import network, sketch


@given(st.floats(7, 13.3).map(lambda power: round(10**power)))
def test_a_network_has_about_the_weights_that_are_asked(parameters: int) -> None:
    made = network(parameters, 4096)
    assert made.parameters == pytest.approx(parameters, rel=0.08)
    assert made.heads * made.head_width == made.width
    assert made.heads % made.kv_heads == 0
    assert made.hidden > made.width
    assert made.matrix_parameters < made.parameters


@pytest.mark.parametrize(
    ("parameters", "layers", "width"), [(8_030_000_000, 32, 4096), (70_600_000_000, 80, 8192), (405e9, 126, 16_384)]
)
def test_its_shape_is_near_that_of_llama_3(parameters: float, layers: int, width: int) -> None:
    made = network(round(parameters), 8192)
    assert made.layers == pytest.approx(layers, rel=0.15)
    assert made.width == pytest.approx(width, rel=0.15)
    assert made.kv_heads == 8


def test_operations_are_six_for_each_weight_and_token_and_some_for_attention() -> None:
    made = network(8_000_000_000, 8192)
    assert 6.0 < made.flops_per_token / (made.parameters - made.vocabulary * made.width) < 7.5


def test_nearly_all_of_ten_thousand_gpus_find_work() -> None:
    run = sketch(parameters=300_000_000_000, tokens=10**13, context=8192, batch_tokens=2**24)
    assert run.batch == 2048
    assert make_plan(run, gpu("h100"), 10_000).placed.layout.gpus > 9500


def test_the_curves_pass_through_the_plan() -> None:
    run = sketch(parameters=7_000_000_000, tokens=10**12, context=4096, batch_tokens=2**22)
    plan = make_plan(run, gpu("h100"), 1024)
    here = next(each for each in curves.days(plan) if each.gpus == 1024)
    assert here.good < here.expected < here.bad
    assert here.expected == plan.expected.days
    days = [each.expected for each in curves.days(plan)]
    assert days == sorted(days, reverse=True)
    assert max(share for _, share in curves.kept(plan)) == pytest.approx(plan.expected.reliability.goodput, abs=1e-3)
    assert min(loss for _, loss in curves.losses(plan)) == pytest.approx(plan.optimum.loss, abs=1e-3)


def test_gpus_that_are_too_few_are_left_out_of_the_curve() -> None:
    run = sketch(parameters=70_000_000_000, tokens=10**12, context=4096, batch_tokens=2**22)
    assert min(each.gpus for each in curves.days(make_plan(run, gpu("h200"), 32))) >= 8
