"""The same 500 questions to the same model on the same server, by `causerie eval` and by lm-evaluation-harness.

Method: `causerie up` serves the starter model with its defaults. By turns, each from the start of its process to its
end: `causerie eval` on a suite of 500 additions, all asked anew (`--fresh`), and `lm_eval` on the same questions from
a file, through the same server's `/v1/chat/completions`, with its samples logged, once as it comes (one question at a
time) and once with as many in flight as ours has. Both are greedy, at most 8 new tokens, no stop text; both take the
last number of the answer. The harness may not go to the network. The start is the time from the start of the process
to the first answer that it has: for ours the first line of `items.jsonl`, for the harness the first step of its bar.
Scores apart is the largest difference between their accuracies. It is not 0: what llama.cpp computes for a question
depends in the last digits on what else is in its batch, and a small model's answer turns on them. The goal is what
500 questions leave open: 1.96 times the largest error of such a score.
Not measured: tasks by log-probabilities, which the harness asks of a server by `echo`, which llama.cpp does not have.
Try it: python -m benchmarks.evaluate --quick
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, Repetition, median, options, publish, take_turns
from benchmarks.programs import peer_python, peer_version
from benchmarks.servers import free_port, server

MODEL = "starter"
SERVED_AS = "smollm2-135m-instruct"
ITEMS = 500
MAX_TOKENS = 8
IN_FLIGHT = 8
"""Questions of ours at the same time: two for each of the server's four slots."""
HARNESS = ["lm-eval[api]==0.4.13"]
NOISE = round(1.96 * (0.25 / ITEMS) ** 0.5, 3)
"""Half the width of a score's interval, at its widest."""
POLL_S = 0.01

SUITE = """
name = "sums"
title = "Additions"
version = "1"
licence = "Apache-2.0"
languages = ["en"]
[[tasks]]
name = "sums"
kind = "answer"
items = "items.jsonl"
languages = ["en"]
[tasks.options]
form = "numeric"
max_tokens = {max_tokens}
"""
TASK = """
task: sums
dataset_path: json
dataset_kwargs: {{data_files: {{test: {items}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["<none>"], max_gen_toks: {max_tokens}, temperature: 0}}
filter_list:
  - name: last
    filter: [{{function: regex, regex_pattern: '(\\d+)', group_select: -1}}, {{function: take_first}}]
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
metadata: {{version: 1.0}}
"""


def write_items(folder: Path, count: int) -> None:
    """The questions as a suite of ours and as a task of the harness."""
    pairs = [(first, second) for first in range(1, 26) for second in range(1, 21)][:count]
    rows = [
        {"id": f"{first}+{second}", "question": f"What is {first} plus {second}? Answer with the number only.",
         "answer": str(first + second)} for first, second in pairs
    ]  # fmt: skip
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "suite.toml").write_text(SUITE.format(max_tokens=MAX_TOKENS), encoding="utf-8")
    (folder / "card.md").write_text("Additions of two numbers, for a measurement of speed.\n", encoding="utf-8")
    task = TASK.format(items=folder / "items.jsonl", max_tokens=MAX_TOKENS)
    (folder / "sums.yaml").write_text(task, encoding="utf-8")


@contextmanager
def causerie() -> Iterator[tuple[Path, int]]:
    """`causerie up`, its model loaded; gives its data folder and its port."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = ["env", f"CAUSERIE_HOME={home}", sys.executable, "-m", "causerie.cli.main", "up", "--no-browser"]
        probe = {"model": MODEL, "max_tokens": 1, "messages": [{"role": "user", "content": "Hello"}]}
        with server([*command, "--port", str(port)], port, probe=probe):
            yield Path(home), port


def ours(home: Path, port: int, suite: Path) -> dict[str, float]:
    """One evaluation of ours."""
    before = set((home / "evaluations").glob("*"))

    def answered() -> bool:
        new = set((home / "evaluations").glob("*")) - before
        return any((each / "items.jsonl").is_file() and (each / "items.jsonl").stat().st_size for each in new)

    command = [sys.executable, "-m", "causerie.cli.main", "eval", MODEL, "--suite", str(suite), "--fresh", "--json"]
    told, start_s, whole_s = watched(command, answered, CAUSERIE_HOME=str(home), CAUSERIE_PORT=str(port))
    metric = next(each for each in json.loads(told)["metrics"] if each["name"] == "accuracy")
    return {"s": whole_s, "first_answer_s": start_s, "score": metric["value"], "items": metric["items"]}


def harness(python: Path, port: int, suite: Path, at_once: int) -> dict[str, float]:
    """One evaluation of the harness."""
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log"

        def answered() -> bool:
            return b"Requesting API:" in log.read_bytes() and b"| 0/" not in log.read_bytes().rpartition(b"\r")[2]

        model = f"base_url=http://127.0.0.1:{port}/v1/chat/completions,model={SERVED_AS}"
        command = [
            str(python.with_name("lm_eval")), "run", "--model", "local-chat-completions", "--model_args",
            f"{model},num_concurrent={at_once},tokenized_requests=False", "--tasks", "sums", "--include_path",
            str(suite), "--apply_chat_template", "--output_path", f"{place}/out", "--log_samples",
        ]  # fmt: skip
        offline = {
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
            "HF_HOME": f"{place}/hf",
            "OPENAI_API_KEY": "none",
        }
        _, start_s, whole_s = watched(command, answered, log=log, **offline)
        told = json.loads(next(Path(place).rglob("results_*.json")).read_text("utf-8"))
    return {"s": whole_s, "first_answer_s": start_s, "score": told["results"]["sums"]["exact_match,last"],
            "items": told["n-samples"]["sums"]["effective"]}  # fmt: skip


def watched(
    command: list[str], answered: Callable[[], bool], log: Path | None = None, **variables: str
) -> tuple[str, float, float]:
    """What a command prints, seconds until its first answer, and until its end.

    Raises:
        RuntimeError: It failed.
    """
    with tempfile.TemporaryFile("w+") as output, (log or Path(os.devnull)).open("wb") as errors:
        began = time.perf_counter()
        given = [f"{name}={value}" for name, value in variables.items()]
        child = subprocess.Popen(["env", *given, *command], stdout=output, stderr=errors)
        first = 0.0
        while child.poll() is None:
            if not first and answered():
                first = time.perf_counter() - began
            time.sleep(POLL_S)
        whole = time.perf_counter() - began
        output.seek(0)
        told = output.read()
    if child.returncode:
        raise RuntimeError(f"{command[:4]} failed: {told[-2000:]} {log.read_text()[-2000:] if log else ''}")
    return told, round(first or whole, 3), round(whole, 3)


def figures(repetitions: list[Repetition]) -> list[Figure]:
    """The claims, from the raw repetitions."""

    def figure(name: str, peer: str) -> Figure:
        return Figure(
            name=name, value=median(each[peer]["s"] / each["causerie eval"]["s"] for each in repetitions), goal=2,
            better="higher", unit="x", peer="lm-evaluation-harness", measured_in="s",
            peer_value=median(each[peer]["s"] for each in repetitions),
            our_value=median(each["causerie eval"]["s"] for each in repetitions),
        )  # fmt: skip

    def apart(each: Repetition) -> float:
        scores = [float(turn["score"]) for turn in each.values()]
        return max(scores) - min(scores)

    return [
        figure(f"{ITEMS} questions, as each comes, times faster", "lm_eval"),
        figure(f"{ITEMS} questions, {IN_FLIGHT} in flight for both, times faster", f"lm_eval, {IN_FLIGHT} in flight"),
        Figure(name="evaluation started: first answer", goal=2, better="lower", unit="s",
               value=median(each["causerie eval"]["first_answer_s"] for each in repetitions),
               peer="lm-evaluation-harness",
               peer_value=median(each["lm_eval"]["first_answer_s"] for each in repetitions)),
        Figure(name="scores apart", value=median(map(apart, repetitions)), goal=NOISE, better="lower", unit="of 1"),
    ]  # fmt: skip


def main() -> None:
    """Measure, write the result, print how each figure stands."""
    given = options(__doc__)
    count = 60 if given.quick else ITEMS
    python = peer_python("lm-eval", HARNESS)
    with causerie() as (home, port), tempfile.TemporaryDirectory() as place:
        suite = Path(place)
        write_items(suite, count)
        turns: dict[str, Any] = {
            "causerie eval": partial(ours, home, port, suite),
            "lm_eval": partial(harness, python, port, suite, 1),
            f"lm_eval, {IN_FLIGHT} in flight": partial(harness, python, port, suite, IN_FLIGHT),
        }
        repetitions = [take_turns(turns, backwards=number % 2 == 1) for number in range(1 if given.quick else 3)]
    publish(
        "evaluate",
        figures=figures(repetitions),
        repetitions=repetitions,
        configuration={"model": MODEL, "items": count, "max_tokens": MAX_TOKENS, "in_flight": IN_FLIGHT},
        peer_versions={"lm_eval": peer_version(python, "lm_eval")},
    )


if __name__ == "__main__":
    main()
