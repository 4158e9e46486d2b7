"""The server's log: one line for each request, for people or for programs, and never what was said.

The lines are those that the real server writes.
"""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from causerie.server.logs import configure_logs
from causerie.server.metrics import Metrics
from causerie.server.observation import Observation
from causerie.settings import load_settings
from tests.inference.stub_upstream import StubUpstream
from tests.running import RunningServer, running_server
from tests.server.raw import send
from tests.server.serving import stub_in_a_thread, upstream_config

pytestmark = pytest.mark.xdist_group("logs")

CHAT = "/v1/chat/completions"
PROMPT = "my-secret-prompt"
ANSWER = "my-secret-answer"
KEY = "my-secret-key"
WRONG_KEY = "my-secret-key-of-elsewhere"
RIGHT = {"x-api-key": KEY}


@pytest.fixture(scope="module")
def stub() -> Iterator[StubUpstream]:
    with stub_in_a_thread(ANSWER) as running:
        yield running


@pytest.fixture(scope="module")
def up(stub: StubUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server at the default level, which writes into a file: JSON."""
    config = f'api_keys = ["{KEY}"]\n{upstream_config(stub)}'
    with running_server(tmp_path_factory.mktemp("logs") / "home", config) as running:
        yield running


def asking(**fields: object) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": PROMPT}], **fields}).encode()


def lines_of(up: RunningServer) -> list[dict[str, Any]]:
    whole = up.log.read_text().rpartition("\n")[0]  # the server may be in the middle of a line
    lines = whole.splitlines()
    return [json.loads(line) for line in lines if not line.startswith(("causerie is up", "for more people than you"))]


def line_of(up: RunningServer, request_id: str | None) -> dict[str, Any]:
    """The access line of this request; it is written when the answer has ended, which its client may see first."""
    for _ in range(1200):
        for line in lines_of(up):
            if line.get("request_id") == request_id and line["event"] == "request":
                return line
        time.sleep(0.05)
    pytest.fail(f"no line of {request_id}")


# --- the line of a request --------------------------------------------------------------------------------------


def test_each_request_has_a_line_with_what_happened_to_it(up: RunningServer, stub: StubUpstream) -> None:
    line = line_of(up, send(up.address, "POST", CHAT, RIGHT, asking()).headers["x-request-id"])
    assert (line["level"], line["method"], line["path"], line["status"]) == ("info", "POST", CHAT, 200)
    assert (line["model"], line["tokens_in"], line["tokens_out"]) == (stub.model, 3, 2)
    assert line["ms"] > 0
    assert line["timestamp"].endswith("Z")
    assert "error" not in line


def test_a_refusal_s_line_has_its_code(up: RunningServer) -> None:
    line = line_of(up, send(up.address, "GET", "/v1/models/none", RIGHT).headers["x-request-id"])
    assert (line["status"], line["error"]) == (404, "model_not_found")


def test_a_client_s_own_id_is_kept_when_it_is_sane_and_replaced_otherwise(up: RunningServer) -> None:
    kept = send(up.address, "GET", "/v1/models", {**RIGHT, "x-request-id": "mine-1.2_3"}).headers["x-request-id"]
    assert kept == "mine-1.2_3"
    assert line_of(up, kept)["path"] == "/v1/models"
    for given in ("with space", "x" * 65, "<script>", '"', ""):
        answer = send(up.address, "GET", "/v1/models", {**RIGHT, "x-request-id": given})
        assert str(answer.headers["x-request-id"]).startswith("req_")


def test_no_request_can_write_a_line_of_its_own(up: RunningServer) -> None:
    send(up.address, "GET", "/x%0a%7b%22event%22:%22forged%22%7d%1b[31m", RIGHT)
    assert "forged" not in {line["event"] for line in lines_of(up)}
    assert "\x1b" not in up.log.read_text()


def test_health_and_metrics_have_no_line_at_the_default_level(up: RunningServer) -> None:
    ids = {
        send(up.address, "GET", path, RIGHT).headers["x-request-id"] for path in ("/healthz", "/readyz", "/metrics")
    }
    assert not [line for line in lines_of(up) if line.get("request_id") in ids]


# --- what is never in it ----------------------------------------------------------------------------------------


def test_no_prompt_no_answer_and_no_key_is_logged_whatever_happens(up: RunningServer, stub: StubUpstream) -> None:
    quoting = {"error": {"message": f"cannot answer {PROMPT!r} for {KEY}", "type": "t", "param": None, "code": None}}
    try:
        for streamed in (False, True):
            assert send(up.address, "POST", CHAT, RIGHT, asking(stream=streamed)).status == 200
        for status, error in ((400, quoting), (401, quoting), (429, quoting), (500, quoting), (503, quoting)):
            stub.status, stub.error = status, error
            assert send(up.address, "POST", CHAT, RIGHT, asking()).status >= 400
        stub.status = 200
        # What is wrong in a request is quoted to its client only.
        for wrong in ({"temperature": PROMPT}, {"messages": [{"role": PROMPT}]}, {PROMPT: 1}, {"n": 2, "stop": 1}):
            send(up.address, "POST", CHAT, RIGHT, asking(**wrong))
        send(up.address, "POST", CHAT, RIGHT, f'{{"messages": {PROMPT}'.encode())
        for headers in ({"x-api-key": WRONG_KEY}, {"Authorization": f"Bearer {WRONG_KEY}"}):
            send(up.address, "POST", CHAT, headers, asking())
        send(up.address, "GET", f"/v1/models?key={KEY}&q={PROMPT}", RIGHT)
        for fault in ("mid-death", "error-event", "not-json", "half-whole", "empty"):
            stub.fault = fault
            for streamed in (False, True):
                send(up.address, "POST", CHAT, RIGHT, asking(stream=streamed))
    finally:
        stub.status, stub.fault = 200, ""
    line_of(up, send(up.address, "GET", "/v1/models", RIGHT).headers["x-request-id"])
    written = up.log.read_text()
    assert "upstream_error" in written, "the failures are there"
    for secret in (PROMPT, ANSWER, KEY):
        assert secret not in written


async def test_a_fault_of_ours_is_logged_with_its_place_and_without_its_message() -> None:
    async def at_fault(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError(PROMPT)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def nowhere(message: Message) -> None:
        pass

    log = io.StringIO()
    configure_logs(load_settings(), log)
    scope = {"type": "http", "method": "POST", "path": CHAT, "headers": []}
    await Observation(at_fault, Metrics(list))(scope, receive, nowhere)
    fault, access = (json.loads(line) for line in log.getvalue().splitlines())
    assert (fault["event"], fault["level"], access["error"]) == ("request_failed", "error", "ValueError")
    assert "in at_fault" in fault["exception"]
    assert PROMPT not in log.getvalue()


# --- how lines look ---------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(stream: io.StringIO, **settings: str) -> str:
    """What one line of each level becomes."""
    configure_logs(load_settings(**settings), stream)
    log = structlog.get_logger("test")
    for level in ("debug", "info", "warning", "error"):
        getattr(log, level)(f"a {level} line", request_id="req_1", path="/x")
    return stream.getvalue()


def test_lines_are_readable_in_a_terminal_and_json_elsewhere() -> None:
    text = written(Terminal())
    assert "a warning line" in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text.splitlines()[0])
    for line in written(io.StringIO()).splitlines():
        assert json.loads(line).keys() == {"event", "level", "timestamp", "request_id", "path"}


def test_the_setting_log_format_decides_against_the_terminal() -> None:
    assert json.loads(written(Terminal(), log_format="json").splitlines()[0])
    assert "\x1b" not in written(io.StringIO(), log_format="text"), "colours are for terminals"


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_setting_log_level_leaves_out_what_is_less_severe(level: str, count: int) -> None:
    assert len(written(io.StringIO(), log_level=level).splitlines()) == count


def test_a_person_s_choice_reaches_the_real_server(stub: StubUpstream, tmp_path: Path) -> None:
    with running_server(
        tmp_path / "home", upstream_config(stub), CAUSERIE_LOG_FORMAT="text", CAUSERIE_LOG_LEVEL="debug"
    ) as up:
        send(up.address, "GET", "/healthz")
        send(up.address, "GET", "/x%0aforged%1b[31m")
    log = up.log.read_text()
    line = next(line for line in log.splitlines() if "/healthz" in line)
    assert "[debug" in line
    assert "status=200" in line
    assert not [line for line in log.splitlines() if line.startswith("forged")]
    assert "\x1b" not in log
