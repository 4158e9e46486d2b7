"""A file as ChatGPT exports it, with one conversation in which questions and answers take turns."""

import json


def chatgpt_export(title: str, said: list[str]) -> str:
    """What `conversations.json` holds; the same title is the same conversation."""
    mapping: dict[str, object] = {"root": {"id": "root", "parent": None, "children": ["m0"], "message": None}}
    for at, text in enumerate(said):
        children = [f"m{at + 1}"] if at + 1 < len(said) else []
        message = {
            "id": f"m{at}",
            "author": {"role": "assistant" if at % 2 else "user"},
            "content": {"content_type": "text", "parts": [text]},
            "create_time": 1700000000.0 + at,
        }
        parent = f"m{at - 1}" if at else "root"
        mapping[f"m{at}"] = {"id": f"m{at}", "parent": parent, "children": children, "message": message}
    talk = {
        "title": title, "create_time": 1700000000.0, "update_time": 1700000000.0 + len(said),
        "id": title, "conversation_id": title, "current_node": f"m{len(said) - 1}", "mapping": mapping,
    }  # fmt: skip
    return json.dumps([talk])
