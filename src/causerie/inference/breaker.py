"""A circuit breaker: stop asking what keeps failing, and try it again with care.

Does: count consecutive failures of one replica; open after some; let one trial through after a pause that grows.
Does not: send requests or choose replicas; `upstream.py` reports outcomes, `replicas.py` chooses.

    closed ──(failures in a row)──> open ──(pause over)──> half-open ──(trial succeeds)──> closed
                                      ^                        │
                                      └─────(trial fails)──────┘

After M. Nygard, Release It! (2007), "Circuit Breaker"; jitter against many callers that come back together:
https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

FAILURES_TO_OPEN = 5
"""Consecutive failures that open it: Envoy's default for consecutive 5xx,
https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto"""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
JITTER = 0.25
"""The pause is longer or shorter by up to this share."""


@dataclass
class Breaker:
    """The state of one replica as its failures show it."""

    clock: Callable[[], float] = time.monotonic
    """Seconds, never going back."""
    random: Callable[[], float] = random.random
    """Between 0 and 1."""
    failures: int = 0
    """In a row, up to now."""
    _opened: int = field(default=0, init=False)
    """Times in a row that it opened (0 = it is closed)."""
    _until: float = field(default=0.0, init=False)
    _trial: bool = field(default=False, init=False)

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        """How it stands now."""
        if not self._opened:
            return "closed"
        return "open" if self.clock() < self._until else "half-open"

    @property
    def wait_s(self) -> float:
        """Seconds until it lets a trial through (0 = it lets requests through)."""
        return max(0.0, self._until - self.clock()) if self._opened else 0.0

    def admits(self) -> bool:
        """Whether a request may be sent now. In half-open state, one at a time."""
        return not self._opened or (self.clock() >= self._until and not self._trial)

    def begin(self) -> None:
        """A request that was admitted is being sent."""
        if self._opened:
            self._trial = True

    def succeed(self) -> None:
        """A request was answered: all is well again."""
        self.failures = self._opened = 0
        self._trial = False

    def answered(self) -> None:
        """A request's answer has begun: a trial has succeeded, but failures are forgotten only at the end."""
        if self._opened:
            self.succeed()

    def fail(self) -> None:
        """A request failed by the replica's fault."""
        self.failures += 1
        if self._opened and not self._trial:
            return  # it was sent before the breaker opened: the pause is not made longer for it
        self._trial = False
        if self._opened or self.failures >= FAILURES_TO_OPEN:
            pause = min(FIRST_PAUSE_S * 2.0**self._opened, LONGEST_PAUSE_S)
            self._opened = min(self._opened + 1, 16)
            self._until = self.clock() + pause * (1 + JITTER * (2 * self.random() - 1))

    def forget(self) -> None:
        """A request ended that says nothing of the replica: its client went away, or was itself wrong."""
        self._trial = False

    def try_now(self) -> None:
        """End the pause: there is a sign that the replica is back."""
        self._until = self.clock()
