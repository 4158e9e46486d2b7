"""Failures: the closed form against a simulation of the same, the best interval against all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.planning import failures
from causerie.planning.assumptions import assume
from causerie.planning.gpus import gpu
from causerie.planning.plan import make_plan
from causerie.planning.simulation import MOST_EVENTS, YEAR_S, simulate
from causerie.planning.telling import sections
from tests.planning.planned import small_run

HOUR = 3600.0
TIMES = st.floats(1, 600)
BETWEEN = st.floats(0.5 * HOUR, 500 * HOUR)


@pytest.mark.parametrize(
    ("between_h", "stall_s", "restart_s", "writing_s"),
    [(5.1, 10, 300, 0), (3.0, 10, 300, 60), (3.0, 300, 1800, 0), (1.0, 60, 600, 120), (50, 10, 300, 30)],
)
def test_the_simulated_year_agrees_with_the_closed_form_within_2_percent(
    between_h: float, stall_s: float, restart_s: float, writing_s: float
) -> None:
    between = between_h * HOUR
    interval = max(failures.daly_s(stall_s, between), writing_s)
    closed = failures.goodput(interval, stall_s, restart_s + writing_s, between)

    year = simulate(interval, stall_s, restart_s, between, writing_s=writing_s)

    assert year.goodput == pytest.approx(closed, rel=0.02)
    assert year.failures == pytest.approx(YEAR_S / (between + restart_s), rel=0.15)


def test_the_goodput_of_10000_gpus_is_that_of_the_literature() -> None:
    # Llama 3: 419 stops in 54 days on 16,384 GPUs; so one in 3.1 h there, in 5.1 h on 10,000.
    gpu_hours = 54 * 24 * 16_384 / 419
    assert failures.between_failures_s(gpu_hours, 16_384) / HOUR == pytest.approx(3.1, abs=0.05)
    between = failures.between_failures_s(gpu_hours, 10_000)
    assert between / HOUR == pytest.approx(5.1, abs=0.05)
    fast = failures.goodput(failures.daly_s(15, between), 15, 300, between)
    slow = failures.goodput(failures.daly_s(300, between), 300, 1800, between)
    assert fast == pytest.approx(0.94, abs=0.01)
    assert slow == pytest.approx(0.74, abs=0.02)


@given(TIMES, TIMES, BETWEEN, st.floats(0.2, 5))
def test_no_other_interval_is_better_than_dalys(stall: float, restart: float, between: float, factor: float) -> None:
    best = failures.daly_s(stall, between)
    here = failures.goodput(best, stall, restart, between)
    # Daly's formula is a series: it is within a tenth of a per cent of the true optimum.
    assert failures.goodput(best * factor, stall, restart, between) <= here * 1.001


@given(TIMES, TIMES, BETWEEN)
def test_goodput_is_a_share_and_falls_with_each_trouble(stall: float, restart: float, between: float) -> None:
    interval = failures.young_s(stall, between)
    here = failures.goodput(interval, stall, restart, between)
    assert 0 < here < 1
    assert failures.goodput(interval, stall * 1.5, restart, between) < here
    assert failures.goodput(interval, stall, restart * 1.5, between) < here
    assert failures.goodput(interval, stall, restart, between * 1.5) > here


def test_where_failures_come_faster_than_checkpoints_nothing_is_ever_done() -> None:
    assert failures.daly_s(100, 10) == 10
    assert failures.goodput(10_000, 100, 10, 10) == 0.0


def test_the_same_seed_gives_the_same_year_and_time_is_accounted_for() -> None:
    once, again = (simulate(600, 10, 300, 5 * HOUR, writing_s=20) for _ in range(2))
    assert once == again
    assert once != simulate(600, 10, 300, 5 * HOUR, writing_s=20, seed=2)
    assert once.stalled_s == once.checkpoints * 10
    assert once.restarting_s == once.failures * 300
    kept = once.goodput * YEAR_S
    assert kept + once.stalled_s + once.restarting_s + once.repeated_s == pytest.approx(YEAR_S, rel=0.01)


def test_a_year_in_which_too_much_happens_is_played_out_in_part() -> None:
    for interval, stall, restart, between in ((1e-9, 1e-300, 300, 5 * HOUR), (1e-3, 1e-4, 0, 1e-2)):
        year = simulate(interval, stall, restart, between)
        assert year.failures + year.checkpoints == MOST_EVENTS
        assert year.seconds < YEAR_S
        assert year.goodput == pytest.approx(failures.goodput(interval, stall, restart, between), rel=0.02)
    whole = simulate(600, 10, 300, 5 * HOUR)
    assert whole.seconds >= YEAR_S
    assert whole.in_a_year(whole.failures) == whole.failures


def test_a_part_of_a_year_is_not_told_as_a_year() -> None:
    fast = ["stall_s=1e-6", "storage_bytes_per_s_per_gpu=1e18", "restart_s=0", "gpu_hours_between_failures=1"]
    plan = make_plan(small_run(), gpu("h100"), 1000, assume(fast))
    failed = plan.year.failures / plan.year.seconds * YEAR_S
    assert plan.year.seconds < YEAR_S / 2
    (row,) = [row for section in sections(plan, said) for row in section.rows if "simulated" in row.label]
    told = int(row.note.split()[0].replace(",", ""))
    assert told == pytest.approx(failed, rel=0.005)


def said(text: str, **fields: object) -> str:
    return text.format(**fields)
