"""Exports as ChatGPT and Open WebUI write them, small, with what is strange in the real ones."""

from typing import Any

T = 1_700_000_000.0


def chatgpt_node(name: str, parent: str | None, role: str = "", *parts: Any, **more: Any) -> dict[str, Any]:
    """A node of ChatGPT's tree; without a role it has no message."""
    message = None
    if role:
        message = {
            "id": name, "author": {"role": role, "name": None, "metadata": {}}, "create_time": T + len(name),
            "content": {"content_type": "text", "parts": list(parts)}, "status": "finished_successfully",
            "recipient": "all", "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
        } | more  # fmt: skip
    return {"id": name, "parent": parent, "children": [], "message": message}


def chatgpt() -> dict[str, Any]:
    """A conversation with a root, a hidden prompt, a tool, a thought, a picture and two branches."""
    nodes = [
        chatgpt_node("root", None),
        chatgpt_node("sys", "root", "system", ""),
        chatgpt_node("hidden", "sys", "user", "You are", metadata={"is_visually_hidden_from_conversation": True}),
        chatgpt_node("ask", "hidden", "user", content={"content_type": "multimodal_text", "parts": [
            {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}, "What is it?"]}),
        chatgpt_node("think", "ask", "assistant",
                     content={"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "It has ears."}]}),
        chatgpt_node("call", "think", "assistant", "search(...)", recipient="browser"),
        chatgpt_node("tool", "call", "tool", "results"),
        chatgpt_node("answer", "tool", "assistant", "A fox."),
        chatgpt_node("code", "ask", "assistant", content={"content_type": "code", "text": "print(1)"}),
        chatgpt_node("next", "answer", "user", "Sure?"),
    ]  # fmt: skip
    return {
        "title": "A fox", "create_time": T, "update_time": T + 100, "mapping": {node["id"]: node for node in nodes},
        "current_node": "next", "conversation_id": "6f1c-1", "is_archived": False, "is_starred": True,
    }  # fmt: skip


def open_webui() -> dict[str, Any]:
    """A chat with two branches, a thought, and Open WebUI's times."""
    thought = (
        '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds</summary>\n'
        "&gt; It has ears.\n</details>\n"
    )

    def said(
        name: str, role: str, content: str, later: int, parent: str | None = None, **more: Any
    ) -> dict[str, Any]:
        return {"id": name, "parentId": parent, "childrenIds": [], "role": role, "content": content,
                "timestamp": int(T) + later, **more}  # fmt: skip

    messages = {
        "q": said("q", "user", "What is it?", 0),
        "a": said("a", "assistant", thought + "A fox.", 1, "q", model="llama3"),
        "b": said("b", "assistant", "A dog.", 2, "q", model="qwen3"),
    }
    return {
        "id": "8a2e-2", "user_id": "u", "title": "A fox", "archived": True, "pinned": False, "created_at": int(T),
        "updated_at": int(T) + 5, "folder_id": "f",
        "chat": {"title": "A fox", "models": ["llama3"], "system": "Be brief.", "timestamp": int(T * 1000),
                 "history": {"currentId": "a", "messages": messages}, "messages": []},
    }  # fmt: skip


def old_open_webui() -> dict[str, Any]:
    """A chat from before Open WebUI had trees."""
    said = [
        {"role": "user", "content": "Hello"},
        {"role": "system", "content": "x"},
        {"role": "assistant", "content": "Hi"},
    ]
    return {"id": "old", "chat": {"title": "Old", "messages": said}}
