"""Exports of other programs, and our own, in one form. Runs in a child process (`reading.py`).

Does: tell which program wrote a file, and turn each conversation into one line of JSON for `imports.py`; skip a
conversation that cannot be understood, and say which.
Does not: trust anything: types, sizes, dates and parents are checked, a circle of parents is cut.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from causerie.chat import import_causerie, import_chatgpt, import_open_webui
from causerie.chat.documents import UnreadableError
from causerie.chat.import_form import Imported, NotUnderstoodError, finished

MOST_CONVERSATIONS = 100_000
MOST_UNPACKED = 1024 * 2**20
MOST_SKIPPED_TOLD = 50
FORMATS: dict[str, tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], Imported]]] = {
    "chatgpt": (import_chatgpt.is_one, import_chatgpt.convert),
    "open_webui": (import_open_webui.is_one, import_open_webui.convert),
    "causerie": (import_causerie.is_one, import_causerie.convert),
}
"""By name: whether a conversation is of this form, and how to read it."""


def convert(path: Path, into: Path) -> dict[str, Any]:
    """Write the conversations of the file `path` into the file `into`, oldest first, one a line.

    Returns:
        `format`, the number of `conversations`, and those `skipped`.

    Raises:
        UnreadableError: It is no export that is known here.
    """
    given = list(_conversations(path))
    if len(given) > MOST_CONVERSATIONS:
        raise UnreadableError(f"it has more than {MOST_CONVERSATIONS} conversations")
    name = next((name for name, (is_one, _) in FORMATS.items() if given and any(map(is_one, given))), None)
    if name is None:
        raise UnreadableError("it holds no conversations in a form that is known here")
    is_one, read = FORMATS[name]
    done: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    for each in given:
        try:
            done.append(finished(name, _read_if(each, is_one, read)))
        except NotUnderstoodError as error:
            skipped.append({"title": str(each.get("title") or "")[:200], "reason": str(error)})
    done.sort(key=lambda conversation: conversation["updated_at"])
    with into.open("w", encoding="utf-8") as file:
        for conversation in done:
            file.write(json.dumps(conversation, ensure_ascii=True) + "\n")
    return {"format": name, "conversations": len(done), "skipped": skipped[:MOST_SKIPPED_TOLD]}


def _read_if(
    given: dict[str, Any], is_one: Callable[[dict[str, Any]], bool], read: Callable[[dict[str, Any]], Imported]
) -> Imported:
    if not is_one(given):
        raise NotUnderstoodError("it is not in the form of the others")
    return read(given)


def _conversations(path: Path) -> Iterator[dict[str, Any]]:
    for raw in _files(path):
        try:
            content = json.loads(raw)
        except ValueError as error:
            raise UnreadableError("it is not valid JSON") from error
        if isinstance(content, dict) and content.get("format") == import_causerie.FORMAT:
            content = content.get("conversations")
        if isinstance(content, dict):
            content = [content]
        if not isinstance(content, list):
            raise UnreadableError("it holds no list of conversations")
        yield from (each for each in content if isinstance(each, dict))


def _files(path: Path) -> Iterator[bytes]:
    """The JSON in the file, or in the `conversations*.json` of the zip that it is."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            file.seek(0)
            yield file.read()
            return
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if _holds_conversations(name)]
            if not names:
                raise UnreadableError("the archive has no conversations.json")
            for name in sorted(names):
                with archive.open(name) as entry:
                    raw = entry.read(left + 1)
                left -= len(raw)
                if left < 0:
                    raise UnreadableError("it unpacks to more than is allowed")
                yield raw
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError("the archive is damaged") from error


def _holds_conversations(name: str) -> bool:
    last = name.rpartition("/")[2]
    return last.startswith("conversations") and last.endswith(".json")
