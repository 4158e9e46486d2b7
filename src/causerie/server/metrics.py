"""Figures for Prometheus at `/metrics`.

Does: count requests, times and tokens, by route and model, in a registry of the application's own; ask the router for
the state of each model when scraped.
Does not: keep history or make graphs. Label values come from fixed lists and installed models, never from a request's
text, so that a client cannot make the registry grow.
Try it: curl http://127.0.0.1:8080/metrics
"""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from causerie.inference.contract import ModelStatus
from causerie.server.records import Record

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DURATIONS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
STATES = ("unloaded", "loading", "ready", "failed")


class ModelStates(Collector):
    """State and memory of each model, read when Prometheus asks."""

    def __init__(self, models: Callable[[], list[ModelStatus]]) -> None:
        self._models = models

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the router may not have started when the registry is made."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """One sample for each model and state, and its memory."""
        state = GaugeMetricFamily("causerie_model_state", "1 for the state it is in", labels=["model", "state"])
        memory = GaugeMetricFamily("causerie_model_memory_bytes", "Memory of loaded models", labels=["model"])
        for status in self._models():
            for name in STATES:
                state.add_metric([status.name, name], float(status.state == name))
            if status.state == "ready":
                memory.add_metric([status.name], status.memory_bytes)
        return [state, memory]


class Metrics:
    """The counters of one application."""

    def __init__(self, models: Callable[[], list[ModelStatus]]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "causerie_requests", "Requests answered", ["route", "method", "status"], registry=self._registry
        )
        self._duration = Histogram(
            "causerie_request_duration_seconds", "From request to the answer's last byte",
            ["route"], buckets=DURATIONS_S, registry=self._registry,
        )  # fmt: skip
        self._first_token = Histogram(
            "causerie_time_to_first_token_seconds", "From request to the answer's first piece",
            ["model"], buckets=DURATIONS_S, registry=self._registry,
        )  # fmt: skip
        self._tokens = Counter(
            "causerie_tokens", "Tokens read (input) and written (output)", ["model", "direction"],
            registry=self._registry,
        )  # fmt: skip
        self._cancelled = Counter(
            "causerie_requests_cancelled", "Answers stopped because the client went away", ["route"],
            registry=self._registry,
        )  # fmt: skip
        self.in_flight = Gauge("causerie_requests_in_flight", "Requests being answered now", registry=self._registry)
        self._registry.register(ModelStates(models))
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, record: Record) -> None:
        """Add one ended request."""
        key = (record.route, record.method, record.status)
        known = self._counters.get(key)
        if known is None:
            # Looking labels up costs more than counting: keep the children. Routes, methods and statuses are few.
            known = (self._requests.labels(*key), self._duration.labels(record.route))
            self._counters[key] = known
        known[0].inc()
        known[1].observe(record.elapsed_s())
        if record.cancelled:
            self._cancelled.labels(record.route).inc()
        if record.model:
            if record.streamed and record.first_token_s:
                self._first_token.labels(record.model).observe(record.first_token_s)
            if record.tokens_in:
                self._tokens.labels(record.model, "input").inc(record.tokens_in)
            if record.tokens_out:
                self._tokens.labels(record.model, "output").inc(record.tokens_out)

    def render(self) -> bytes:
        """All figures in Prometheus' text form."""
        return generate_latest(self._registry)
