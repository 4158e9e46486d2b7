"""One answer, from the question to its last piece.

Does: reserve its quota, make its prompt fit where the person wants that, ask the router, read the engine's events.
Does not: keep or tell what comes: `answers.py` passes it on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from causerie.accounts import quotas
from causerie.accounts.identity import Caller
from causerie.accounts.quotas import Used
from causerie.accounts.rules import Rules
from causerie.chat import prompt as prompts
from causerie.chat.prompt import Prompt
from causerie.chat.running import Running
from causerie.database.engine import Database
from causerie.errors import NotFound, QuotaExceeded, UnsupportedParameter, UpstreamError
from causerie.inference.bounds import IMAGE_TOKENS, most_prompt_tokens
from causerie.inference.contract import Capabilities, Payload
from causerie.inference.router import Router

DATA = b"data: "
CHARACTERS_PER_TOKEN = 4
"""For what an engine does not count: an answer that was stopped before its end, a prompt that may be too long."""
SAMPLING = ("temperature", "top_p", "seed", "stop")
ANSWER_SHARE = 4
"""When messages are left out, the answer gets a quarter of the context, or `max_tokens` if that is less."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What every answer needs of the server."""

    database: Database
    router: Router
    rules: Callable[[], Rules]
    attachments: Path
    max_tokens: int


async def generate(around: Surroundings, running: Running, piece: Callable[[str, str], None]) -> None:
    """Write the answer.

    Args:
        around: The server's parts.
        running: Where it is noted what was used.
        piece: Called with each piece of the answer and of the reasoning before it.

    Raises:
        CauserieError: It cannot be written, or not to its end.
    """
    async with around.database.read() as session:
        found = await prompts.read(session, running.conversation_id, running.question_id)
    if found is None:
        raise NotFound("there is no such conversation")
    payload = await _payload(around, running, found)
    reservation = await reserved(around, running.caller, payload)
    began = False
    try:
        async with around.router.send("chat/completions", payload) as reply:
            began = True
            async for event in reply.events():
                if event.startswith(DATA + b"{"):
                    _take(event, running, piece)
    finally:
        if began and not running.tokens_out:
            _estimate(running, payload)
        used = Used(tokens_in=running.tokens_in, tokens_out=running.tokens_out, requests=int(began))
        await quotas.settle(around.database, around.rules(), reservation, used)


async def _payload(around: Surroundings, running: Running, prompt: Prompt) -> dict[str, Any]:
    given = {**prompt.parameters, **running.parameters}
    can = await around.router.capabilities(running.model)
    if not can.chat:
        raise UnsupportedParameter("{model!r} does not chat", model=running.model, param="models")
    payload: dict[str, Any] = {
        "model": running.model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": given.get("max_tokens") or around.max_tokens,
    }
    payload |= {name: given[name] for name in SAMPLING if given.get(name) is not None}
    if given.get("leave_out_oldest") and can.context_tokens:
        running.left_out = await _left_out(around, payload, prompt, can)
    payload["messages"] = await prompts.wire(prompt, around.attachments, images=can.images, skip=running.left_out)
    return payload


async def _left_out(around: Surroundings, payload: Mapping[str, Any], prompt: Prompt, can: Capabilities) -> int:
    room = can.context_tokens - min(payload["max_tokens"], can.context_tokens // ANSWER_SHARE)

    async def count(skip: int) -> int:
        messages = await prompts.wire(prompt, around.attachments, images=can.images, skip=skip)
        try:
            return await around.router.count_tokens({**payload, "messages": messages})
        except UnsupportedParameter:
            return _guessed(messages)

    return await prompts.oldest_to_leave_out(prompt, room, count)


async def reserved(
    around: Surroundings, caller: Caller, payload: Payload, *, requests: int = 1
) -> quotas.Reservation | None:
    """Put aside what an answer may take at most (None = no quota counts it).

    Args:
        around: The server's parts.
        caller: Whose quotas pay.
        payload: With `model`, `messages` and `max_tokens`.
        requests: How many it counts as (0 = the person did not ask for it).

    Raises:
        QuotaExceeded: A quota does not hold it.
        PriceUnknown: A quota of money counts, and the model has no price.
    """
    rules = around.rules()
    if not rules.quotas_of(caller):
        return None

    async def reserve(tokens_in: int) -> quotas.Reservation | None:
        most = Used(tokens_in=tokens_in, tokens_out=payload["max_tokens"], requests=requests)
        return await quotas.reserve(around.database, rules, caller, payload["model"], most)

    try:
        return await reserve(most_prompt_tokens(payload))
    except QuotaExceeded as refusal:
        # By bytes it may be too much: near its end a quota is worth an exact count, where the engine can count.
        try:
            exact = await around.router.count_tokens(payload)
        except UnsupportedParameter:
            raise refusal from None
    return await reserve(exact)


def _take(event: bytes, running: Running, piece: Callable[[str, str], None]) -> None:
    try:
        chunk = from_json(event[len(DATA) :].rstrip())
    except ValueError as error:
        raise UpstreamError("the engine of {name!r} did not answer in OpenAI's form", name=running.model) from error
    usage = chunk.get("usage")
    if isinstance(usage, dict):
        running.tokens_in = _count(usage.get("prompt_tokens"))
        running.tokens_out = _count(usage.get("completion_tokens"))
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return
    running.finish_reason = choice.get("finish_reason") or running.finish_reason
    said = choice.get("delta")
    if isinstance(said, dict):
        content = said.get("content") or said.get("refusal") or ""
        # vLLM and Ollama say `reasoning`, llama.cpp and DeepSeek `reasoning_content`.
        reasoning = said.get("reasoning_content") or said.get("reasoning") or ""
        if content or reasoning:
            piece(str(content), str(reasoning))


def _estimate(running: Running, payload: Mapping[str, Any]) -> None:
    running.tokens_out = running.seq
    if not running.tokens_in:
        running.tokens_in = _guessed(payload["messages"])


def _guessed(messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of a prompt whose engine does not count."""
    contents = [message["content"] for message in messages]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    text = sum(len(content) for content in contents if isinstance(content, str))
    text += sum(len(part["text"]) for part in parts if part["type"] == "text")
    pictures: int = sum(part["type"] == "image_url" for part in parts)
    return -(-text // CHARACTERS_PER_TOKEN) + pictures * IMAGE_TOKENS


def _count(given: object) -> int:
    return given if isinstance(given, int) and given >= 0 else 0
