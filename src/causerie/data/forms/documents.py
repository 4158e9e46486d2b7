"""Documents: a row with the field `text`."""

from collections.abc import Iterable, Iterator
from typing import Any

from causerie.data.contract import Document, Removed, Sample

_KNOWN = {"text", "language", "lang"}


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """Each row's text; short further fields become `meta`."""
    for key, row in rows:
        text = row.get("text")
        if not isinstance(text, str):
            yield Removed("no field `text`", f"{key}: {', '.join(sorted(row))[:200]}")
        elif not text.strip():
            yield Removed("empty", key)
        else:
            facts = {name: value for name, value in row.items() if name not in _KNOWN and isinstance(value, str)}
            meta = {name: value for name, value in facts.items() if value and len(value) <= 200}
            yield Document(id=key, text=text, language=str(row.get("language") or row.get("lang") or ""), meta=meta)
