"""What a real run reached: its utilisation, and the time that went to other things, from the run's own folder.

    metrics.jsonl    lines {"kind": "step", "step", "time", "tokens_per_s", "flops", "seconds", "peak_share", ...}:
                     `flops` and `seconds` add up over the run, `peak_share` is of what the machine was measured to
                     multiply at most, `time` is seconds since 1970
    versions.json    "device" where it was a GPU, "machine" and "cores" otherwise

Does: read those, and make a `Gpu` of the machine and `Assumptions` of what the run reached on it.
Does not: look at a run's samples, weights or curves; the first steps, in which things are set up, are left out.
Try it: causerie plan recipes/starter.toml --calibrate runs/starter
"""

import json
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from causerie.errors import ConfigError, DataError
from causerie.planning.asked import Gpu
from causerie.planning.assumptions import Assumptions, Range

METRICS, VERSIONS = "metrics.jsonl", "versions.json"
LEAST_STEPS = 8
"""Fewer tell nothing."""
SET_UP = 0.1
"""Share of the steps, at the start, that are left out: buffers grow, programs are compiled."""


@dataclass(frozen=True)
class Calibration:
    """What a run reached."""

    run: str
    device: str
    steps: int
    """That were looked at."""
    flops_per_s: Range
    """Operations a second of all its processes: lower quartile, mean and upper quartile, the good end first."""
    peak_flops_per_s: float
    """That its machine was measured to multiply at most (0 = it was not)."""
    other_loss: float
    """Share of the time, from the first step to the last, that was no step: evaluation, samples, checkpoints."""

    @property
    def utilisation(self) -> Range:
        """Share of that most; of the mean itself where the most is not known."""
        most = self.peak_flops_per_s or self.flops_per_s.expected
        return Range(*(min(1.0, value / most) for value in self.flops_per_s))

    def machine(self) -> Gpu:
        """The machine as a kind of GPU: no memory limit, no links, no price are known of it."""
        most = self.peak_flops_per_s or self.flops_per_s.expected
        return Gpu(
            key="measured", name=self.device, source=f"measured by the run {self.run}",
            flops_per_s={"float32": most, "bfloat16": most, "fp8": most},
        )  # fmt: skip

    def assumptions(self, *, transferred: bool) -> Assumptions:
        """The defaults, with what was measured in place of what was assumed.

        Args:
            transferred: Whether a GPU is planned by its data sheet and not the run's machine: what was measured is a
                share of what products reach there, and that is itself a share of the sheet.
        """
        before, lost = Assumptions(), Range(self.other_loss, self.other_loss, self.other_loss)
        if not transferred:
            return before.model_copy(
                update={"utilisation": self.utilisation, "kernel_share": Range(1, 1, 1), "other_loss": lost}
            )
        of_sheet = Range(*(each * before.kernel_share.expected for each in self.utilisation))
        return before.model_copy(update={"utilisation": of_sheet, "other_loss": lost})


def calibrate(folder: Path) -> Calibration:
    """Read a run's folder.

    Raises:
        ConfigError: It is no run's folder.
        DataError: The run took too few steps.
    """
    path = folder / METRICS
    if not path.is_file():
        raise ConfigError(
            "--calibrate {folder} is no run: there is no {file} in it", folder=str(folder), file=METRICS,
            param="--calibrate", hint="`causerie runs` lists the runs of this machine",
        )  # fmt: skip
    steps = [row for row in _rows(path) if row.get("kind") == "step" and _whole(row)]
    steps = steps[math.ceil(len(steps) * SET_UP) :]
    if len(steps) < LEAST_STEPS:
        raise DataError(
            "the run in {folder} took {steps} steps that can be used, and {least} are needed", folder=str(folder),
            steps=len(steps), least=LEAST_STEPS, hint="calibrate with a longer run",
        )  # fmt: skip
    rates = _rates(steps)
    spent, passed = sum(took for _, took in rates), steps[-1]["time"] - steps[0]["time"]
    mean = sum(rate * took for rate, took in rates) / spent
    low, _, high = statistics.quantiles([rate for rate, _ in rates], n=4)
    shares = [row["peak_share"] for row in steps if row.get("peak_share")]
    last = [row["tokens_per_s"] * row["flops"] / row["tokens"] for row in steps if row.get("peak_share")]
    peak = statistics.median([rate / share for rate, share in zip(last, shares, strict=True)]) if shares else 0.0
    return Calibration(
        run=folder.name,
        device=_device(folder / VERSIONS),
        steps=len(steps),
        flops_per_s=Range(max(high, mean), mean, min(low, mean)),
        peak_flops_per_s=max(peak, mean) if peak else 0.0,
        other_loss=min(0.9, max(0.0, 1 - spent / passed)) if passed > 0 else 0.0,
    )


def _rates(steps: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Operations a second and seconds, from each step to the next; a resumed run's gap has no seconds of its own."""
    made = []
    for before, after in pairwise(steps):
        took = after["seconds"] - before["seconds"]
        if took > 0 and after["flops"] > before["flops"]:
            made.append(((after["flops"] - before["flops"]) / took, took))
    if len(made) < 2:
        raise DataError("the steps of the run say no time that passed", hint="calibrate with a longer run")
    return made


def _whole(row: dict[str, Any]) -> bool:
    keys = ("time", "tokens", "tokens_per_s", "flops", "seconds")
    return (
        all(isinstance(row.get(key), int | float) and math.isfinite(row[key]) for key in keys) and row["tokens"] > 0
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:  # a killed run leaves its last line unfinished
                continue
            if isinstance(row, dict):
                yield row


def _device(path: Path) -> str:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return str(known.get("device") or f"{known['machine']}, {known['cores']} cores")
    except (OSError, ValueError, KeyError, AttributeError):
        return "a machine that is not named"
