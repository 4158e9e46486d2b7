"""`/metrics`, read as Prometheus reads it."""

import http.client
import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.inference.stub_upstream import StubUpstream
from tests.running import running_server
from tests.server.raw import send
from tests.server.serving import stub_in_a_thread, upstream_config

pytestmark = pytest.mark.xdist_group("metrics")

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def stub() -> Iterator[StubUpstream]:
    with stub_in_a_thread() as running:
        yield running


@pytest.fixture(scope="module")
def address(stub: StubUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("metrics") / "home", upstream_config(stub)) as up:
        yield up.address


def asking(*, stream: bool) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": "Hello"}], "stream": stream}).encode()


class Figures:
    """All samples of one scrape."""

    def __init__(self, address: str) -> None:
        answer = send(address, "GET", "/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = text_string_to_metric_families(answer.body.decode())
        self.samples = [sample for family in families for sample in family.samples]

    def labels(self, name: str) -> list[dict[str, str]]:
        return [sample.labels for sample in self.samples if sample.name == name]

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples of this name with these labels."""
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )


def settled(address: str) -> Figures:
    """The figures when all requests but this one have ended: clients may see an answer's end before it is counted."""
    for _ in range(1200):
        figures = Figures(address)
        if figures("causerie_requests_in_flight") == 1:
            return figures
        time.sleep(0.05)
    pytest.fail("requests are still in progress")


def test_each_request_is_counted_and_timed_by_its_route_method_and_status(address: str) -> None:
    before = settled(address)
    send(address, "GET", "/v1/models")
    send(address, "GET", "/v1/models/none-of-this-name")
    send(address, "POST", CHAT, body=b"{}")
    after = settled(address)

    def added(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert added("causerie_requests_total", route="/v1/models", method="GET", status="200") == 1
    assert added("causerie_requests_total", route="/v1/models/{model:path}", method="GET", status="404") == 1
    assert added("causerie_requests_total", route=CHAT, method="POST", status="400") == 1
    assert added("causerie_request_duration_seconds_count", route="/v1/models") == 1
    assert added("causerie_request_duration_seconds_sum", route="/v1/models") > 0


def test_no_client_can_make_new_labels(address: str) -> None:
    for number in range(20):
        send(address, "GET", f"/made-up-{number}")
        send(address, ("PROPFIND", "MKCOL", "TRACE")[number % 3], "/v1/models")
        send(address, "POST", CHAT, body=json.dumps({"model": f"made-up-{number}", "messages": []}).encode())
    figures = settled(address)
    assert figures("causerie_requests_total", route="unmatched", method="GET", status="404") >= 20
    assert figures("causerie_requests_total", method="OTHER") >= 20
    every = [value for sample in figures.samples for value in sample.labels.values()]
    assert not [value for value in every if "made-up" in value or value in ("PROPFIND", "MKCOL", "TRACE")]


def test_tokens_are_counted_by_model_and_direction(address: str, stub: StubUpstream) -> None:
    before = settled(address)
    send(address, "POST", CHAT, body=asking(stream=False))
    after = settled(address)
    for direction, count in (("input", 3), ("output", 2)):  # as the stub's usage says
        labels = {"model": stub.model, "direction": direction}
        assert after("causerie_tokens_total", **labels) - before("causerie_tokens_total", **labels) == count


def test_the_time_to_the_first_token_is_that_of_streams(address: str, stub: StubUpstream) -> None:
    name = "causerie_time_to_first_token_seconds_count"
    before = settled(address)(name, model=stub.model)
    send(address, "POST", CHAT, body=asking(stream=False))
    send(address, "POST", CHAT, body=asking(stream=True))
    assert settled(address)(name, model=stub.model) - before == 1


def test_an_answer_that_nobody_waited_for_is_counted_as_cancelled(address: str, stub: StubUpstream) -> None:
    stub.fault = "hang-mid"
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    connection.request("POST", CHAT, asking(stream=True))
    answer = connection.getresponse()
    assert answer.readline().startswith(b"data: ")
    assert Figures(address)("causerie_requests_in_flight") == 2, "the answer, and the scrape itself"
    answer.close()
    connection.close()
    stub.fault = ""
    assert settled(address)("causerie_requests_cancelled_total", route=CHAT) == 1


def test_each_model_is_in_one_state_and_takes_memory_only_when_it_is_loaded(address: str, stub: StubUpstream) -> None:
    figures = settled(address)
    names = {labels["model"] for labels in figures.labels("causerie_model_state")}
    assert stub.model in names
    for name in names:
        assert figures("causerie_model_state", model=name) == 1
    assert figures("causerie_model_state", model=stub.model, state="ready") == 1
    loaded = {name for name in names if figures("causerie_model_state", model=name, state="ready")}
    assert {labels["model"] for labels in figures.labels("causerie_model_memory_bytes")} == loaded
