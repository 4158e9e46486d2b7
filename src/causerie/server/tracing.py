"""OpenTelemetry traces of model requests, with the attributes of the GenAI conventions.

Does: one span for each request to a model, sent in batches over OTLP/HTTP, when `otlp_endpoint` is set.
Does not: record prompts or answers, ever; load OpenTelemetry's SDK when no endpoint is set (it costs memory).
Conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
Try it: CAUSERIE_OTLP_ENDPOINT=http://127.0.0.1:4318 causerie up
"""

import time

from causerie.server.records import Record

SEND_S = 3.0
"""Seconds that sending a batch may take, further tries included; a collector that is away delays the end as long."""


class Tracing:
    """Makes a span of each record; one for the application.

    Args:
        endpoint: OTLP over HTTP, with or without the path `/v1/traces`.
        version: Of causerie, for the traces' resource.
    """

    def __init__(self, endpoint: str, version: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        url = endpoint if endpoint.endswith("/v1/traces") else endpoint.rstrip("/") + "/v1/traces"
        resource = Resource.create({"service.name": "causerie", "service.version": version})
        provider = TracerProvider(resource=resource)  # it sends what is left when Python exits
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=SEND_S)))
        self._tracer = provider.get_tracer("causerie")

    def count(self, record: Record) -> None:
        """Send one ended request as a span; requests that asked no model are not traced."""
        if not record.operation:
            return
        from opentelemetry.trace import SpanKind, Status, StatusCode

        ended_ns = time.time_ns()
        span = self._tracer.start_span(
            f"{record.operation} {record.model}".strip(),
            kind=SpanKind.SERVER,
            start_time=ended_ns - int(record.elapsed_s() * 1e9),
            attributes={
                "gen_ai.operation.name": record.operation,
                "gen_ai.provider.name": "causerie",
                "gen_ai.request.model": record.model,
                "gen_ai.usage.input_tokens": record.tokens_in,
                "gen_ai.usage.output_tokens": record.tokens_out,
                "http.request.method": record.method,
                "http.route": record.route,
                "http.response.status_code": record.status,
                "causerie.request_id": record.request_id,
            },
        )
        if record.first_token_s:
            span.set_attribute("causerie.time_to_first_token_s", record.first_token_s)
        if record.error:
            span.set_attribute("error.type", record.error)
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=ended_ns)
