"""What a result is, and how one is written.

Does: name a figure, hold the facts of the machine and of the code, take repetitions in turn, write
`results/NAME.json` in one step and make the table of `README.md` anew.
Does not: start or measure anything; see `servers.py` and the benchmarks themselves.
Try it: python -m benchmarks.table
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import psutil

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
RESULTS = FOLDER / "results"
OUR_PARTS = ("causerie", "xllamacpp", "uvicorn", "uvloop", "httptools", "aiohttp", "fastapi", "pydantic")
"""Packages whose version bears on speed."""

Repetition = dict[str, Any]
"""The raw figures of one turn; which, the benchmark says in its docstring."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One claim, measured."""

    name: str
    """What it is, with what it is divided by, as the table shows it."""
    value: float
    """The median over the repetitions, in the unit of the goal."""
    goal: float
    better: Literal["higher", "lower"]
    unit: str
    """Of `value` and `goal`: `x` for a ratio, `ms`, `s`, `MB`..."""
    peer: str | None = None
    """What it is measured against (None = nothing comparable)."""
    peer_value: float | None = None
    """The peer's own figure, in `measured_in` (None = the peer has none)."""
    our_value: float | None = None
    """Our own, in `measured_in`, where `value` is a ratio."""
    measured_in: str = ""
    """Unit of `our_value` and `peer_value` (empty = that of `value`)."""

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal


def median(values: Iterable[float], digits: int = 4) -> float:
    """Middle of the repetitions, rounded to significant digits."""
    return float(f"{statistics.median(values):.{digits}g}")


def take_turns(turns: Mapping[str, Callable[[], Any]], *, backwards: bool) -> Repetition:
    """Run every turn once: what disturbs the machine for a while disturbs all of them.

    Args:
        turns: What to run, by name.
        backwards: From the last to the first; in every second repetition, so that none always follows the same other.
    """
    names = list(turns)
    measured = {name: _told(name, turns[name]()) for name in (reversed(names) if backwards else names)}
    return {name: measured[name] for name in names}


def _told(name: str, outcome: object) -> object:
    print(f"  {name}: {json.dumps(outcome)}", flush=True)
    return outcome


def machine(extra_versions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Processor, cores, memory and versions, of here and now.

    Args:
        extra_versions: Those of the peers, by package.
    """
    parts = {name: version(name) for name in OUR_PARTS} | dict(extra_versions or {})
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=True),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **parts},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _git(*arguments: str) -> str:
    outcome = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return outcome.stdout.strip() if outcome.returncode == 0 else ""


def commit() -> str:
    """The commit that is measured, with `+changes` when the working tree's program differs from it."""
    changed = "+changes" if _git("status", "--porcelain", "--", "src", "benchmarks/*.py", "benchmarks/*.c") else ""
    return (_git("rev-parse", "HEAD") or "unknown") + changed


def write_json(path: Path, content: object) -> None:
    """Write a whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".json.part")
    unfinished.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)


def publish(
    name: str,
    *,
    figures: list[Figure],
    repetitions: list[Repetition],
    configuration: Mapping[str, Any],
    peer_versions: Mapping[str, str] | None = None,
) -> None:
    """Write `results/NAME.json`, make the table anew, and print how each figure stands to its goal.

    Args:
        name: The benchmark's.
        figures: In the order of the table.
        repetitions: Every one, raw.
        configuration: What was held fixed, with units in the names.
        peer_versions: By package.
    """
    result = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "command": " ".join(["python", "-m", f"benchmarks.{name}", *sys.argv[1:]]),
        "machine": machine(peer_versions) | {"load_before": [round(each, 2) for each in LOAD_BEFORE]},
        "configuration": dict(configuration),
        "figures": [asdict(figure) for figure in figures],
        "repetitions": repetitions,
    }
    write_json(RESULTS / f"{name}.json", result)
    from benchmarks.table import write_table

    write_table()
    for figure in figures:
        sign = "at least" if figure.better == "higher" else "at most"
        verdict = "met" if figure.met else "NOT MET"
        against = f"  ({figure.peer}: {figure.peer_value} {figure.measured_in})" if figure.peer else ""
        print(f"{figure.name}: {figure.value:g} {figure.unit}, goal {sign} {figure.goal:g}: {verdict}{against}")


LOAD_BEFORE = os.getloadavg()
"""How busy the machine was before we began (1, 5 and 15 minutes), so that a disturbed result can be told."""


def options(description: str | None) -> argparse.Namespace:
    """The command line that every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short repetition, for development")
    return parser.parse_args()
