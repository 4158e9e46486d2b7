"""A server on loopback that answers as a function says, with probabilities where it is asked for them.

Try it: async with Answerer(lambda messages: "B") as answerer: settings = answerer.settings(home)
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from causerie.settings import Settings, load_settings

MODEL = "answerer"
Messages = Sequence[Mapping[str, str]]


class Answerer:
    """See the top of this file; every request that it got is in `requests`."""

    def __init__(self, answer: Callable[[Messages], str] = lambda _: "yes") -> None:
        self.answer = answer
        self.top: Mapping[str, float] | None = None
        """Probabilities of the next token (None = it shows none)."""
        self.echoes = False
        """It repeats the prompt of a completion with probabilities: a half for each word."""
        self.refusals: list[tuple[int, dict[str, str]]] = []
        """Statuses and headers of the next answers."""
        self.refuses: Callable[[Messages], int] = lambda _: 0
        """Status of the answer to these messages (0 = it answers)."""
        self.requests: list[dict[str, Any]] = []
        self.delay_s = 0.002
        """Before each answer."""
        self.at_once = 0
        self.most_at_once = 0

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=2**26)
        application.router.add_get("/v1/models", self._models)
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_post("/v1/completions", self._complete)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def config(self) -> str:
        """`causerie.toml` of who asks it."""
        return f'[[upstreams]]\nname = "stub"\nbase_urls = ["{self.url}"]\nmodels = ["{MODEL}"]\n'

    def settings(self, home: Path) -> Settings:
        """Settings of a data folder whose only upstream it is."""
        home.mkdir(parents=True, exist_ok=True)
        (home / "causerie.toml").write_text(self.config)
        return load_settings(home=home, port=1)  # nothing listens there

    @property
    def asked(self) -> list[str]:
        """The last messages of the chats that it was asked."""
        return [each["messages"][-1]["content"] for each in self.requests if "messages" in each]

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL}]})

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append(body)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(body)
        finally:
            self.at_once -= 1

    async def _answer(self, body: dict[str, Any]) -> web.Response:
        await asyncio.sleep(self.delay_s)
        status, headers = self.refusals.pop(0) if self.refusals else (self.refuses(body["messages"]), {})
        if status:
            error = {"message": "no", "type": "t", "code": "c"}
            return web.json_response({"error": error}, status=status, headers=headers)
        text = self.answer(body["messages"])
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
        }
        if body.get("logprobs") and self.top is not None:
            top = [{"token": token, "logprob": math.log(share)} for token, share in self.top.items()]
            choice["logprobs"] = {"content": [{"token": text, "logprob": -1.0, "top_logprobs": top}]}
        words = sum(len(message["content"].split()) for message in body["messages"])
        return web.json_response(self._whole([choice], words, len(text.split())))

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.requests.append(body)
        prompt, choice = body["prompt"], {"index": 0, "text": " on", "finish_reason": "length"}
        if body.get("echo") and self.echoes:
            pieces = prompt.split(" ")
            words = [pieces[0], *(f" {piece}" for piece in pieces[1:]), " on"]
            values = [None, *(math.log(0.5) for _ in words[1:])]
            choice |= {"text": f"{prompt} on", "logprobs": {"tokens": words, "token_logprobs": values}}
        return web.json_response(self._whole([choice], len(prompt.split()), 1))

    def _whole(self, choices: list[dict[str, Any]], tokens_in: int, tokens_out: int) -> dict[str, Any]:
        usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": choices,
            "usage": usage,
        }
