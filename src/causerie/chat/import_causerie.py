"""Our own export, as `export.py` writes it.

Does: read it back: tree, titles, folder, pins, system prompt, parameters.
Does not: bring files or feedback: the export names the files and does not hold them, and feedback speaks of a model
of the server where it was given.
"""

from typing import Any

from causerie.chat.import_form import Imported, ImportedMessage, moment, name_of, text

FORMAT = "causerie-conversations"
_STATUSES = {"complete", "stopped", "interrupted", "failed"}


def is_one(given: dict[str, Any]) -> bool:
    """Whether this is a conversation of ours."""
    return isinstance(given.get("messages"), list) and "head_id" in given


def convert(given: dict[str, Any]) -> Imported:
    """The conversation in the common form.

    Raises:
        NotUnderstoodError: A message is too long.
    """
    messages: dict[str, ImportedMessage] = {}
    for node in given["messages"]:
        if not isinstance(node, dict) or node.get("role") not in {"user", "assistant"}:
            continue
        name = name_of(node.get("id"))
        if name is None:
            continue
        messages[name] = ImportedMessage(
            id=name,
            parent=name_of(node.get("parent_id")),
            role=node["role"],
            content=text(node.get("content")),
            reasoning=text(node.get("reasoning")),
            model=name_of(node.get("model")),
            status=node["status"] if node.get("status") in _STATUSES else "interrupted",
            created_at=moment(node.get("created_at")),
        )
    return Imported(
        id=text(given.get("id")),
        title=text(given.get("title")),
        messages=messages,
        head=name_of(given.get("head_id")),
        created_at=moment(given.get("created_at")),
        updated_at=moment(given.get("updated_at")),
        archived=given.get("archived") is True,
        pinned=given.get("pinned") is True,
        folder=text(given.get("folder"))[:128] or None,
        system=text(given.get("system")),
        parameters=_parameters(given.get("parameters")),
    )


def _parameters(given: object) -> dict[str, Any]:
    if not given:
        return {}
    from pydantic import ValidationError

    from causerie.chat.views import Parameters

    try:
        return Parameters.model_validate(given).model_dump(exclude_none=True)
    except ValidationError:
        return {}
