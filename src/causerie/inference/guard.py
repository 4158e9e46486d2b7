"""What a child process does first, inside it: never outlive its parent, and read what it is to do.

Does: arrange that the child dies with its parent however that dies. The kernel kills it (`PR_SET_PDEATHSIG`, Linux),
even in the middle of native code; and a thread ends it when its standard input closes, on every system.
Does not: start children; see `child.py`.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG = 1
"""Asks for a signal when the parent dies: prctl(2), https://man7.org/linux/man-pages/man2/prctl.2.html"""

Tell = Callable[..., None]
"""Says one thing to the parent, as keywords: `address=...` or `error=...`."""


def guard() -> tuple[dict[str, Any], Tell]:
    """Tie this process to its parent, leave Ctrl-C to the parent, and read the parameters from standard input.

    What native code prints on standard output goes to standard error from here on: it must not be taken for what
    is told to the parent.

    Returns:
        The parameters, `secret` among them, and the way to tell the parent something.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    to_parent = os.dup(1)
    os.dup2(2, 1)
    parameters: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    if os.getppid() != parameters.pop("parent"):
        os._exit(1)  # the parent died before the kernel was asked to watch it
    threading.Thread(target=_end_with_input, daemon=True).start()

    def tell(**said: str) -> None:
        os.write(to_parent, json.dumps(said).encode() + b"\n")

    return parameters, tell


def _end_with_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)
