"""Markdown: the file is one document, as it is written, without its front matter and comments.

The marks stay: a model that has read Markdown writes it.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed
from causerie.data.formats.html import without_comments
from causerie.data.formats.opening import decoded

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)\r?\n.*?\n\1[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def read(file: BinaryIO, _portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """One row with the field `text`."""
    yield "", {"text": without_comments(_FRONT_MATTER.sub("", decoded(file.read())))}
