"""The mixture has the shares that were asked for, within the limits of repetition."""

import numpy as np
import pytest

from causerie.data.chance import drawn, keys, shares
from causerie.data.mixture import Wanted, repeats


@pytest.mark.parametrize(
    ("sources", "characters", "expected"),
    [
        # Equal weights: half of 1,200 each.
        ({"a": (300, 1.0, 4.0), "b": (900, 1.0, 4.0)}, 0, {"a": 2.0, "b": 2 / 3}),
        # The scarce one stops at its limit, and the other takes the rest.
        ({"a": (100, 1.0, 2.0), "b": (900, 1.0, 4.0)}, 0, {"a": 2.0, "b": 800 / 900}),
        # Nobody can fill what is wanted: all at their limits.
        ({"a": (100, 3.0, 2.0), "b": (100, 1.0, 1.0)}, 10_000, {"a": 2.0, "b": 1.0}),
        ({"a": (100, 3.0, 9.0), "b": (100, 1.0, 9.0)}, 400, {"a": 3.0, "b": 1.0}),
        ({"a": (0, 1.0, 4.0), "b": (50, 1.0, 4.0)}, 100, {"a": 0.0, "b": 2.0}),
    ],
)
def test_repeats(sources: dict[str, tuple[int, float, float]], characters: int, expected: dict[str, float]) -> None:
    wanted = {name: Wanted(*facts) for name, facts in sources.items()}
    assert repeats(wanted, characters) == pytest.approx(expected)


def test_chance_is_even_and_the_same_everywhere() -> None:
    ids = [f"file.txt@{number}" for number in range(10_000)]
    numbers = shares(drawn(keys("source", ids), 0, "holdout"))
    assert 0 <= numbers.min() < numbers.max() < 1
    assert abs(np.histogram(numbers, 10, (0, 1))[0] - 1000).max() < 150
    few = keys("source", ids[:2])
    assert drawn(few, "a").tolist() == drawn(keys("source", ids), "a").tolist()[:2] != drawn(few, "b").tolist()
    assert keys("other", ids[:2]).tolist() != few.tolist()
    assert few.tolist() == [3965015547969898977, 13032371415976248585]
