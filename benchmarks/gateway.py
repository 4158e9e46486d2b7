"""causerie as a gateway before another OpenAI-compatible server, against LiteLLM's proxy.

Method: a stub upstream in C (`stub_upstream.c`) answers 1 ms after each request. Both gateways stand before it at the
same time, with one worker process each on processor core 0; the stub and the load generator (`load.c`, closed loop,
every latency kept) share core 1. Each repetition starts both anew, then loads stub, causerie and LiteLLM in turn with
the same requests: answers whole, streamed (9 pieces at once after 1 ms), paced (a piece each 1 ms), over 32
connections and, for the latency that is added, over one. Both check a key and the request. causerie is run with
`causerie up`: validation, metrics, logs at their defaults. LiteLLM runs as its production page says (master key, no
verbose, errors only in the log, one worker, LITELLM_MODE=PRODUCTION), without database and without its metrics
callback, which would slow it; its price map is read from its package, because fetching it would slow its start.
"Added" is the latency through a gateway less the stub's own at as many connections in the same repetition. Memory is
the resident memory of the process tree right after the load; start-up runs from `exec` to the first answer.
Not measured: TLS, several workers, errors and retries of the upstream, long prompts, a network.
Try it: python -m benchmarks.gateway --quick
Sources: https://docs.litellm.ai/docs/proxy/prod (LiteLLM's production settings).
"""

import json
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from benchmarks.programs import compiled, peer_python, peer_version, run_load
from benchmarks.servers import Running, free_port, on_core, server

if TYPE_CHECKING:
    from collections.abc import Callable

GATEWAY_CORE, STUB_CORE = 0, 1
DELAY_US = 1000
CONNECTIONS = 32
CAPACITY_CONNECTIONS = 128
KEY = "sk-benchmark"
LITELLM = "litellm[proxy]>=1.106"
PEER = "LiteLLM's proxy"
QUESTION = {"messages": [{"role": "user", "content": "What does the quick brown fox do?"}], "temperature": 0.5}
BODIES: dict[str, dict[str, Any]] = {
    "whole": {"model": "stub", **QUESTION},
    "streamed": {"model": "stub", "stream": True, **QUESTION},
    "paced": {"model": "paced", "stream": True, **QUESTION},
}
EXPECTED = {"whole": "over it.", "streamed": "[DONE]", "paced": "[DONE]"}
LITELLM_YAML = """\
model_list:
  - model_name: stub
    litellm_params: {{model: openai/stub, api_base: "http://127.0.0.1:{stub}/v1", api_key: unused}}
  - model_name: paced
    litellm_params: {{model: openai/stub, api_base: "http://127.0.0.1:{paced}/v1", api_key: unused}}
general_settings: {{master_key: {key}}}
litellm_settings: {{set_verbose: false, request_timeout: 600}}
"""
CAUSERIE_TOML = """\
api_keys = ["{key}"]
[[upstreams]]
name = "stub"
base_urls = ["http://127.0.0.1:{stub}/v1"]
models = ["stub"]
[[upstreams]]
name = "paced"
base_urls = ["http://127.0.0.1:{paced}/v1"]
models = ["paced"]
"""


def stub(stack: ExitStack, *, paced: bool) -> int:
    """Start a stub upstream and return its port."""
    port = free_port()
    command = [*on_core(STUB_CORE), str(compiled("stub_upstream")), str(port), str(DELAY_US), str(int(paced))]
    return stack.enter_context(server(command, port, probe="/v1/models")).port


def causerie(stack: ExitStack, folder: Path, ports: dict[str, int]) -> Running:
    """Start `causerie up` before both stubs."""
    home = folder / "causerie"
    home.mkdir(mode=0o700)
    (home / "causerie.toml").write_text(CAUSERIE_TOML.format(key=KEY, **ports), encoding="utf-8")
    port = free_port()
    command = [*on_core(GATEWAY_CORE), "env", f"CAUSERIE_HOME={home}", sys.executable, "-m", "causerie.cli.main"]
    command += ["up", "--no-browser", "--port", str(port)]
    return stack.enter_context(server(command, port, probe=BODIES["whole"], key=KEY))


def litellm(stack: ExitStack, folder: Path, ports: dict[str, int]) -> Running:
    """Start LiteLLM's proxy before both stubs."""
    (folder / "litellm.yaml").write_text(LITELLM_YAML.format(key=KEY, **ports), encoding="utf-8")
    port = free_port()
    variables = ["LITELLM_LOG=ERROR", "LITELLM_MODE=PRODUCTION", "LITELLM_LOCAL_MODEL_COST_MAP=True"]
    program = peer_python("litellm", [LITELLM]).with_name("litellm")
    command = [*on_core(GATEWAY_CORE), "env", *variables, str(program), "--config", str(folder / "litellm.yaml")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    return stack.enter_context(server(command, port, probe=BODIES["whole"], key=KEY))


def capacity() -> dict[str, float]:
    """Answers a second that the stub gives when no gateway stands before it."""
    with ExitStack() as stack:
        port = stub(stack, paced=False)
        load = partial(run_load, port=port, connections=CAPACITY_CONNECTIONS, prefix=on_core(GATEWAY_CORE))
        measured = {kind: load(body=BODIES[kind], seconds=2.0, warm_up_s=0.5) for kind in ("whole", "streamed")}
    return {kind: each["requests"] / each["seconds"] for kind, each in measured.items()}


def one_repetition(*, quick: bool, backwards: bool) -> Repetition:
    """Start everything, load everything in turn, and stop everything."""
    seconds = 2.0 if quick else 8.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = {"stub": stub(stack, paced=False), "paced": stub(stack, paced=True)}
        gateways = {
            "causerie": causerie(stack, folder, ports),
            "litellm": litellm(stack, folder, ports),
        }
        turns: dict[str, Callable[[], Any]] = {}
        for kind, body in BODIES.items():
            for connections in (CONNECTIONS, 1):
                run = partial(
                    run_load, body=body, connections=connections, key=KEY, expect=EXPECTED[kind], warm_up_s=1.0,
                    prefix=on_core(STUB_CORE), seconds=seconds if connections > 1 else min(seconds, 3.0),
                )  # fmt: skip
                own = ports["paced" if kind == "paced" else "stub"]
                turns[f"{kind} {connections} stub"] = partial(run, port=own, seconds=1.0)
                for name, gateway in gateways.items():
                    turns[f"{kind} {connections} {name}"] = partial(run, port=gateway.port)
        measured = take_turns(turns, backwards=backwards)
        return {
            "start_up_s": {name: round(gateway.start_up_s, 3) for name, gateway in gateways.items()},
            "memory_mb": {name: round(gateway.memory_bytes() / 1e6, 1) for name, gateway in gateways.items()},
            **measured,
        }


def rate(repetition: Repetition, kind: str, name: str) -> float:
    """Answers a second over 32 connections."""
    measured = repetition[f"{kind} {CONNECTIONS} {name}"]
    return float(measured["requests"] / measured["seconds"])


def added_ms(repetition: Repetition, kind: str, connections: int, name: str, rank: str) -> float:
    """Latency that the gateway adds to the stub's own, at a percentile."""
    through, alone = (repetition[f"{kind} {connections} {each}"]["latency_us"][rank] for each in (name, "stub"))
    return float(through - alone) / 1000


def ratio(
    name: str, goal: float, ours: list[float], theirs: list[float], *, measured_in: str, higher: bool = False
) -> Figure:
    """Our figure divided by LiteLLM's, repetition by repetition."""
    return Figure(
        name=name, value=median(mine / its for mine, its in zip(ours, theirs, strict=True)), goal=goal, unit="x",
        better="higher" if higher else "lower", peer=PEER, peer_value=median(theirs), our_value=median(ours),
        measured_in=measured_in,
    )  # fmt: skip


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""
    made: list[Figure] = []
    for kind in BODIES:
        ours, theirs = ([rate(each, kind, name) for each in repetitions] for name in ("causerie", "litellm"))
        made.append(ratio(f"answers a second, {kind}", 20, ours, theirs, measured_in="/s", higher=True))
    for kind in BODIES:
        ours, theirs = (
            [added_ms(each, kind, CONNECTIONS, name, "p99") for each in repetitions]
            for name in ("causerie", "litellm")
        )
        made.append(ratio(f"p99 latency added, {kind}", 0.05, ours, theirs, measured_in="ms"))
    for kind in BODIES:
        ours, theirs = (
            [added_ms(each, kind, 1, name, "p50") for each in repetitions] for name in ("causerie", "litellm")
        )
        made.append(
            Figure(name=f"latency added at one connection, {kind}", value=median(ours), goal=1, better="lower",
                   unit="ms", peer=PEER, peer_value=median(theirs))
        )  # fmt: skip
    for what, goal, unit in (("memory_mb", 0.25, "MB"), ("start_up_s", 0.125, "s")):
        ours, theirs = ([each[what][name] for each in repetitions] for name in ("causerie", "litellm"))
        label = "memory after the load" if what == "memory_mb" else "start-up to the first answer"
        made.append(ratio(label, goal, ours, theirs, measured_in=unit))
    for kind in ("whole", "streamed"):
        given = median(each["stub_capacity_per_s"][kind] for each in repetitions)
        made.append(
            Figure(
                name=f"what the stub itself can give, {kind}", value=given, goal=20_000, better="higher", unit="/s"
            )
        )
    return made


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    python = peer_python("litellm", [LITELLM])
    repetitions: list[Repetition] = []
    for number in range(1 if given.quick else 5):
        print(f"repetition {number + 1}", flush=True)
        repetitions.append(
            {"stub_capacity_per_s": capacity(), **one_repetition(quick=given.quick, backwards=number % 2 == 1)}
        )
    publish(
        "gateway",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={
            "delay_us": DELAY_US, "connections": CONNECTIONS, "gateway_core": GATEWAY_CORE, "stub_core": STUB_CORE,
            "bodies": json.loads(json.dumps(BODIES)), "litellm_yaml": LITELLM_YAML, "causerie_toml": CAUSERIE_TOML,
        },
        peer_versions={name: peer_version(python, name) for name in ("litellm",)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
