"""A model that is asked over OpenAI's wire form: of the catalogue, of a server that is up, of an upstream.

Does: chat; read the probabilities of a next token out of `logprobs`, and of a whole text where the engine repeats the
prompt with them (`echo`, as vLLM and SGLang do).
Does not: know where the model runs: `send` does.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causerie.errors import CauserieError, EngineError, UnsupportedParameter
from causerie.evaluation.contract import Ability, Answer, Message
from causerie.inference.contract import Operation

Send = Callable[[Operation, Mapping[str, Any]], Awaitable[dict[str, Any]]]
"""Asks for an answer in one piece: the operation and the body, without `model`."""
SHOWN = 20
"""Tokens whose probabilities are asked for: the most that OpenAI's form allows."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """See the top of this file. Implements `contract.Subject`."""

    name: str
    version: str
    at_once: int
    send: Send
    abilities: frozenset[Ability] = frozenset({"chat", "next-token"})

    async def chat(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0, seed: int | None = 0
    ) -> Answer:
        """As `contract.Subject`."""
        body: dict[str, Any] = {
            "messages": [dict(message) for message in messages], "max_tokens": max_tokens, "temperature": temperature,
        }  # fmt: skip
        if seed is not None:
            body["seed"] = seed
        said = await self.send("chat/completions", body)
        choice = _choice(said)
        text = (choice.get("message") or {}).get("content")
        return Answer(
            text=text if isinstance(text, str) else "", finish=choice.get("finish_reason") or "", **_used(said)
        )

    async def next_token_log_probabilities(self, messages: Sequence[Message], candidates: Sequence[str]) -> Answer:
        """As `contract.Subject`.

        Raises:
            UnsupportedParameter: The engine shows no probabilities.
        """
        body = {
            "messages": [dict(message) for message in messages], "max_tokens": 1, "temperature": 0.0,
            "logprobs": True, "top_logprobs": SHOWN,
        }  # fmt: skip
        said = await self.send("chat/completions", body)
        content = (_choice(said).get("logprobs") or {}).get("content") or []
        if not content:
            raise UnsupportedParameter("{model!r} shows no probabilities", model=self.name, param="logprobs")
        found: dict[str, list[float]] = {}
        for top in content[0].get("top_logprobs") or []:
            found.setdefault(str(top.get("token", "")).strip(), []).append(float(top["logprob"]))
        values = tuple(log_sum(found.get(candidate.strip(), ())) for candidate in candidates)
        return Answer(log_probabilities=values, scored_by="log-probabilities", **_used(said))

    async def text_log_probability(self, text: str, *, after: str = "") -> Answer:
        """As `contract.Subject`. The first token of a text has no probability here, and counts for nothing."""
        body = {"prompt": text, "max_tokens": 1, "temperature": 0.0, "logprobs": 1, "echo": True}
        said = await self.send("completions", body)
        told = _choice(said).get("logprobs") or {}
        tokens, values, starts = (told.get(key) or [] for key in ("tokens", "token_logprobs", "text_offset"))
        if not tokens or len(tokens) != len(values) or not _echoed(tokens, text):
            raise UnsupportedParameter("{model!r} does not repeat the prompt", model=self.name, param="echo")
        if len(starts) != len(tokens):
            starts = _starts(tokens)
        # What it wrote itself stands behind the text; a token that crosses the end of `after` is counted.
        counted = [value for token, value, start in zip(tokens, values, starts, strict=True)
                   if value is not None and start < len(text) and start + len(token) > len(after)]  # fmt: skip
        return Answer(
            log_probabilities=(math.fsum(counted),), scored_by="log-probabilities", tokens_in=len(tokens) - 1,
        )  # fmt: skip

    async def can_echo(self) -> bool:
        """Whether the engine gives the probability of a text; costs one token."""
        try:
            await self.text_log_probability("The sea is blue.")
        except (CauserieError, ValueError, TypeError, KeyError):
            return False
        return True


def log_sum(values: Sequence[float]) -> float:
    """The logarithm of a sum of probabilities, from their logarithms (none = -inf)."""
    greatest = max(values, default=-math.inf)
    if greatest == -math.inf:
        return greatest
    return greatest + math.log(math.fsum(math.exp(value - greatest) for value in values))


def _choice(said: Mapping[str, Any]) -> dict[str, Any]:
    choices = said.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise EngineError("the engine gave an answer without a choice")
    return choices[0]


def _used(said: Mapping[str, Any]) -> dict[str, Any]:
    usage = said.get("usage") or {}
    return {"tokens_in": int(usage.get("prompt_tokens") or 0), "tokens_out": int(usage.get("completion_tokens") or 0)}


def _echoed(tokens: Sequence[str], text: str) -> bool:
    """Whether the tokens are the text's; those with bytes that are no character alone are let pass."""
    said = "".join(map(str, tokens))
    return said.startswith(text[:20]) or "�" in said[:40] or said[:1] == "<"


def _starts(tokens: Sequence[str]) -> list[int]:
    starts, at = [], 0
    for token in tokens:
        starts.append(at)
        at += len(token)
    return starts
