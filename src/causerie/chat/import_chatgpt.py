"""ChatGPT's export: `conversations.json`, a list of trees.

Does: keep what people and the model said, and the model's thoughts; leave out what was said to tools, hidden and
empty nodes, whose children hang under the nearest ancestor that stays.
Does not: bring pictures: the export names them, it does not always hold them. `[image]` stands in their place.
"""

from typing import Any

from causerie.chat.import_form import Imported, ImportedMessage, moment, name_of, text, without


def is_one(given: dict[str, Any]) -> bool:
    """Whether this is a conversation of ChatGPT's."""
    return isinstance(given.get("mapping"), dict)


def convert(given: dict[str, Any]) -> Imported:
    """The conversation in our form.

    Raises:
        NotUnderstoodError: A message is too long.
    """
    messages: dict[str, ImportedMessage] = {}
    skipped: dict[str, str | None] = {}
    thoughts: dict[str, str] = {}
    for name, node in given["mapping"].items():
        if not isinstance(node, dict):
            continue
        parent = node.get("parent") if isinstance(node.get("parent"), str) else None
        message = _message(name, parent, node.get("message"))
        if message is None:
            skipped[name] = parent
        elif not message.content:
            skipped[name], thoughts[name] = parent, message.reasoning
        else:
            messages[name] = message
    for message in messages.values():
        message.reasoning = _thoughts_above(message.parent, skipped, thoughts)
    without(messages, skipped)
    head = given.get("current_node")
    while isinstance(head, str) and head in skipped:
        head = skipped.pop(head)
    return Imported(
        id=text(given.get("conversation_id")) or text(given.get("id")),
        title=text(given.get("title")),
        messages=messages,
        head=head if isinstance(head, str) else None,
        created_at=moment(given.get("create_time")),
        updated_at=moment(given.get("update_time")),
        archived=given.get("is_archived") is True,
        pinned=given.get("is_starred") is True,
    )


def _message(name: str, parent: str | None, given: object) -> ImportedMessage | None:
    if not isinstance(given, dict):
        return None
    author, content, facts = (_object(given.get(key)) for key in ("author", "content", "metadata"))
    role = author.get("role")
    if role not in {"user", "assistant"} or facts.get("is_visually_hidden_from_conversation") is True:
        return None
    if role == "assistant" and given.get("recipient") not in (None, "all"):
        return None  # said to a tool
    said, thought = _said(content)
    if not said and not thought:
        return None
    return ImportedMessage(
        id=name, parent=parent, role=role, content=said, reasoning=thought,
        created_at=moment(given.get("create_time")),
        model=name_of(facts.get("model_slug")) if role == "assistant" else None,
    )  # fmt: skip


def _said(content: dict[str, Any]) -> tuple[str, str]:
    kind, parts = content.get("content_type"), content.get("parts")
    if kind == "thoughts":
        thoughts = content.get("thoughts")
        pieces = [text(_object(each).get("content")) for each in thoughts] if isinstance(thoughts, list) else []
        return "", "\n\n".join(piece for piece in pieces if piece)
    if kind == "code":
        return f"```\n{text(content.get('text'))}\n```" if content.get("text") else "", ""
    if kind not in {"text", "multimodal_text"} or not isinstance(parts, list):
        return "", ""
    pieces = [text(part) if isinstance(part, str) else _part(_object(part)) for part in parts]
    return text("\n\n".join(piece for piece in pieces if piece)), ""


def _part(part: dict[str, Any]) -> str:
    kind = part.get("content_type")
    if kind == "image_asset_pointer":
        return "[image]"
    return text(part.get("text")) if kind == "audio_transcription" else ""


def _thoughts_above(parent: str | None, skipped: dict[str, str | None], thoughts: dict[str, str]) -> str:
    """What the model thought between the last message that stays and this one."""
    found: list[str] = []
    seen: set[str] = set()
    while parent is not None and parent in skipped and parent not in seen:
        seen.add(parent)
        if thoughts.get(parent):
            found.append(thoughts[parent])
        parent = skipped[parent]
    return "\n\n".join(reversed(found))


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
