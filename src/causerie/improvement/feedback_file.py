"""What people said as a file for `causerie data build`: for who makes a model outside of the loop.

Does: write statements as JSON Lines in the forms `feedback` (pairs) and `judgements` (single answers).
Does not: say who said it, or leave out what looks like poisoning: rounds do (`poisoning.py`), a file is for a person
to look through.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from causerie.errors import NotFound
from causerie.improvement.contract import Statement
from causerie.inference.model_files import write_atomically


def write(statements: Sequence[Statement], file: Path, *, thumbs: bool = False) -> int:
    """Write one kind of statements, readable by its owner alone; how many there were.

    Args:
        statements: As `collecting.py` gives them, personal data masked.
        file: Where to; it has its name only once it is whole.
        thumbs: Single answers, found good or bad (False = pairs of a better and a worse answer).

    Raises:
        NotFound: There is none of the kind.
    """
    rows = [_row(each) for each in statements if each.is_pair is not thumbs]
    if not rows:
        raise NotFound(
            "nobody has said what could be learnt from and allowed it",
            hint="people allow it in their account; `--thumbs` is for single answers, without it pairs are written",
        )
    lines = (json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for row in rows)
    write_atomically(file, b"".join(lines))
    return len(rows)


def _row(statement: Statement) -> dict[str, Any]:
    prompt = [{"role": turn.role, "content": turn.content} for turn in statement.messages]
    row: dict[str, Any] = {"source": statement.source, "prompt": prompt}
    if statement.is_pair:
        return row | {"chosen": statement.better, "rejected": statement.worse}
    return row | {"answer": statement.better or statement.worse, "rating": 1 if statement.better else -1}
