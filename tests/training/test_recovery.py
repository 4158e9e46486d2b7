"""What counts as a spike."""

import math

from causerie.training.recipe import Recovery
from causerie.training.recovery import Spikes


def test_a_loss_far_above_the_last_ones_is_a_spike_and_is_not_remembered() -> None:
    spikes = Spikes(Recovery(window=5, spike=4.0), [2.0, 2.1, 1.9, 2.0, 2.0])
    assert spikes.reason(2.2, 1.0) is None
    assert spikes.losses == [2.1, 1.9, 2.0, 2.0, 2.2]
    assert spikes.reason(3.0, 1.0) == "the loss is 3.000, where 2.448 would be much"
    assert spikes.losses[-1] == 2.2


def test_before_the_window_is_full_only_what_is_no_number_is() -> None:
    spikes = Spikes(Recovery(window=5), [1.0])
    assert spikes.reason(100.0, 1.0) is None
    assert spikes.reason(math.nan, 1.0) == "the loss is nan"
    assert spikes.reason(1.0, math.inf) == "the gradient's norm is inf"


def test_where_the_loss_hardly_moves_a_small_step_is_no_spike() -> None:
    assert Spikes(Recovery(window=5, spike=6.0), [2.0] * 5).reason(2.2, 1.0) is None
