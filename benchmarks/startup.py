"""From `git clone` to the first token, and what the server weighs before a model is loaded.

Method: clone this repository's last commit into a temporary folder, run `make run` there with a fresh data folder,
ask for `/healthz` every 10 ms, then ask the starter model for an answer. A first run, not recorded, fills the caches
of pip and npm, so that the network is not what is measured; the others install everything anew from those caches:
virtual environment, packages, Node where the system has none, the page. Then the same folder is run a second time,
which must install nothing. Memory is the resident memory of `causerie up` with its child processes, after its page
and its list of models were asked for and before any model is loaded, beside that of LiteLLM's proxy as `gateway.py`
starts it, by turns.
Not measured: downloads, the browser, Debian packages.
Try it: python -m benchmarks.startup --quick      (one recorded run of about a minute, the caches as they are)
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.gateway import LITELLM, PEER, litellm, stub
from benchmarks.measure import ROOT, Figure, Repetition, median, options, publish, take_turns
from benchmarks.programs import peer_python, peer_version, run_load
from benchmarks.servers import Running, free_port, get_status, server

QUESTION = {
    "model": "starter", "stream": True, "max_tokens": 8, "messages": [{"role": "user", "content": "Say hello."}],
}  # fmt: skip
INSTALL_LIMIT_S = 900.0


def first_token_s(running: Running) -> float:
    """From the start of the server's process to the first token that it streams, the model's load included."""
    asked = run_load(port=running.port, body=QUESTION, connections=1, requests=1)
    return running.start_up_s + float(asked["first_token_us"]["p50"]) / 1e6


def make_run(clone: Path, home: Path) -> dict[str, float]:
    """Run `make run` until it has answered, and stop it."""
    port = free_port()
    command = ["env", f"CAUSERIE_HOME={home}", "make", "run", f"ARGS=--no-browser --port {port}"]
    with server(command, port, probe="/healthz", folder=clone, limit_s=INSTALL_LIMIT_S) as running:
        return {"up_s": round(running.start_up_s, 3), "first_token_s": round(first_token_s(running), 3)}


def clone_and_run() -> dict[str, dict[str, float]]:
    """A fresh clone's first and second `make run`."""
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        return {"first": make_run(clone, home), "second": make_run(clone, home)}


def our_memory_mb() -> float:
    """Of `causerie up` with no model loaded."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = ["env", f"CAUSERIE_HOME={home}", sys.executable, "-m", "causerie.cli.main", "up", "--no-browser"]
        with server([*command, "--port", str(port)], port, probe="/healthz") as running:
            for path in ("/", "/v1/models"):
                get_status(port, path)
            return round(running.memory_bytes() / 1e6, 1)


def their_memory_mb() -> float:
    """Of LiteLLM's proxy, which never loads one."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stub(stack, paced=False)
        return round(litellm(stack, folder, {"stub": port, "paced": port}).memory_bytes() / 1e6, 1)


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def of(turn: str, run: str, what: str) -> float:
        return median(each[turn][run][what] for each in repetitions)

    return [
        Figure(name="`make run` in a fresh clone, to the first token", value=of("make run", "first", "first_token_s"),
               goal=60, better="lower", unit="s"),
        Figure(name="second `make run`, until it answers", value=of("make run", "second", "up_s"),
               goal=3, better="lower", unit="s"),
        Figure(name="second `make run`, to the first token", value=of("make run", "second", "first_token_s"),
               goal=5, better="lower", unit="s"),
        Figure(name="memory of the server without a model", goal=120, better="lower", unit="MB", peer=PEER,
               value=median(each["our memory MB"] for each in repetitions),
               peer_value=median(each["LiteLLM's memory MB"] for each in repetitions)),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    python = peer_python("litellm", [LITELLM])
    if not given.quick:
        print("filling the caches", flush=True)
        clone_and_run()
    turns: dict[str, Any] = {
        "make run": clone_and_run,
        "our memory MB": our_memory_mb,
        "LiteLLM's memory MB": their_memory_mb,
    }
    repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 3)]
    publish(
        "startup",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={"question": QUESTION, "poll_s": 0.01},
        peer_versions={"litellm": peer_version(python, "litellm")},
    )


if __name__ == "__main__":
    main()
