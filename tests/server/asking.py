"""Questions in both forms, whole and streamed, and what the two answers must have in common."""

from collections.abc import Sequence
from typing import Any

import openai
from openai.types import Completion, CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.server.conftest import CHAT_MODEL

QUESTION = {"role": "user", "content": "Name three fruits."}
ASKED: dict[str, Any] = {"model": CHAT_MODEL, "messages": [QUESTION], "temperature": 0, "max_tokens": 12}
Told = dict[int, tuple[str | None, str | None, list[tuple[str, str]]]]
"""Of each choice: its text, its finish reason, its calls (name and arguments)."""


def saying(*texts: str, role: str = "user") -> list[dict[str, str]]:
    return [{"role": role, "content": text} for text in texts]


def ask(client: openai.OpenAI, **fields: object) -> ChatCompletion:
    answer = client.chat.completions.create(**{**ASKED, **fields})
    assert isinstance(answer, ChatCompletion)
    return answer


def text_of(answer: ChatCompletion) -> str:
    return answer.choices[0].message.content or ""


def stream(client: openai.OpenAI, *, usage: bool = False, **fields: object) -> list[ChatCompletionChunk]:
    options = {"stream": True} | ({"stream_options": {"include_usage": True}} if usage else {})
    with client.chat.completions.create(**{**ASKED, **fields, **options}) as chunks:
        return list(chunks)


def both(client: openai.OpenAI, **fields: object) -> tuple[ChatCompletion, list[ChatCompletionChunk]]:
    """The same question asked whole and streamed, the answers compared: texts, finish reasons, calls, usage."""
    # What is read from the prompt's cache differs from what is read anew in its last bits: let both find it there.
    ask(client, **fields)
    whole, chunks = ask(client, **fields), stream(client, usage=True, **fields)
    assert told_whole(whole) == told_streamed(chunks)
    assert counts(whole.usage) == counts(chunks[-1].usage)
    return whole, chunks


def told_whole(answer: ChatCompletion) -> Told:
    told: Told = {}
    for choice in answer.choices:
        calls = choice.message.tool_calls or []
        functions = [(call.function.name, call.function.arguments) for call in calls if call.type == "function"]
        told[choice.index] = (choice.message.content or None, choice.finish_reason, functions)
    return told


def told_streamed(chunks: Sequence[ChatCompletionChunk]) -> Told:
    texts: dict[int, str] = {}
    reasons: dict[int, list[str]] = {}
    calls: dict[int, dict[int, list[str]]] = {}
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
        reasons.setdefault(choice.index, []).extend([choice.finish_reason] if choice.finish_reason else [])
        for call in choice.delta.tool_calls or ():
            assert call.function is not None
            known = calls.setdefault(choice.index, {}).setdefault(call.index, ["", ""])
            known[0] += call.function.name or ""
            known[1] += call.function.arguments or ""
    assert all(len(given) == 1 for given in reasons.values()), f"one finish reason for each choice: {reasons}"
    return {
        index: (text or None, reasons[index][0], [(name, words) for name, words in calls.get(index, {}).values()])
        for index, text in texts.items()
    }


def counts(usage: CompletionUsage | None) -> tuple[int, int, int]:
    """What was used, without the cached tokens: the second of two equal questions has more of them."""
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.cached_tokens is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens


COMPLETING: dict[str, Any] = {"model": CHAT_MODEL, "prompt": "Once upon a time", "temperature": 0, "max_tokens": 8}


def complete(client: openai.OpenAI, **fields: object) -> Completion:
    answer = client.completions.create(**{**COMPLETING, **fields})
    assert isinstance(answer, Completion)
    return answer


def stream_completion(client: openai.OpenAI, *, usage: bool = False, **fields: object) -> list[Completion]:
    options = {"stream": True} | ({"stream_options": {"include_usage": True}} if usage else {})
    with client.completions.create(**{**COMPLETING, **fields, **options}) as chunks:
        return list(chunks)


def complete_both(client: openai.OpenAI, **fields: object) -> tuple[Completion, list[Completion]]:
    """The same text completed whole and streamed, the answers compared: texts, finish reasons, usage."""
    complete(client, **fields)  # as in `both`
    whole, chunks = complete(client, **fields), stream_completion(client, usage=True, **fields)
    texts: dict[int, str] = {}
    reasons: dict[int, list[str]] = {}
    for choice in (choice for chunk in chunks for choice in chunk.model_dump()["choices"]):
        texts[choice["index"]] = texts.get(choice["index"], "") + choice["text"]
        reasons.setdefault(choice["index"], []).extend([choice["finish_reason"]] if choice["finish_reason"] else [])
    assert {choice.index: choice.text for choice in whole.choices} == texts
    assert {choice.index: [choice.finish_reason] for choice in whole.choices} == reasons
    assert counts(whole.usage) == counts(chunks[-1].usage)
    return whole, chunks


def refused(client: openai.OpenAI, **fields: object) -> openai.BadRequestError:
    """The 400 that a chat gets, the same whether it is streamed or not; unknown fields of the client included."""
    errors = []
    for streamed in (False, True):
        try:
            client.post("/chat/completions", body={**ASKED, **fields, "stream": streamed}, cast_to=ChatCompletion)
        except openai.BadRequestError as error:
            errors.append(error)
    whole, begun = errors
    assert whole.body == begun.body
    return whole
