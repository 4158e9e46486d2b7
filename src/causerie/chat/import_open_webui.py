"""Open WebUI's export: a list of chats, each with its tree under `chat.history`.

Does: keep what people and models said, with its branches; move what a model thought, which Open WebUI folds into the
text as `<details type="reasoning">`, to its own place.
Does not: bring files.
"""

import html
import re
from typing import Any

from causerie.chat.import_form import Imported, ImportedMessage, moment, name_of, text

_THOUGHT = re.compile(r"<details\b[^>]*\btype=\"reasoning\"[^>]*>(.*?)</details>\s*", re.DOTALL)
_SUMMARY = re.compile(r"<summary>.*?</summary>", re.DOTALL)


def is_one(given: dict[str, Any]) -> bool:
    """Whether this is a chat of Open WebUI's."""
    chat = given.get("chat")
    return isinstance(chat, dict) and (
        isinstance(chat.get("history"), dict) or isinstance(chat.get("messages"), list)
    )


def convert(given: dict[str, Any]) -> Imported:
    """The conversation in our form.

    Raises:
        NotUnderstoodError: A message is too long.
    """
    chat: dict[str, Any] = given["chat"]
    history = chat.get("history")
    tree = history.get("messages") if isinstance(history, dict) else None
    messages: dict[str, ImportedMessage] = {}
    if isinstance(tree, dict) and tree:
        for name, node in tree.items():
            _add(messages, name, node, node.get("parentId") if isinstance(node, dict) else None)
        head = history.get("currentId") if isinstance(history, dict) else None
    else:
        head = _add_list(messages, chat.get("messages"))
    return Imported(
        id=text(given.get("id")),
        title=text(given.get("title")) or text(chat.get("title")),
        messages=messages,
        head=head if isinstance(head, str) else None,
        created_at=moment(given.get("created_at")) or moment(chat.get("timestamp")),
        updated_at=moment(given.get("updated_at")),
        archived=given.get("archived") is True,
        pinned=given.get("pinned") is True,
        system=text(chat.get("system")),
    )


def _add_list(messages: dict[str, ImportedMessage], given: object) -> str | None:
    """Messages of an old export, which had no tree."""
    before: str | None = None
    for number, node in enumerate(given if isinstance(given, list) else []):
        if _add(messages, str(number), node, before):
            before = str(number)
    return before


def _add(messages: dict[str, ImportedMessage], name: str, node: object, parent: object) -> bool:
    if not isinstance(node, dict) or node.get("role") not in {"user", "assistant"}:
        return False
    said = text(node.get("content"))
    thoughts = [html.unescape(_SUMMARY.sub("", thought)).strip() for thought in _THOUGHT.findall(said)]
    messages[name] = ImportedMessage(
        id=name,
        parent=parent if isinstance(parent, str) else None,
        role=node["role"],
        content=_THOUGHT.sub("", said),
        reasoning="\n\n".join(re.sub(r"^> ?", "", thought, flags=re.MULTILINE) for thought in thoughts),
        model=name_of(node.get("model")) if node["role"] == "assistant" else None,
        created_at=moment(node.get("timestamp")),
    )
    return True
