"""The child process that reads one file of a person's and ends.

Does: limit itself, read, tell the parent one JSON object: what it read, or `unreadable` with the reason.
Does not: anything else. It is started by `reading.py`, as `python -m causerie.chat.reading_child`, for each file, so
that no file reaches another; therefore it loads what this file needs, and nothing of the server: that took half a
second of each.
"""

import os
import sys
from pathlib import Path
from typing import Any

from causerie.chat.documents import UnreadableError
from causerie.chat.documents import read as read_document
from causerie.inference.guard import guard


def limit(seconds: int, memory_bytes: int) -> None:
    """Have the system end this process when it takes more."""
    if sys.platform == "win32":
        return  # there the parent's time limit is all
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def work(asked: dict[str, Any]) -> dict[str, Any]:
    """Do what was asked."""
    path = Path(asked["path"])
    try:
        if asked["work"] == "document":
            text, cut = read_document(asked["reader"], path)
            return {"text": text, "cut": cut}
        from causerie.chat import import_formats

        return import_formats.convert(path, Path(asked["into"]))
    except UnreadableError as error:
        return {"unreadable": str(error)}
    except (MemoryError, RecursionError):
        return {"unreadable": "it is too large or too deep"}


def main() -> None:
    """Read, tell, end."""
    asked, tell = guard()
    limit(asked["seconds"], asked["memory_bytes"])
    tell(**work(asked))
    sys.stdout.flush()
    os._exit(0)  # the thread that watches the parent would keep us


if __name__ == "__main__":
    main()
