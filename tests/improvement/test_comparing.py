"""A move in the wanted direction is a figure with an interval; none is a half."""

import random
from typing import Any

import pytest

from causerie.improvement.comparing import compared, gains
from tests.improvement.said import statement


def pair(identity: str, gain: float, before: float = 0.0) -> dict[str, Any]:
    """As the scorer tells it: the candidate likes the better answer more by `gain`."""
    values = {"release": [-10.0 + before, -10.0], "candidate": [-9.0 + before + gain, -9.0]}
    return {"kind": "scored", "id": identity, "good": None, "values": values}


def single(identity: str, gain: float, *, good: bool) -> dict[str, Any]:
    return {"kind": "scored", "id": identity, "good": good, "values": {"release": [-5.0], "candidate": [-5.0 + gain]}}


def test_the_share_of_pairs_that_moved_the_right_way_has_an_interval() -> None:
    rows = [pair(str(number), 1.0 if number % 5 else -1.0, before=-0.5) for number in range(50)]
    found = compared(gains(rows), [])
    interval = found["interval"]
    assert interval["value"] == pytest.approx(0.8)
    assert 0.65 < interval["low"] < 0.8 < interval["high"] < 0.92
    assert (found["preferred_by_release"], found["preferred_by_candidate"]) == (0.0, pytest.approx(0.8))
    assert found["mean_gain_nats"] == pytest.approx(0.6)


def test_what_one_conversation_says_counts_as_less_than_as_much_of_many() -> None:
    held = [statement(id=str(number), conversation_id=f"conv_{number // 10}") for number in range(50)]
    rows = [pair(str(number), 1.0 if number // 10 else -1.0) for number in range(50)]
    apart = compared(gains(rows), [])["interval"]
    together = compared(gains(rows), held)["interval"]
    assert together["value"] == apart["value"] == pytest.approx(0.8)
    assert (together["clusters"], apart["clusters"]) == (5, 50)
    assert together["low"] < apart["low"] - 0.05


def test_of_single_answers_the_good_ones_gain_more_than_the_bad_ones() -> None:
    rows = [single(f"g{n}", 2.0 + n, good=True) for n in range(6)] + [
        single(f"b{n}", n - 9.0, good=False) for n in range(5)
    ]
    whole = compared(gains(rows), [])["interval"]
    assert whole["value"] == 1.0
    assert 0.4 < whole["low"] < 0.75
    chance = random.Random(0)
    noise = [single(str(n), chance.gauss(3, 1), good=n % 2 == 0) for n in range(400)]
    interval = compared(gains(noise), [])["interval"]
    assert interval["low"] < 0.5 < interval["high"], "that all became likelier is no preference"
    assert interval["high"] - interval["low"] < 0.13
    leaning = [single(str(n), chance.gauss(3 + (n % 2 == 0), 1), good=n % 2 == 0) for n in range(400)]
    assert compared(gains(leaning), [])["interval"]["low"] > 0.65


def test_single_answers_of_one_conversation_count_as_less_than_as_many_of_many() -> None:
    chance = random.Random(1)
    held, rows, misled = [], [], {"apart": 0, "together": 0}
    for trial in range(200):
        # Each conversation pulls its own way, whatever is good or bad in it: no preference was learnt.
        held = [statement(id=str(n), conversation_id=f"conv_{n // 10}") for n in range(80)]
        pulls = [chance.gauss(0, 1) for _ in range(8)]
        good = [chance.random() < (0.9 if number % 2 else 0.1) for number in range(8) for _ in range(10)]
        rows = [single(str(n), pulls[n // 10] + chance.gauss(0, 0.3), good=good[n]) for n in range(80)]
        for name, known in (("apart", []), ("together", held)):
            interval = compared(gains(rows), known)["interval"]
            misled[name] += not interval["low"] <= 0.5 <= interval["high"]
        assert trial or interval["clusters"] == 8
    assert misled["apart"] > 80
    assert misled["together"] < 30
    one = [statement(id=str(n), conversation_id="conv") for n in range(80)]
    alone = compared(gains(rows), one)["interval"]
    assert alone["low"] < 0.5 < alone["high"], "one conversation shows nothing of others"
    same = compared(gains([single(str(n), 1.0, good=True) for n in range(20)]), one)["interval"]
    assert same["low"] < 0.5


def test_answers_of_one_kind_alone_are_counted_by_their_direction() -> None:
    interval = compared(gains([single(str(n), 1.0, good=False) for n in range(8)]), [])["interval"]
    assert interval["value"] == 0.0


def test_nothing_held_out_that_fits_is_no_figure() -> None:
    assert compared([], [statement()]) == {}
