"""The same failures, played out: a year of a run, event by event, from random numbers.

Does: work, checkpoint, fail, restart, until the year is over; say which share of it was kept.
Does not: use the closed form: agreeing with it (within 2 %, in the tests) is what makes both believable.
"""

import random
from dataclasses import dataclass

YEAR_S = 365 * 86_400.0
MOST_EVENTS = 1_000_000
"""Failures and checkpoints that are played out, at most: about two seconds. Where they come faster, a part of the
year shows the goodput as well, within a few thousandths."""


@dataclass(frozen=True)
class Year:
    """What happened in the time that was played out."""

    goodput: float
    """Share of the time that is training which was kept."""
    failures: int
    checkpoints: int
    repeated_s: float
    """Work that failures threw away."""
    stalled_s: float
    """Time in which checkpoints stopped training."""
    restarting_s: float
    seconds: float
    """That were played out: a year, or less where `MOST_EVENTS` came first."""

    def in_a_year(self, count: int) -> int:
        """Failures or checkpoints of a whole year; where a part was played out, at its rate, to three digits."""
        return count if self.seconds >= YEAR_S else int(float(f"{count * YEAR_S / self.seconds:.3g}"))


def simulate(
    interval_s: float,
    stall_s: float,
    restart_s: float,
    between_s: float,
    *,
    writing_s: float = 0.0,
    seconds: float = YEAR_S,
    seed: int = 1,
) -> Year:
    """Play a run out; the same seed gives the same year.

    Args:
        interval_s: Work between two checkpoints.
        stall_s: Time that a checkpoint stops training.
        restart_s: From a failure to the first new step; nothing fails meanwhile.
        between_s: Mean time between failures, exponentially distributed: a failure is as likely at any moment.
        writing_s: How long a checkpoint is written beside training; a failure before its end goes back to the one
            before it.
        seconds: Length of the run.
        seed: Of the random numbers.
    """
    draw = random.Random(seed).expovariate  # noqa: S311 - chance, not secrets
    rate = 1 / between_s
    now, fails_at = 0.0, draw(rate)
    # Work done, work in a whole checkpoint, and work in the one that is being written.
    done = safe = pending = 0.0
    whole_at = float("inf")
    failures = checkpoints = 0
    repeated = stalled = restarting = 0.0
    while now < seconds and failures + checkpoints < MOST_EVENTS:
        after = now + interval_s + stall_s
        if fails_at <= after:
            if whole_at <= fails_at:
                safe = pending
            done += min(max(fails_at - now, 0.0), interval_s)
            repeated += done - safe
            done, whole_at = safe, float("inf")
            failures += 1
            restarting += restart_s
            now = fails_at + restart_s
            fails_at = now + draw(rate)
            continue
        if whole_at <= after:
            safe, whole_at = pending, float("inf")
        now, done = after, done + interval_s
        stalled += stall_s
        checkpoints += 1
        pending, whole_at = done, now + writing_s
        if writing_s == 0:
            safe, whole_at = pending, float("inf")
    return Year(done / now, failures, checkpoints, repeated, stalled, restarting, now)
