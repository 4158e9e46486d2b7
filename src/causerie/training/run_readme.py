"""The README of a run: what it was, what it reached, its curves and what it wrote, for whoever opens the folder.

Does: write it from the run's own files, at the end.
Does not: judge; the release gate reads `lineage.json`.
"""

from pathlib import Path
from typing import Any

from causerie.training.plots import PLOT
from causerie.training.run_folder import SAMPLES, rows, write_whole

README = "README.md"
_TEXT = """\
# {name}

A run of causerie: {objective}, {steps:,} steps.

![Loss, bits per byte and learning rate over the steps]({plot})

| | |
|---|---|
{figures}

`recipe.toml` is what it was asked, `versions.json` what it was computed with, `lineage.json` what it came from and
reached; `metrics.jsonl` holds every step. The model is in `export`.
"""


def write_readme(run: Path, lineage: dict[str, Any]) -> None:
    """Write the page.

    Args:
        run: The run's folder.
        lineage: As `run.py` makes it.
    """
    figures = "\n".join(f"| {name} | {value} |" for name, value in _figures(lineage).items())
    text = _TEXT.format(
        name=run.name, objective=lineage["objective"], steps=lineage["steps"], plot=PLOT, figures=figures
    )
    samples = list(_last_samples(run))
    if samples:
        text += "\n## What it wrote last\n\n" + "\n\n".join(samples) + "\n"
    write_whole(run / README, text)


def _figures(lineage: dict[str, Any]) -> dict[str, str]:
    before, held, last = lineage["first_evaluation"], lineage["last_evaluation"], lineage["last_step"]
    seconds = lineage["seconds"]
    found = {
        "parameters": f"{lineage['parameters']:,}",
        "tokens seen": f"{lineage['tokens']:,}",
        "time": f"{seconds / 60:,.1f} min, {lineage['tokens'] / max(seconds, 1e-9):,.0f} tokens a second",
        "operations": f"{lineage['flops']:.2e}",
        "memory at most": f"{lineage['peak_memory_bytes'] / 2**20:,.0f} MiB",
        "loss, last step": f"{last['loss']:.4f}" if last else "",
    }
    for key, name in (("loss", "loss"), ("bits_per_byte", "bits per byte"), ("accuracy", "accuracy")):
        if key in held:
            found[f"{name}, held out"] = f"{held[key]:.4f}" + (f" (before: {before[key]:.4f})" if before else "")
    if lineage["skipped_batches"]:
        found["batches skipped after a spike"] = str(len(lineage["skipped_batches"]))
    return {name: value for name, value in found.items() if value}


def _last_samples(run: Path) -> list[str]:
    """Of each prompt the last, as a block that shows it letter by letter."""
    if not (run / SAMPLES).is_file():
        return []
    last = {row["prompt"]: row["text"] for row in rows(run / SAMPLES)}
    return ["\n".join(f"    {line}" for line in f"{prompt}{text}".splitlines()) for prompt, text in last.items()]
