"""IFEval: prompts with instructions that a program can check.

IFEval (Zhou and others 2023, arXiv 2311.07911): JSON lines or Parquet with `prompt`, `instruction_id_list` and, for
each instruction, its `kwargs`.
"""

from collections.abc import Mapping
from typing import Any

from causerie.errors import DataError
from causerie.evaluation.checks.table import TABLE
from causerie.evaluation.contract import Item, Task
from causerie.evaluation.readers import columns
from causerie.evaluation.readers.opening import Files

OPTIONS: Mapping[str, object] = {"max_tokens": 1280}
"""The longest answer that its authors let models write."""


def ifeval(files: Files) -> tuple[Task, ...]:
    """IFEval, as one task.

    Raises:
        DataError: An instruction is not known here, or has no arguments of its own.
    """
    items: list[Item] = []
    for where, row in files.rows():
        names = [str(name) for name in row.get("instruction_id_list") or []]
        options = row.get("kwargs") or []
        unknown = [name for name in names if name not in TABLE]
        if unknown or not names or not isinstance(options, list) or len(options) != len(names):
            raise DataError(
                "{where} has instructions that are not known here, or not as many arguments: {names}", where=where,
                names=", ".join(unknown or names),
            )  # fmt: skip
        checks = tuple(_check(name, given) for name, given in zip(names, options, strict=True))
        prompt = columns.text(row, where, "prompt")
        items.append(
            Item(
                id=str(row.get("key", len(items))),
                task="ifeval",
                messages=({"role": "user", "content": prompt},),
                checks=checks,
            )
        )
    return (Task(name="ifeval", kind="instructions", languages=("en",), options=OPTIONS, items=tuple(items)),)


def _check(name: str, given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the file has there
    """In tables every row has every argument, most of them empty."""
    kept = {key: value for key, value in given.items() if value is not None} if isinstance(given, Mapping) else {}
    return {"check": name, **kept}
