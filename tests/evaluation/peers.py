"""lm-evaluation-harness and Inspect, in a virtual environment of their own, run against our server.

`make test` makes the environment (`.venv/peers`). Neither is let near the network: their tasks are files.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAMS = Path(sys.prefix) / "peers" / "bin"
MODEL = "smollm2-135m-instruct"
ASKED = "What is {} plus {}? Answer with the number only."

HARNESS_TASK = """
task: sums
dataset_path: json
dataset_kwargs: {{data_files: {{test: {items}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["\\n"], max_gen_toks: 12, temperature: 0}}
filter_list:
  - name: first-number
    filter: [{{function: regex, regex_pattern: '(\\d+)'}}, {{function: take_first}}]
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
metadata: {{version: 1.0}}
"""
INSPECT_TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import includes
from inspect_ai.solver import generate


@task
def sums():
    return Task(
        dataset=json_dataset({items!r}), solver=generate(), scorer=includes(),
        config=GenerateConfig(max_tokens=12, temperature=0),
    )
"""


def sums(count: int) -> list[tuple[str, str]]:
    """Questions and their answers."""
    pairs = [(first, second) for first in range(2, 12) for second in range(2, 12)][:count]
    return [(ASKED.format(first, second), str(first + second)) for first, second in pairs]


def harness(folder: Path, address: str, items: Sequence[tuple[str, str]], at_once: int = 2) -> Path:
    """Run lm-evaluation-harness on these items; gives the results file."""
    _rows(folder / "items.jsonl", [{"question": question, "answer": answer} for question, answer in items])
    (folder / "sums.yaml").write_text(HARNESS_TASK.format(items=folder / "items.jsonl"))
    model = f"base_url={address}/v1/chat/completions,model={MODEL},num_concurrent={at_once},tokenized_requests=False"
    _run(folder, "lm_eval", "run", "--model", "local-chat-completions", "--model_args", model, "--tasks", "sums",
         "--include_path", str(folder), "--apply_chat_template", "--output_path", str(folder / "out"),
         "--log_samples")  # fmt: skip
    return next((folder / "out").rglob("results_*.json"))


def inspect(folder: Path, address: str, items: Sequence[tuple[str, str]]) -> Path:
    """Run Inspect on these items; gives the log, an `.eval` archive."""
    _rows(folder / "items.jsonl", [{"input": question, "target": answer} for question, answer in items])
    (folder / "sums.py").write_text(INSPECT_TASK.format(items=str(folder / "items.jsonl")))
    _run(folder, "inspect", "eval", "sums.py", "--model", f"openai-api/local/{MODEL}", "--log-dir",
         str(folder / "logs"), "--display", "none", LOCAL_BASE_URL=f"{address}/v1", LOCAL_API_KEY="none")  # fmt: skip
    return next((folder / "logs").glob("*.eval"))


def _rows(path: Path, rows: Sequence[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _run(folder: Path, program: str, *arguments: str, **variables: str) -> None:
    if not (PROGRAMS / program).is_file():
        pytest.fail(f"{PROGRAMS / program} is missing: `make test` installs it")
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "hf"),
               "XDG_DATA_HOME": str(folder), "OPENAI_API_KEY": "none"}  # fmt: skip
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments], cwd=folder, env={**os.environ, **offline, **variables},
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
