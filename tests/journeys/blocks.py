"""Command and code blocks of the documentation, as the tests run them."""

import re
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^```(?P<language>console|python)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One command, or one piece of Python."""

    page: str
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Commands (lines that start with `$ `) and Python blocks of a page, in order."""
    found = []
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        body = match["body"]
        if match["language"] == "python":
            found.append(Block(page.name, "python", body))
        else:
            found += [Block(page.name, "console", line[2:]) for line in body.splitlines() if line.startswith("$ ")]
    return found
