"""Failures: how often a fleet stops, how often to write checkpoints, and which share of the time is of use.

    MTBF of the fleet   M = (GPU hours between failures) / GPUs         failures are independent
    first order         tau = sqrt(2 delta M)                           Young, 1974
    higher order        tau = sqrt(2 delta M) (1 + ... ) - delta        Daly, 2006
    goodput             tau / ((M + R) (exp((tau + delta) / M) - 1))    exact for the exponential distribution

tau is the work between two checkpoints, delta the time that one stops training, R the time to be back at work. Too
often costs checkpoints, too seldom costs repeated work: the optimum balances the two.

The goodput follows from this: a segment of tau + delta without a failure takes exp((tau + delta) / M) tries on
average, and all but the last fail; with R after each of those it takes (M + R) (exp((tau + delta) / M) - 1) in all.
Nothing fails during R. Where restarts fail too, M exp(R / M) stands for M + R (Daly): the same but for terms of
(R / M) squared.

Does: these in closed form. `simulation.py` plays them out event by event, and the tests hold the two together.
Does not: model failures that come in groups (a rack, a switch), slow machines, or wrong results without a crash.
Sources: Young, 1974, Communications of the ACM 17(9); Daly, 2006, Future Generation Computer Systems 22(3).
"""

import math


def between_failures_s(gpu_hours: float, gpus: int) -> float:
    """Mean seconds between failures of so many GPUs: one of twice as many fails twice as often."""
    return gpu_hours * 3600 / gpus


def young_s(stall_s: float, between_s: float) -> float:
    """Work between checkpoints by Young's first-order rule, in seconds."""
    return math.sqrt(2 * stall_s * between_s)


def daly_s(stall_s: float, between_s: float) -> float:
    """Work between checkpoints by Daly's rule, in seconds; where failures are that frequent, one after each M."""
    ratio = stall_s / (2 * between_s)
    if ratio >= 1:
        return between_s
    return young_s(stall_s, between_s) * (1 + math.sqrt(ratio) / 3 + ratio / 9) - stall_s


def goodput(interval_s: float, stall_s: float, lost_s: float, between_s: float) -> float:
    """Share of the time that is training which is kept, from 0 to 1.

    Args:
        interval_s: Work between two checkpoints.
        stall_s: Time that a checkpoint stops training.
        lost_s: Lost with each failure beside the work since the checkpoint: the restart, and, where a checkpoint is
            written beside training, the work during the writing (it is not safe until it is whole).
        between_s: Mean time between failures.
    """
    exponent = (interval_s + stall_s) / between_s
    if exponent > 500:  # no segment is ever finished
        return 0.0
    return interval_s / ((between_s + lost_s) * math.expm1(exponent))
