"""The memory that the C library holds for the server: no more than it uses.

Does: let threads share a few heaps, and have what is large go back to the system at once.
Does not: anything where the C library is not glibc: others have no such settings, and need none.
"""

import ctypes
import sys

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Parameters of mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html"""
ARENAS = 2
"""Heaps for all threads. glibc makes up to eight for each core, and what one thread of the database allocates and
another frees leaves holes in all of them, so that memory goes on growing for long."""
LARGE_BYTES = 256 * 1024
"""From this size on, an allocation goes back to the system as soon as it is freed. glibc raises its own limit to the
largest that was ever freed, and one long conversation would keep the rest of them from going back."""


def keep_small() -> None:
    """Settle how the heap grows; before the first thread begins."""
    library = _glibc()
    if library is not None:
        library.mallopt(M_ARENA_MAX, ARENAS)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "gnu_get_libc_version") else None
