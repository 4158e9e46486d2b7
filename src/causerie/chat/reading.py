"""Files of people, read in a child process: whatever is wrong with one, the server goes on.

Does: start a child for one file, within limits of time, processor and memory that the system keeps; take what it
read, or the reason why it could not.
Does not: know what is in the file; the child (`reading_child.py`) calls `documents.py` or `import_formats.py`.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from causerie.errors import UnreadableFile

MOST_CHILDREN = 2
"""At the same time; further files wait."""
_turns = asyncio.Semaphore(MOST_CHILDREN)


async def read_in_child(work: str, path: Path, *, seconds: int, memory_bytes: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What the child made of the file.

    Args:
        work: `document` or `import`.
        path: The file.
        seconds: That the child may take; its processor time is limited to the same.
        memory_bytes: That it may take.
        **more: What that work needs.

    Raises:
        UnreadableFile: It could not, for a reason of the file's.
    """
    asked = {"work": work, "path": str(path), "seconds": seconds, "memory_bytes": memory_bytes, **more}
    async with _turns:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "causerie.chat.reading_child", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(seconds):
                said = await _answer(child, asked)
        except TimeoutError:
            raise UnreadableFile("reading it took more than {limit} s", limit=seconds) from None
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    try:
        answer: dict[str, Any] = from_json(said)
    except ValueError:
        raise UnreadableFile("reading it needs more memory or time than is allowed, or it is damaged") from None
    if "unreadable" in answer:
        raise UnreadableFile("it cannot be read: {reason}", reason=answer["unreadable"])
    return answer


async def _answer(child: asyncio.subprocess.Process, asked: dict[str, Any]) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("a child is started with pipes")
    with suppress(ConnectionError):
        child.stdin.write(json.dumps({**asked, "parent": os.getpid()}).encode() + b"\n")
        await child.stdin.drain()
    return await child.stdout.read()
