"""Where a model comes from: what is written into the run's folder when the run is over.

Does: gather hashes, figures and cost for the release gate (`lineage.json`), draw the curves a last time, write the
README for a person.
Does not: judge.
"""

import json
from pathlib import Path
from typing import Any

from causerie.data.shards import file_sha256
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training import machine
from causerie.training.plots import PLOT, draw
from causerie.training.run_folder import METRICS, RunFolder, last_of, rows
from causerie.training.run_readme import write_readme
from causerie.training.start_files import start_of
from causerie.training.trainer import Progress, Work


def finish(
    folder: RunFolder, work: Work, progress: Progress, tokenizer: Tokenizer | None, exported: Path | None
) -> None:
    """Write lineage, curves and README of a run that is over.

    Args:
        folder: Of the run.
        work: What it worked with.
        progress: How far it came.
        tokenizer: The model's (None = there is none, and no export).
        exported: The GGUF file.
    """
    draw(folder.path)
    lineage = lineage_of(work, progress, folder.path, tokenizer, exported)
    folder.finish(lineage)
    write_readme(folder.path, lineage)


def lineage_of(
    work: Work, progress: Progress, run: Path, tokenizer: Tokenizer | None, exported: Path | None
) -> dict[str, Any]:
    """Where the model comes from, for whoever decides whether it may be released."""
    recipe, network = work.recipe, work.network
    return {
        "objective": recipe.objective,
        "start": start_of(Path(recipe.model.start)) if recipe.model.start else {},
        "data_sha256": work.objective.state()["data_sha256"],
        "data_card": data_card(Path(recipe.data.folder)),
        "tokenizer_sha256": tokenizer.sha256 if tokenizer else "",
        "parameters": network.config.parameters(),
        "new_tokens": len(work.new_tokens),
        "steps": progress.step,
        "tokens": progress.tokens,
        "flops": progress.tokens * work.flops_per_token,
        "seconds": progress.seconds,
        "skipped_batches": progress.skipped,
        "peak_memory_bytes": machine.peak_memory_bytes(),
        "plots": [PLOT],
        "first_evaluation": first_evaluation(run),
        "last_step": last_of(run, "step"),
        "last_evaluation": last_of(run, "evaluation"),
        "gguf_sha256": file_sha256(exported) if exported else "",
        "weights_sha256": {
            str(file.relative_to(run)): file_sha256(file)
            for file in (sorted((run / "export").rglob("*.safetensors")) if exported else ())
        },
    }


def data_card(folder: Path) -> dict[str, Any]:
    """The card of the data, without its list of files (empty = there is none, as with shards from elsewhere)."""
    try:
        card = json.loads((folder / "card.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in card.items() if key != "files"} if isinstance(card, dict) else {}


def first_evaluation(run: Path) -> dict[str, Any]:
    """What the model that was gone on from reached before its first step (empty = it was a new one)."""
    return next((row for row in rows(run / METRICS) if row["kind"] == "evaluation" and row["step"] == 0), {})
