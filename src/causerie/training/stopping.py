"""SIGTERM and Ctrl-C: asked to stop, a run finishes its step, writes a checkpoint and leaves.

Does: turn the signals into a flag while a run lasts. The second Ctrl-C stops at once.
Does not: stop anything itself.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopFlag:
    """Whether the run was asked to stop."""

    def __init__(self) -> None:
        self.raised = False


@contextmanager
def asked_to_stop() -> Iterator[StopFlag]:
    """A flag that SIGTERM or SIGINT raises. In a thread other than the main one, nobody can."""
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def raise_flag(number: int, _frame: FrameType | None) -> None:
        flag.raised = True
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, raise_flag)
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
