"""A small hub of data sets on loopback: as much of the Hugging Face hub's protocol as its own client needs."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

COMMIT = "c0ffee" + "0" * 34


class HubServer:
    """Runs in a thread; use it as a context.

    Args:
        files: Those of the data set `someone/stories`.
        refuse: An error code of the hub's that every question about it is answered with.
    """

    def __init__(self, files: dict[str, bytes], refuse: str = "") -> None:
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        hub = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(self.path)

            def do_HEAD(self) -> None:
                self.answer(self.path)

            def answer(self, path: str) -> None:
                hub.asked.append(f"{self.command} {path}")
                hub.tokens.add(self.headers.get("Authorization"))
                if refuse:
                    self.send(403 if refuse == "GatedRepo" else 404, b"{}", {"X-Error-Code": refuse})
                elif path == "/api/datasets/someone/stories/revision/main":
                    names = [{"rfilename": name} for name in files]
                    about = {"_id": "1", "id": "someone/stories", "sha": COMMIT, "siblings": names}
                    self.send(200, json.dumps(about).encode(), {"Content-Type": "application/json"})
                elif path.startswith(f"/datasets/someone/stories/resolve/{COMMIT}/"):
                    content = files[path.split(f"{COMMIT}/")[1]]
                    etag = hashlib.sha256(content).hexdigest()
                    self.send(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
                else:
                    code = "RevisionNotFound" if "/stories/" in path else "RepoNotFound"
                    self.send(404, b"{}", {"X-Error-Code": code})

            def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
