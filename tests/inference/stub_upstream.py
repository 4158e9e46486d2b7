"""A small server that speaks OpenAI's API, with switches for what goes wrong with real ones.

Try it: async with StubUpstream() as stub: stub.fault = "503" ...
"""

import asyncio
import json
from typing import Any, Literal, Self

from aiohttp import web

Fault = Literal[
    "", "hang", "slow", "drop", "empty", "half-whole", "mid-death", "no-end", "no-done", "no-role", "error-event",
    "vllm-error-event", "hang-mid", "crlf", "tight", "not-json", "error-in-200", "never-ends", "ignores-stream",
    "hang-after-headers", "drop-after-headers", "cut-whole", "no-index",
]  # fmt: skip
"""What goes wrong with the next answers; a status is set by `status` instead."""


class StubUpstream:
    """One server on loopback; every request that it got is in `requests`."""

    def __init__(self, words: tuple[str, ...] = ("Bon", "jour"), model: str = "theirs") -> None:
        self.words = words
        self.model = model
        self.fault: Fault = ""
        self.status = 200
        """Of the next answers; from 300 on with `error` as their body."""
        self.error: Any = {"error": {"message": "no", "type": "t", "param": None, "code": None}}
        self.headers: dict[str, str] = {}
        self.ill = False
        """`/models` answers 503."""
        self.counts = True
        """It has `/tokenize`, which OpenAI and Ollama have not."""
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.looks = 0
        self.slow_s = 0.2
        self.connections: set[Any] = set()
        """On which something was asked, `/models` left aside."""
        self._open: set[Any] = set()
        self.left = asyncio.Event()
        """Set when a client went away before its answer's end."""

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=2**26)
        application.router.add_get("/v1/models", self._models)
        application.router.add_post("/tokenize", self._tokenize)
        application.router.add_post("/v1/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.listen()
        return self

    async def listen(self, port: int = 0) -> None:
        """Begin, or begin again, to accept connections."""
        self._site = web.TCPSite(self._runner, "127.0.0.1", port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    async def deafen(self) -> None:
        """Accept no more connections, and break those that are there."""
        await self._site.stop()
        for connection in self._open | self.connections:
            if connection is not None:
                connection.abort()
        self._open.clear()
        self.connections.clear()

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        self.looks += 1
        self._open.add(request.transport)
        return web.json_response({"object": "list", "data": []}, status=503 if self.ill else 200)

    async def _tokenize(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if not self.counts:
            raise web.HTTPNotFound
        if self.status != 200:
            return web.json_response(self.error, status=self.status)
        words = asked.get("content", "").split()
        if "messages" in asked:
            words = [word for message in asked["messages"] for word in message["content"].split()]
            return web.json_response({"count": len(words), "max_model_len": 4096, "tokens": list(range(len(words)))})
        return web.json_response({"tokens": list(range(len(words)))})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.requests.append(asked)
        self.keys.append(request.headers.get("Authorization"))
        self.connections.add(request.transport)
        try:
            return await self._reply(request, asked)
        except (asyncio.CancelledError, ConnectionResetError):
            self.left.set()
            raise

    async def _reply(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        if self.status != 200:
            return web.json_response(self.error, status=self.status, headers=self.headers)
        if self.fault == "hang":
            await asyncio.sleep(30)
        if self.fault == "slow":
            await asyncio.sleep(self.slow_s)
        if self.fault == "drop":
            self._abort(request)
        if request.path.endswith("/embeddings"):
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
            return web.json_response({"object": "list", "model": self.model, "data": data, "usage": _USAGE})
        if self.fault == "error-in-200":
            return web.json_response({"error": "out of memory"})
        if asked.get("stream") and self.fault != "ignores-stream":
            return await self._stream(request, asked)
        return await self._whole(request)

    def _abort(self, request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()

    async def _whole(self, request: web.Request) -> web.StreamResponse:
        if self.fault == "not-json":
            return web.Response(text="<html>a proxy's page</html>")
        message = {"role": "assistant", "content": "".join(self.words)}
        body = json.dumps(
            {"id": "1", "object": "chat.completion", "created": 1, "model": self.model, "usage": _USAGE,
             "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        ).encode()  # fmt: skip
        if self.fault == "cut-whole":
            # It looks complete to HTTP, and ends with a brace.
            return web.Response(body=body[: body.index(b"}") + 1], content_type="application/json")
        if self.fault != "half-whole":
            return web.Response(body=body, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[:20])
        await asyncio.sleep(0.05)
        self._abort(request)
        return response

    async def _stream(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.fault == "empty":
            return response
        if self.fault == "hang-after-headers":
            await asyncio.sleep(30)
        if self.fault == "drop-after-headers":
            await asyncio.sleep(0.05)
            self._abort(request)
        end = b"\r\n" if self.fault == "crlf" else b"\n"
        space = b"" if self.fault == "tight" else b" "

        async def event(data: bytes) -> None:
            await response.write(b"data:" + space + data + end + end)

        for position, word in enumerate(self.words):
            await event(self._chunk(asked, word, first=position == 0))
            if position == 0:
                await self._break_off(request, event)
        if self.fault != "no-end":
            await event(self._chunk(asked, None))
        if self.fault not in {"no-end", "no-done"}:
            await event(b"[DONE]")
        if self.fault == "never-ends":
            await asyncio.sleep(30)
        return response

    async def _break_off(self, request: web.Request, event: Any) -> None:
        if self.fault == "mid-death":
            await asyncio.sleep(0.05)
            self._abort(request)
        if self.fault == "hang-mid":
            await asyncio.sleep(30)
        if self.fault == "error-event":
            await event(json.dumps({"error": {"message": "the GPU is gone", "code": 500}}).encode())
        if self.fault == "vllm-error-event":
            await event(json.dumps({"object": "error", "message": "too long", "code": 400}).encode())

    def _chunk(self, asked: dict[str, Any], word: str | None, *, first: bool = False) -> bytes:
        role = {"role": "assistant"} if first and self.fault != "no-role" else {}
        delta = {} if word is None else {**role, "content": word}
        choices: list[dict[str, Any]] = [
            {"index": index, "delta": delta, "finish_reason": "stop" if word is None else None}
            for index in range(asked.get("n", 1))
        ]
        if self.fault == "no-index":
            choices = [{key: value for key, value in choice.items() if key != "index"} for choice in choices]
        chunk = {
            "id": "1", "object": "chat.completion.chunk", "created": 1, "model": self.model, "choices": choices
        }  # fmt: skip
        return json.dumps(chunk).encode()


_USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
