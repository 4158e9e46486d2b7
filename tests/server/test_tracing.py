"""Traces, as a collector gets them: a receiver that speaks OTLP over HTTP takes what the real server sends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import openai
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.inference.stub_upstream import StubUpstream
from tests.running import running_server
from tests.server.raw import send
from tests.server.serving import stub_in_a_thread, upstream_config

pytestmark = pytest.mark.xdist_group("tracing")

Spans = dict[str, tuple[Span, dict[str, Any], dict[str, Any]]]
"""By the kind of request: the span, its attributes, those of its resource."""
PROMPT = "my-secret-prompt"
ANSWER = "my-secret-answer"


@dataclass
class Collector:
    """What came to the receiver."""

    address: str = ""
    paths: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def spans(self) -> list[tuple[Span, dict[str, Any], dict[str, Any]]]:
        """Each span, its attributes and those of its resource."""
        found = []
        for body in self.raw:
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                of = values(group.resource.attributes)
                found += [(span, values(span.attributes), of) for scope in group.scope_spans for span in scope.spans]
        return found


def values(attributes: Any) -> dict[str, Any]:
    def value(pair: KeyValue) -> Any:
        return getattr(pair.value, str(pair.value.WhichOneof("value")))

    return {pair.key: value(pair) for pair in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/x-protobuf"
            collector.paths.append(self.path)
            collector.raw.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    collector.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def stub() -> Iterator[StubUpstream]:
    with stub_in_a_thread(ANSWER) as running:
        yield running


def asked_of(client: openai.OpenAI) -> dict[str, str]:
    ids: dict[str, str] = {}
    messages: Any = [{"role": "user", "content": PROMPT}]
    whole = client.chat.completions.with_raw_response.create(model="", messages=messages)
    ids["chat"] = whole.headers["x-request-id"]
    with client.chat.completions.with_streaming_response.create(model="", messages=messages, stream=True) as streamed:
        ids["stream"] = streamed.headers["x-request-id"]
        streamed.read()
    vectors = client.embeddings.with_raw_response.create(model="theirs", input=PROMPT, encoding_format="float")
    ids["embeddings"] = vectors.headers["x-request-id"]
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="none-such", messages=messages)
    ids["refused"] = str(refused.value.request_id)
    return ids


@pytest.fixture(scope="module")
def spans(stub: StubUpstream, tmp_path_factory: pytest.TempPathFactory) -> Spans:
    """What the collector got, by the kind of request."""
    with collecting() as collector:
        home = tmp_path_factory.mktemp("traced") / "home"
        with running_server(home, upstream_config(stub), CAUSERIE_OTLP_ENDPOINT=collector.address) as up:
            with openai.OpenAI(base_url=f"{up.address}/v1", api_key="none", max_retries=0) as client:
                ids = asked_of(client)
            send(up.address, "GET", "/v1/models")
    assert set(collector.paths) == {"/v1/traces"}
    by_id = {attributes["causerie.request_id"]: (span, attributes, of) for span, attributes, of in collector.spans()}
    assert by_id.keys() == set(ids.values()), "one span for each answer, and none for what asks no model"
    return {kind: by_id[request_id] for kind, request_id in ids.items()}


@pytest.mark.parametrize(
    ("kind", "operation", "tokens"),
    [("chat", "chat", (3, 2)), ("stream", "chat", (0, 0)), ("embeddings", "embeddings", (3, 0))],
)
def test_a_span_has_the_attributes_of_the_genai_conventions(
    spans: Spans, stub: StubUpstream, kind: str, operation: str, tokens: tuple[int, int]
) -> None:
    span, attributes, resource = spans[kind]
    assert span.name == f"{operation} {stub.model}"
    assert attributes["gen_ai.operation.name"] == operation
    assert attributes["gen_ai.request.model"] == stub.model
    assert attributes["gen_ai.provider.name"] == "causerie"
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == tokens
    assert (attributes["http.request.method"], attributes["http.response.status_code"]) == ("POST", 200)
    assert attributes["http.route"].startswith("/v1/")
    assert resource["service.name"] == "causerie"
    assert resource["service.version"]


def test_a_span_lasts_as_long_as_its_answer(spans: Spans) -> None:
    for span, _, _ in spans.values():
        assert span.kind == Span.SPAN_KIND_SERVER
        assert 0 < span.end_time_unix_nano - span.start_time_unix_nano < 60e9
        assert abs(time.time_ns() - span.end_time_unix_nano) < 600e9
    assert spans["stream"][1]["causerie.time_to_first_token_s"] > 0


def test_a_refusal_is_a_span_with_its_error(spans: Spans) -> None:
    span, attributes, _ = spans["refused"]
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert (attributes["error.type"], attributes["http.response.status_code"]) == ("model_not_found", 404)
    assert spans["chat"][0].status.code != Status.STATUS_CODE_ERROR
    assert "error.type" not in spans["chat"][1]


@pytest.mark.parametrize("variable", ["CAUSERIE_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_what_was_not_sent_yet_is_sent_when_the_system_stops_the_server_and_no_text_ever(
    stub: StubUpstream, tmp_path: Path, variable: str
) -> None:
    with collecting() as collector:
        endpoint = {variable: f"{collector.address}/v1/traces"}
        with running_server(tmp_path / "home", upstream_config(stub), **endpoint) as up:
            send(
                up.address,
                "POST",
                "/v1/chat/completions",
                body=f'{{"messages":[{{"role":"user","content":"{PROMPT}"}}]}}'.encode(),
            )
            os.kill(up.pid, signal.SIGTERM)
    assert [span.name for span, _, _ in collector.spans()] == [f"chat {stub.model}"]
    assert not [secret for secret in (PROMPT, ANSWER) if secret.encode() in b"".join(collector.raw)]


def test_a_collector_that_is_away_costs_no_answer(stub: StubUpstream, tmp_path: Path) -> None:
    with running_server(tmp_path / "home", upstream_config(stub), CAUSERIE_OTLP_ENDPOINT="http://127.0.0.1:9") as up:
        answer = send(
            up.address, "POST", "/v1/chat/completions", body=b'{"messages":[{"role":"user","content":"Hi"}]}'
        )
        assert answer.status == 200


def test_without_an_endpoint_the_sdk_is_not_even_loaded() -> None:
    code = (
        "import sys; from causerie.server.app import create_app; from causerie.settings import load_settings;"
        "create_app(load_settings());"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
