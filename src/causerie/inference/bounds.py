"""The most tokens that a request can take, without asking anything of its engine.

Does: bound a prompt and its answers from the request alone: what quotas reserve before an answer.
Does not: count; `Router.count_tokens` does, where the engine can.
"""

from typing import Any

from pydantic_core import to_json

from causerie.inference.contract import Payload

IMAGE_TOKENS = 4096
"""Most that one picture takes."""
OWN_TOKENS = 64
"""Most that a chat template adds of its own, beside what JSON's brackets stand for."""


def most_prompt_tokens(payload: Payload) -> int:
    """A bound for the tokens of a prompt: no token is shorter than a byte.

    Args:
        payload: Of any operation, in OpenAI's wire form.
    """
    if "messages" in payload:
        said = sum(_most_of(message) for message in payload["messages"])
        return said + len(to_json(payload.get("tools", ()))) + OWN_TOKENS
    return _most_of_prompt(payload.get("prompt", payload.get("input", "")))


def most_answer_tokens(payload: Payload) -> int:
    """A bound for the tokens of all answers to a payload (0 = it asks for vectors)."""
    prompt = payload.get("prompt")
    prompts = len(prompt) if isinstance(prompt, list) and not isinstance(prompt[0], int) else 1
    return int(payload.get("max_tokens") or 0) * int(payload.get("n") or 1) * prompts


def _most_of(message: dict[str, Any]) -> int:
    content = message.get("content")
    if not isinstance(content, list):
        return len(to_json(message))
    texts = [part for part in content if part.get("type") != "image_url"]
    pictures = len(content) - len(texts)
    return len(to_json({**message, "content": texts})) + pictures * IMAGE_TOKENS


def _most_of_prompt(prompt: Any) -> int:  # noqa: ANN401 - text, ids, or a list of either
    if isinstance(prompt, str):
        return len(prompt.encode()) + OWN_TOKENS
    if prompt and isinstance(prompt[0], int):
        return len(prompt)
    return sum(_most_of_prompt(each) for each in prompt)
