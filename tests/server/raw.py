"""One HTTP request exactly as it is written here, for what no client library sends."""

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    """By name, in any case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of the error in it."""
        code = self.json["error"]["code"]
        assert isinstance(code, str)
        return code


def send(
    address: str,
    method: str,
    path: str,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes | Iterable[bytes] = b"",
) -> Answer:
    """Ask, on a connection of its own.

    Args:
        address: Of the server: `http://127.0.0.1:8080`.
        method: In capitals.
        path: Goes out as it is.
        headers: With a `Host` among them, no other is sent; a name may come several times.
        body: Its length is announced; an iterable goes out in chunks, with no length.
    """
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    names = {name.lower() for name, _ in pairs}
    if not isinstance(body, bytes):
        pairs.append(("Transfer-Encoding", "chunked"))
    elif body and "content-length" not in names:
        pairs.append(("Content-Length", str(len(body))))
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    try:
        connection.putrequest(method, path, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in pairs:
            connection.putheader(name, value)
        connection.endheaders(body or None, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
