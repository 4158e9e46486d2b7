"""Programs that train, each in a process of its own: what they print, and the most memory that they take.

Does: run one and read the last line of its output; find the checkout of nanochat, which no registry offers; run
causerie on a recipe.
Does not: know what is measured; see `pretrain.py`, `quality.py` and `finetune.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.programs import CACHE

NANOCHAT = CACHE / "nanochat"
"""Where a checkout of nanochat is looked for, when the command line names none."""
HUGGING_FACE = [
    "torch==2.13.0", "transformers>=5", "trl>=1.16", "peft>=0.21", "datasets>=4", "accelerate>=1.10", "numpy",
]  # fmt: skip
"""The peers' environment of `pretrain.py` and of `finetune.py`: one for both, as PyTorch alone takes a gigabyte."""
_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024


def trained(command: list[str], *, python_path: Path | None = None) -> dict[str, Any]:
    """What a program that trains prints as its last line, with `memory_mb`: the most that it held at once.

    A program that goes on after training says its `memory_mb` itself.

    Args:
        command: The program.
        python_path: A folder of modules that it may import, beside those of this repository.

    Raises:
        SystemExit: It failed; the end of what it said is shown.
    """
    paths = [str(ROOT), *([str(python_path)] if python_path else [])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "TOKENIZERS_PARALLELISM": "false"}  # noqa: TID251
    environment |= {"HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=complained, text=True)
        _, status, usage = os.wait4(process.pid, 0)
        # Else the garbage collector finds a process that it thinks is still at work.
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complained.seek(0)
        lines = said.read().strip().splitlines()
        if status or not lines:
            sys.exit(f"{' '.join(command)} failed:\n" + "\n".join(lines[-20:]) + complained.read()[-4000:])
    measured: dict[str, Any] = json.loads(lines[-1])
    return {"memory_mb": round(usage.ru_maxrss * _BYTES_OF_MAXRSS / 1e6, 1)} | measured


def causerie(recipe: str) -> dict[str, Any]:
    """One run of causerie, as `causerie_trainer.py` tells it; its run folder is gone afterwards.

    Args:
        recipe: TOML, without the key `run`.
    """
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "recipe.toml"
        path.write_text(f"run = {json.dumps(str(Path(place) / 'run'))}\n{recipe}", encoding="utf-8")
        return trained([sys.executable, "-m", "benchmarks.causerie_trainer", str(path)])


def options_with_nanochat(description: str | None) -> argparse.Namespace:
    """`quick`, and `nanochat`, the checkout (None = there is none, and how to get it is said)."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short repetition, for development")
    parser.add_argument("--nanochat", type=Path, default=NANOCHAT, metavar="FOLDER", help="a checkout of nanochat")
    given = parser.parse_args()
    if not (given.nanochat / "nanochat" / "gpt.py").is_file():
        print(f"{given.nanochat} is no checkout of nanochat. Get it, as no registry offers it:", file=sys.stderr)
        print(f"  git clone https://github.com/karpathy/nanochat {NANOCHAT}", file=sys.stderr)
        given.nanochat = None
    return given


def nanochat(checkout: Path, what: dict[str, Any]) -> dict[str, Any]:
    """One run of nanochat, as `nanochat_peer.py` tells it. It needs nothing that this environment has not."""
    command = [sys.executable, "-m", "benchmarks.nanochat_peer", json.dumps(what)]
    return trained(command, python_path=checkout.resolve())


def commit_of(checkout: Path) -> str:
    """Which commit is checked out."""
    outcome = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return outcome.stdout.strip() or "unknown"
