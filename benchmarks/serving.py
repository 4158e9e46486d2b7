"""The whole stack before a real model, against the bare engine listener and against transformers.

Method: `causerie up` with its defaults, and one more child process of `inference/llama.py` with the same parameters,
asked directly over its own HTTP. Both hold the starter model and get the same request from the same client (`load.c`,
a new connection for each request, greedy, 128 tokens, usage asked for), by turns: one stream, four streams, and, for
the first token, short answers one after another. The prompt is the same each time, so that both find it in their
cache and the difference in the first token is the stack's. transformers' `generate` answers the same prompt from the
same GGUF with as many new tokens, one sequence at a time as a person asks, in each of the number formats that it can
turn the 4-bit weights into: float32 is what it does when it is told nothing. `transformers_peer.py` is its side.
All of it on all cores; only one of them works at a time. The peer keeps its weights in memory meanwhile.
Streams dropped are counted over all repetitions: short answers, eight at once for four slots.
Not measured: long prompts, many different prompts, GPUs; several prompts in one batch of `generate`, where bfloat16
brings transformers nearer (about 150 tokens/s for four on the machine of the table).
Try it: python -m benchmarks.serving --quick
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.measure import ROOT, Figure, Repetition, median, options, publish, take_turns
from benchmarks.programs import peer_python, peer_version, run_load
from benchmarks.servers import free_port, server
from causerie.inference.catalogue import find
from causerie.inference.llama import start_llama
from causerie.inference.wire import client_session
from causerie.settings import load_settings

MODEL = "starter"
PROMPT = "Tell me a long story about a lighthouse keeper."
NEW_TOKENS = 128
SHORT_TOKENS = 16
DTYPES = ("float32", "bfloat16", "float16")
TRANSFORMERS = ["torch==2.13.0", "transformers>=5", "gguf>=0.17", "accelerate>=1.10"]


def request(model: str, max_tokens: int = NEW_TOKENS) -> dict[str, Any]:
    """A greedy, streamed question."""
    return {
        "model": model, "stream": True, "stream_options": {"include_usage": True}, "temperature": 0,
        "max_tokens": max_tokens, "messages": [{"role": "user", "content": PROMPT}],
    }  # fmt: skip


@contextmanager
def bare_engine() -> Iterator[tuple[int, str, str]]:
    """A child process as the server starts it; gives its port, its secret and its model's name."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, daemon=True).start()

    def wait_for(work: Any) -> Any:  # noqa: ANN401 - whatever the coroutine gives
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=120)

    async def started() -> Any:  # noqa: ANN401 - two things of other modules
        session = client_session(keep_alive=False)
        return session, await start_llama(find(settings, MODEL), settings, session)

    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home)
        session, engine = wait_for(started())
        try:
            yield int(engine.child.address.rpartition(":")[2]), engine.child.secret, find(settings, MODEL).name
        finally:
            wait_for(engine.close())
            wait_for(session.close())
            loop.call_soon_threadsafe(loop.stop)


@contextmanager
def causerie() -> Iterator[int]:
    """`causerie up`, its model loaded; gives its port."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = ["env", f"CAUSERIE_HOME={home}", sys.executable, "-m", "causerie.cli.main", "up", "--no-browser"]
        probe = {"model": MODEL, "max_tokens": 1, "messages": [{"role": "user", "content": PROMPT}]}
        with server([*command, "--port", str(port)], port, probe=probe):
            yield port


class Peer:
    """transformers, in a process of its own that answers line by line."""

    def __init__(self, python: Path) -> None:
        with tempfile.TemporaryDirectory() as home:
            path = find(load_settings(home=home), MODEL).path
        command = [str(python), "-m", "benchmarks.transformers_peer", str(path), *DTYPES]
        self.process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.read()

    def read(self) -> dict[str, Any]:
        """One line of its output."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError("benchmarks/transformers_peer.py ended; run it by hand to see why")
        said: dict[str, Any] = json.loads(line)
        return said

    def generate(self, dtype: str) -> dict[str, Any]:
        """One answer."""
        if self.process.stdin:
            self.process.stdin.write(json.dumps({"prompt": PROMPT, "new_tokens": NEW_TOKENS, "dtype": dtype}) + "\n")
            self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


def turns_of(port: int, engine: tuple[int, str, str], peer: Peer, *, quick: bool) -> dict[str, Any]:
    """What is run in each repetition, by name."""
    engine_port, secret, name = engine
    load = partial(run_load, expect="[DONE]", reconnect=True)
    sides = {
        "causerie": (partial(load, port=port), MODEL),
        "engine": (partial(load, port=engine_port, key=secret), name),
    }
    times = 1 if quick else 3
    turns: dict[str, Any] = {}
    for side, (ask, model) in sides.items():
        turns[f"1 stream {side}"] = partial(ask, body=request(model), connections=1, requests=2 * times)
    for side, (ask, model) in sides.items():
        turns[f"4 streams {side}"] = partial(ask, body=request(model), connections=4, requests=8 * times)
    for side, (ask, model) in sides.items():
        turns[f"first token {side}"] = partial(ask, body=request(model, 2), connections=1, requests=20 * times)
    ask, model = sides["causerie"]
    turns["many streams"] = partial(
        ask, body=request(model, SHORT_TOKENS), connections=8, requests=20 if quick else 100, tolerant=True
    )
    return turns | {f"transformers {dtype}": partial(peer.generate, dtype) for dtype in DTYPES}


def tokens_per_s(repetition: Repetition, turn: str) -> float:
    """Over the whole turn, prompts included."""
    return float(repetition[turn]["completion_tokens"] / repetition[turn]["seconds"])


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def rates(turn: str) -> list[float]:
        return [tokens_per_s(each, turn) for each in repetitions]

    def ratio(name: str, goal: float, turn: str, other: str, peer: str) -> Figure:
        ours, theirs = rates(turn), rates(other)
        return Figure(
            name=name, value=median(mine / its for mine, its in zip(ours, theirs, strict=True)), goal=goal, unit="x",
            better="higher", peer=peer, peer_value=median(theirs), our_value=median(ours), measured_in="tokens/s",
        )  # fmt: skip

    def first_token_ms(side: str) -> list[float]:
        return [each[f"first token {side}"]["first_token_us"]["p50"] / 1000 for each in repetitions]

    tried = sum(each["many streams"]["requests"] + each["many streams"]["errors"] for each in repetitions)
    dropped = sum(each["many streams"]["errors"] for each in repetitions)
    later = [ours - its for ours, its in zip(first_token_ms("causerie"), first_token_ms("engine"), strict=True)]
    engine = "the engine's own listener"
    return [
        ratio("tokens a second, 1 stream", 0.97, "1 stream causerie", "1 stream engine", engine),
        ratio("tokens a second, 4 streams", 0.97, "4 streams causerie", "4 streams engine", engine),
        ratio("4 streams over 1", 1.4, "4 streams causerie", "1 stream causerie", "causerie, 1 stream"),
        Figure(name="first token later than the engine's, median", value=median(later), goal=3, better="lower",
               unit="ms", peer=f"{engine}, to the first token", peer_value=median(first_token_ms("engine"))),
        Figure(name=f"streams dropped of {tried}", value=dropped, goal=0, better="lower", unit="streams"),
        *(ratio(f"tokens a second, 1 stream, over transformers in {dtype}", 5, "1 stream causerie",
                f"transformers {dtype}", f"transformers' generate, {dtype}") for dtype in DTYPES),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    python = peer_python("transformers", TRANSFORMERS)
    peer = Peer(python)
    try:
        with causerie() as port, bare_engine() as engine:
            turns = turns_of(port, engine, peer, quick=given.quick)
            for warm_up in ("1 stream causerie", "1 stream engine"):
                turns[warm_up]()
            repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 5)]
    finally:
        peer.close()
    publish(
        "serving",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={"request": request(MODEL), "short_tokens": SHORT_TOKENS, "requirements": TRANSFORMERS},
        peer_versions={name: peer_version(python, name) for name in ("torch", "transformers")},
    )


if __name__ == "__main__":
    main()
