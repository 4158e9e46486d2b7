"""What llama.cpp's streams say, put into OpenAI's form.

Does: the role once for each choice; progress as comments; one `created` for all chunks; usage of all choices together
in the last chunk; an error when a stream ends before its end.
Does not: parse an event that needs no mending: it passes as the bytes in which it came. A quoted key cannot occur
inside JSON text, where quotes are escaped, so looking for one in the bytes is exact.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

from causerie.inference.aggregate import DATA, decoded, encoded
from causerie.inference.wire import DONE, Failures

_PROGRESS = b'"prompt_progress":{'
_ROLE = b'"delta":{"role":'
_USAGE = b'"usage":{'
_LOGPROBS = b'"logprobs":{'
_CREATED = re.compile(rb'"created":\d+')


async def chat_events(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """llama.cpp's chat events: the role once for each choice, progress as comments, one usage for all choices."""
    greeted: set[int] = set()
    total: dict[str, Any] = {}
    async for event in events:
        if _PROGRESS in event or _ROLE in event:
            chunk = decoded(event)
            progress = chunk.pop("prompt_progress", None)
            index = chunk["choices"][0]["index"]
            if index not in greeted:
                greeted.add(index)
                chunk["choices"][0]["delta"]["content"] = ""
                yield encoded(chunk)
            elif progress:
                yield _comment(progress)
        elif len(greeted) > 1 and _USAGE in event:
            total = _summed(decoded(event), total)
        else:
            if event == DONE and total:
                yield encoded(total)
            yield event


def _comment(progress: dict[str, int]) -> bytes:
    return f": prompt {progress['processed']}/{progress['total']}\n\n".encode()


def _summed(chunk: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The usage chunk of one choice, with what the others took added; the prompt counts once."""
    usage = chunk["usage"]
    usage["completion_tokens"] += before.get("usage", {}).get("completion_tokens", 0)
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return chunk


async def completion_events(events: AsyncIterator[bytes], choices: int) -> AsyncIterator[bytes]:
    """llama.cpp's text events: no empty ones, progress as comments, usage of all choices in one last chunk.

    Args:
        events: As llama.cpp gives them.
        choices: Answers asked for each prompt; llama.cpp counts the prompt for each, OpenAI once.
    """
    total = {"prompt_tokens": 0, "completion_tokens": 0}
    cached = 0
    last: dict[str, Any] = {}
    async for event in events:
        if event == DONE:
            prompt, completion = total["prompt_tokens"] // choices, total["completion_tokens"]
            counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
            yield encoded(
                {**last, "choices": [], "usage": {**counts, "prompt_tokens_details": {"cached_tokens": cached}}}
            )
            yield event
        elif _PROGRESS in event:
            yield _comment(decoded(event)["prompt_progress"])
        elif _USAGE in event:
            last = decoded(event)
            usage = last.pop("usage")
            cached += usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
            total = {name: count + usage[name] for name, count in total.items()}
            yield encoded({name: value for name, value in last.items() if name != "timings"})
        elif event.startswith(b"data: {"):  # a list of prompts begins with an event that says only `null`
            yield event


async def same_created(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """One `created` in all chunks: llama.cpp gives each the time at which it was written."""
    created = b""
    async for event in events:
        if created and created not in event:
            yield _CREATED.sub(created, event, count=1)
            continue
        if not created and (found := _CREATED.search(event)):
            created = found[0]
        yield event


async def without_top_logprobs(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Log-probabilities of the chosen tokens alone; llama.cpp gives them only together with the likeliest ones."""
    async for event in events:
        if not event.startswith(DATA) or _LOGPROBS not in event:
            yield event
            continue
        chunk = decoded(event)
        for choice in chunk["choices"]:
            for token in choice["logprobs"]["content"]:
                token["top_logprobs"] = []
        yield encoded(chunk)


async def until_done(events: AsyncIterator[bytes], failures: Failures) -> AsyncIterator[bytes]:
    """The events, or an error when they end before their end."""
    ended = False
    async for event in events:
        ended = event == DONE
        yield event
    if not ended:
        raise failures.broken("its stream ended early")
