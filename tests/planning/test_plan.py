"""Plans: the figures that the laws speak of, ranges that hold, and what may never get worse."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causerie.errors import ConfigError
from causerie.planning.asked import Gpu, Wanted
from causerie.planning.assumptions import CASES, Assumptions, Range, about, assume, each
from causerie.planning.facts import facts
from causerie.planning.gpus import gpu
from causerie.planning.plan import make_plan, reliability
from causerie.planning.thresholds import THRESHOLDS, crossed_on_day
from tests.planning.planned import LLAMA_405B, large_run, small_run


def test_10000_h100_cross_the_eu_threshold_on_day_29_of_use_and_31_in_all() -> None:
    known = assume(["other_loss=0", "stall_s=15"])
    plan = make_plan(large_run(batch=5000, network=replace(LLAMA_405B, layers=120)), gpu("h100"), 10_000, known)
    assert plan.placed.layout.gpus == 10_000
    found = plan.expected
    assert found.utilisation == 0.4
    assert found.reliability.goodput == pytest.approx(0.94, abs=0.01)
    day = found.crossings[0]
    assert day is not None
    assert day * found.reliability.goodput == pytest.approx(29.2, abs=0.2)
    assert day == pytest.approx(31, abs=0.5)
    assert found.crossings[1] is None, "3.9e25 operations are below 1e26"


def test_thresholds_name_date_duty_and_source() -> None:
    assert [each.flops for each in THRESHOLDS] == [1e25, 1e26]
    assert all(each.since and each.duty and each.source for each in THRESHOLDS)
    assert crossed_on_day(1e25, 4e25, 100) == 25
    assert crossed_on_day(1e25, 1e25, 100) is None


def test_figures_by_hand_for_one_gpu() -> None:
    known = assume(["utilisation=0.5", "kernel_share=1", "other_loss=0", "gpu_hours_between_failures=1e12"])
    found = make_plan(small_run(), gpu("h100"), 1, known)
    seconds = found.run.flops / (989.4e12 * 0.5)
    assert found.placed.layout.gpus == 1
    assert found.expected.days * 86_400 == pytest.approx(seconds, rel=1e-4)
    assert found.expected.gpu_hours == pytest.approx(seconds / 3600, rel=1e-4)
    assert found.expected.money.rented == pytest.approx(2.0 * seconds / 3600, rel=1e-4)
    assert found.expected.energy.megawatt_hours == pytest.approx(700 * 1.4 * 1.2 * seconds / 3600 / 1e6, rel=1e-4)
    assert found.expected.energy.co2_tonnes == pytest.approx(found.expected.energy.megawatt_hours * 0.48)
    assert found.expected.money.purchase == 30_603 * 1.5
    assert found.storage.shards == 2 * found.run.tokens
    assert found.storage.checkpoints == 4 * 12 * found.run.network.parameters


def test_the_good_case_is_never_worse_than_the_bad_one() -> None:
    good, expected, bad = (make_plan(small_run(), gpu("h100"), 64).outcomes[case] for case in CASES)
    for figure in ("days", "gpu_hours", "useful_days", "failures"):
        assert getattr(good, figure) < getattr(expected, figure) < getattr(bad, figure)
    assert good.money.rented < expected.money.rented < bad.money.rented
    assert good.energy.co2_tonnes < expected.energy.co2_tonnes < bad.energy.co2_tonnes


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_more_gpus_never_take_more_days(some: int, more: int) -> None:
    fewer = make_plan(small_run(), gpu("h100"), min(some, more)).expected
    assert make_plan(small_run(), gpu("h100"), max(some, more)).expected.days <= fewer.days * (1 + 1e-9)


@settings(max_examples=12, deadline=None)
@given(st.floats(1.01, 10), st.sampled_from([name for name, _ in each(Assumptions())]))
def test_a_worse_assumption_never_makes_a_run_shorter_or_cheaper(factor: float, name: str) -> None:
    default: Range = getattr(Assumptions(), name)
    value = default.expected * factor if default.good < default.bad else default.expected / factor
    if name == "other_loss":
        value = min(value, 0.9)
    before = make_plan(small_run(), gpu("h100"), 48).expected
    after = make_plan(small_run(), gpu("h100"), 48, assume([f"{name}={value!r}"])).expected
    assert after.days >= before.days * (1 - 1e-9)
    assert after.money.rented >= before.money.rented * (1 - 1e-9)
    assert after.energy.co2_tonnes >= before.energy.co2_tonnes * (1 - 1e-9)


@settings(max_examples=8, deadline=None)
@given(st.floats(1.1, 20))
def test_more_tokens_take_longer_and_reach_less_loss(factor: float) -> None:
    fewer = make_plan(small_run(), gpu("a100"), 16)
    more = make_plan(small_run(tokens=int(fewer.run.tokens * factor)), gpu("a100"), 16)
    assert more.expected.days > fewer.expected.days
    assert more.loss < fewer.loss
    assert more.loss >= more.optimum.loss


def test_the_utilisation_is_never_above_what_the_layout_allows() -> None:
    found = make_plan(small_run(batch=8), gpu("h100"), 64, wanted=Wanted(tensor=8, pipeline=8))
    assert found.placed.ceiling < 0.4
    assert found.expected.utilisation == found.placed.ceiling


def test_where_the_layout_is_the_limit_what_the_kernels_reach_makes_the_range() -> None:
    known = assume(["utilisation=1", "kernel_share=0.3..0.5..0.6"])
    plan = make_plan(small_run(), gpu("h100"), 64, known)
    good, expected, bad = (plan.outcomes[case] for case in CASES)
    assert expected.utilisation == plan.placed.ceiling
    assert bad.utilisation < expected.utilisation < good.utilisation < 0.6
    assert good.useful_days < expected.useful_days < bad.useful_days


def test_no_figure_of_a_plan_is_infinite() -> None:
    most = [f"{name}=1e18" for name in ("rent_usd_per_gpu_hour", "pue", "surroundings", "price_usd_per_gpu")]
    least = ["utilisation=1e-18", "fp8_gain=1e-18", "lifetime_years=1e-18", "stall_s=1e-18"]
    for mine in (most, least):
        told = facts(make_plan(small_run(precision="fp8"), gpu("h100"), 8, assume(mine)))
        assert "Infinity" not in json.dumps(told)
    with pytest.raises(ConfigError, match="never ends"):
        make_plan(small_run(), gpu("h100"), 8, assume(["restart_s=1e18"]))


def test_a_mixture_and_fp8_change_what_a_gpu_does() -> None:
    plain = make_plan(small_run(), gpu("h100"), 64).expected
    eight = make_plan(small_run(precision="fp8"), gpu("h100"), 64).expected
    assert eight.tokens_per_s_per_gpu == pytest.approx(1.35 * plain.tokens_per_s_per_gpu)
    mixed = replace(small_run().network, active_parameters=500_000_000)
    mixture = make_plan(small_run(network=mixed), gpu("h100"), 64).expected
    assert mixture.tokens_per_s_per_gpu == pytest.approx(0.75 * plain.tokens_per_s_per_gpu)


def test_a_slow_storage_makes_checkpoints_rarer() -> None:
    slow = reliability(large_run(), 16_384, assume(["storage_bytes_per_s_per_gpu=1e5"]), "expected")
    assert slow.interval_s == slow.writing_s > slow.young_s


@pytest.mark.parametrize(
    ("gpus", "wanted", "message"),
    [
        (0, Wanted(), "--gpus 0 must be 1 to 10000000"),
        (10**9, Wanted(), "--gpus 1000000000 must be"),
        (8, Wanted(tensor=3), "--tensor 3 does not divide model.kv_heads 8"),
        (8, Wanted(pipeline=-1), "--pipeline -1 does not divide model.depth 16"),
    ],
)
def test_what_cannot_be_is_refused(gpus: int, wanted: Wanted, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_plan(small_run(), gpu("h100"), gpus, wanted=wanted)
    assert message in caught.value.message
    assert caught.value.exit_code == 3


def test_a_precision_that_the_gpu_lacks_and_a_run_that_never_ends_are_refused() -> None:
    with pytest.raises(ConfigError, match="NVIDIA A100 SXM 80 GB does not compute in fp8"):
        make_plan(small_run(precision="fp8"), gpu("a100"), 8)
    with pytest.raises(ConfigError, match="such a run never ends"):
        make_plan(small_run(), gpu("h100"), 8, assume(["gpu_hours_between_failures=0.00001"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("utilisation=0.3", Range(0.3, 0.3, 0.3)),
        ("utilisation=0.3..0.5", Range(0.5, 0.4, 0.3)),
        ("restart_s = 60..90..600", Range(60, 90, 600)),
        ("pue=1..1.4", Range(1.0, 1.2, 1.4)),
    ],
)
def test_own_values_and_ranges(text: str, expected: Range) -> None:
    name = text.partition("=")[0].strip()
    assert getattr(assume([text]), name) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("utlisation=1", "there is no assumption 'utlisation'"),
        ("zzz=1", "there is no assumption 'zzz'"),
        ("utilisation", "must be NAME=NUMBER"),
        ("utilisation=much", "must be NAME=NUMBER"),
        ("utilisation=0.5..0.3", "must be NAME=NUMBER"),
        ("utilisation=1..2..3..4", "must be NAME=NUMBER"),
        ("restart_s=-1", "with no negative number"),
        ("restart_s=inf", "must be NAME=NUMBER"),
        ("restart_s=nan", "must be NAME=NUMBER"),
        ("utilisation=1.5", "outside its bounds: 1e-18..1"),
        ("utilisation=0", "outside its bounds: 1e-18..1"),
        ("other_loss=0.95", "outside its bounds: 0..0.9"),
        ("stall_s=0", "outside its bounds: 1e-18..1e+18"),
        ("pue=0.5", "outside its bounds: 1..1e+18"),
        ("utilisation=5e-324", "outside its bounds: 1e-18..1"),
        ("pue=1e308", "outside its bounds: 1..1e+18"),
        ("rent_usd_per_gpu_hour=1e19", "outside its bounds: 0..1e+18"),
    ],
)
def test_own_values_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        assume([text])
    assert message in caught.value.message


def test_every_assumption_says_what_it_is_and_where_it_comes_from() -> None:
    for name, values in each(Assumptions()):
        meaning, source = about(name)
        assert meaning.endswith(".")
        assert source.endswith(".")
        assert min(values.good, values.bad) <= values.expected <= max(values.good, values.bad)


def test_json_holds_everything_in_plain_numbers() -> None:
    told = json.loads(json.dumps(facts(make_plan(small_run(), gpu("h100"), 12))))
    assert told["layout"]["gpus"] <= 12
    assert told["expected"]["crossings"][0] == {"flops": 1e25, "day": None}
    assert told["assumptions"]["utilisation"]["source"].startswith("Llama 3")
    assert told["assumptions"]["utilisation"]["default"] is True
    assert told["memory_bytes"]["total"] == pytest.approx(
        sum(size for part, size in told["memory_bytes"].items() if part != "total")
    )
    assert {"good", "expected", "bad", "simulated_year", "compute_optimal", "thresholds"} <= told.keys()


def test_a_machine_that_is_not_known_has_no_limit_and_no_price() -> None:
    machine = Gpu(key="measured", name="a laptop", flops_per_s={"bfloat16": 1e11})
    found = make_plan(small_run(), machine, 1)
    assert found.expected.energy.megawatt_hours == 0
    assert found.placed.traffic.waiting_s == 0
