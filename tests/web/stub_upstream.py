"""A small OpenAI-compatible server whose answers are known beforehand.

Does: answer on loopback, as the models `layout` (one of everything that Markdown has), `diagram` (two diagrams,
one of them wrong), `echo` (what it was sent), `slow` (fifty words a second, for ever), `brief` (a hundred words in
five seconds), `cut` (breaks off in the middle) and `broken` (an error before any word).
Does not: think.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MODELS = ("layout", "diagram", "echo", "slow", "brief", "cut", "broken")
SLOW_WORDS, SLOW_S = 3000, 0.02
"""After so many the model `slow` ends, so that no thread outlives the tests: a minute, in which a machine that does
much at once, too, comes to all that is done while an answer comes."""
BRIEF_WORDS, BRIEF_S = 100, 0.05

LAYOUT = r"""# A heading

Some **bold** and *slanted* text, `code`, a [link](https://example.org/), and prices: $5 and $10.

| Drink | Caffeine |
|:------|---------:|
| Tea   |    40 mg |
| Coffee|    95 mg |

```python
def double(number: int) -> int:
    return number * 2
```

Euler wrote \(e^{i\pi} + 1 = 0\), and $a^2 + b^2 = c^2$ is older:

\[ \int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2} \]

![a cat](https://pictures.example/cat.png)

<img src="https://pictures.example/x.png" onerror="document.title = 'stolen'">
<script>document.title = 'stolen'</script>

- the end
"""

DIAGRAM = """Here is how tea is made:

```mermaid
flowchart LR
  water["Boil <b>water</b>"] --> steep{Strong?} -->|yes| cup(("Cup"))
```

And here is something that is no diagram:

```mermaid
flowchart LR
  a --> --> b
```
"""


def pieces(model: str, request: dict[str, Any]) -> Iterator[str]:
    """What `model` answers, piece by piece."""
    if model == "layout":
        yield from (LAYOUT[at : at + 7] for at in range(0, len(LAYOUT), 7))
    elif model == "diagram":
        yield from (DIAGRAM[at : at + 7] for at in range(0, len(DIAGRAM), 7))
    elif model == "echo":
        kept = {name: request[name] for name in ("temperature", "seed", "max_tokens", "stop") if name in request}
        yield json.dumps({"messages": request["messages"], **kept}, ensure_ascii=False)
    elif model in ("slow", "brief"):
        words, pause_s = (SLOW_WORDS, SLOW_S) if model == "slow" else (BRIEF_WORDS, BRIEF_S)
        for number in range(words):
            time.sleep(pause_s)
            yield f"word{number} "
    else:
        yield from ("This will ", "not be ", "finished")


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Say nothing."""

    def do_GET(self) -> None:
        """`/v1/models` and health checks."""
        self._send_json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})

    def do_POST(self) -> None:
        """`/v1/chat/completions`."""
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if request["model"] == "broken":
            self._send_json(500, {"error": {"message": "no memory left", "type": "server_error", "code": "oom"}})
            return
        if not request.get("stream"):
            self._whole(request)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self._stream(request)
        except (BrokenPipeError, ConnectionResetError):
            # The asker went away, as people do.
            return

    def _whole(self, request: dict[str, Any]) -> None:
        said = list(pieces(request["model"], request))
        choice = {"index": 0, "message": {"role": "assistant", "content": "".join(said)}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 20, "completion_tokens": len(said), "total_tokens": 20 + len(said)}
        whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": request["model"]}
        self._send_json(200, {**whole, "choices": [choice], "usage": usage})

    def _stream(self, request: dict[str, Any]) -> None:
        count = 0
        for text in pieces(request["model"], request):
            self._event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}, request)
            count += 1
        if request["model"] == "cut":
            return
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, request)
        usage = {"prompt_tokens": 20, "completion_tokens": count, "total_tokens": 20 + count}
        self._event({"choices": [], "usage": usage}, request)
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, some: dict[str, Any], request: dict[str, Any]) -> None:
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": request["model"],
            **some,
        }
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def _send_json(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def stub_upstream() -> Iterator[str]:
    """The base URL of a running stub."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def upstream_config(address: str) -> str:
    """What `causerie.toml` says of a stub at this address."""
    names = ", ".join(f'"{name}"' for name in MODELS)
    return f'[[upstreams]]\nname = "stub"\nbase_urls = ["{address}"]\nmodels = [{names}]\ncontext_tokens = 1000\n'
