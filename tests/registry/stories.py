"""Tiny models with a past: files of the catalogue, folders of runs that were never trained, evaluations by hand."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from causerie.database.engine import Database
from causerie.evaluation.contract import Evaluation, Metric
from causerie.inference import catalogue
from causerie.inference.contract import Model
from causerie.registry import adding, lineage, store
from causerie.registry.contract import Feedback, ModelVersion
from causerie.registry.lineage import Cumulated, Family
from causerie.settings import Settings
from causerie.training import start_files
from causerie.training.recipe_file import toml_of
from tests.inference.gguf_writer import gguf
from tests.training.runs import recipe_of

DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
CARD: dict[str, Any] = {
    "name": "small talk", "made_at": "2026-10-31T10:00:00+00:00", "recipe_sha256": "1" * 64, "data_sha256": "2" * 64,
    "sources": [
        {"name": "fables", "kind": "hub", "licence": "CC0-1.0", "language": "fr", "training_characters": 9000,
         "sha256": "3" * 64},
        {"name": "notes", "kind": "files", "licence": "MIT", "language": "en", "training_characters": 1000,
         "sha256": "4" * 64},
    ],
    "steps": [{"name": "read"}, {"name": "personal_data"}, {"name": "duplicates"}],
}  # fmt: skip


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_run(
    settings: Settings, name: str, *, start: str = "", flops: float = 1e15, card: dict[str, Any] | None = None,
    weights: bool = True, at: Path | None = None,
) -> Path:  # fmt: skip
    """A folder as a run that is over leaves it; what it exported differs from all others by its name."""
    folder = at or settings.home / "runs" / name
    export = folder / "export"
    (export / "hf").mkdir(parents=True)
    model, tensors = gguf(filler=name.encode()), b"tensors of " + name.encode()
    (export / "model.gguf").write_bytes(model)
    if weights:
        (export / "hf" / "model.safetensors").write_bytes(tensors)
    recipe = recipe_of(Path("data"), Path("runs", name), **_model(start))
    (folder / "recipe.toml").write_text(toml_of(recipe))
    (folder / "versions.json").write_text(json.dumps({"causerie": "0.1.0", "torch": "2.13.0", "python": "3.11"}))
    (folder / "metrics.jsonl").write_text(json.dumps({"kind": "step", "step": 24, "time": 1.8e9}) + "\n")
    said = {
        "recipe_sha256": sha256(toml_of(recipe).encode()), "objective": recipe.objective, "start": {},
        "data_sha256": "5" * 64, "data_card": CARD if card is None else card, "tokenizer_sha256": "6" * 64,
        "parameters": 12_345, "steps": 24, "tokens": 6144, "flops": flops, "seconds": 7.5,
        "gguf_sha256": sha256(model),
        "weights_sha256": {"export/hf/model.safetensors": sha256(tensors)} if weights else {},
    }  # fmt: skip
    if start:
        said["start"] = {"path": start} | _started_from(settings, start)
    (folder / "lineage.json").write_text(json.dumps(said))
    return folder


def _started_from(settings: Settings, start: str) -> dict[str, str]:
    place = settings.home / start
    files = [place] if place.is_file() else sorted((place / "export" / "hf").glob("*.safetensors"))
    return {file.name: sha256(file.read_bytes()) for file in files}


@dataclass
class Registry:
    """The registry of a test's data folder, and how to fill it."""

    database: Database
    settings: Settings

    def run(self, name: str, **changes: Any) -> Path:
        """As `write_run`."""
        return write_run(self.settings, name, **changes)

    async def add(self, run: Path, name: str | None = None, feedback: Feedback | None = None) -> ModelVersion:
        _, version = await adding.add_run(self.database, self.settings, run, name, feedback=feedback)
        return version

    async def pulled(self, name: str, content: bytes | None = None) -> Model:
        """A model of the catalogue that no run here made."""
        path = self.settings.home / f"{name}.gguf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if content is not None else gguf(filler=name.encode()))
        return catalogue.add_file(self.settings, path, name)

    async def behind(self, start: Path) -> Cumulated:
        """The compute behind the one file that a run would go on from."""
        (sha256,) = set(start_files.hashes(start).values())
        async with self.database.read() as session:
            return await lineage.of_file(session, self.settings, start, sha256)

    async def family(self, version: ModelVersion) -> Family:
        async with self.database.read() as session:
            return await lineage.family(session, await store.get(session, version.id))


def _model(start: str) -> dict[str, Any]:
    if not start:
        return {}
    return {"objective": "sft", "model": {"start": start, "context": 32}, "optimiser": {"kind": "adamw"}}


def evaluation(version: ModelVersion, suite: str = "core", value: float = 0.75) -> Evaluation:
    metric = Metric(
        task="knowledge-fr", name="accuracy", value=value, low=value - 0.1, high=value + 0.1, items=40, clusters=40,
        higher_is_better=True, unit="share", method="wilson",
    )  # fmt: skip
    return Evaluation(
        id=f"eval_{suite}", model=version.model, version=version.sha256, suite=suite, suite_sha256="7" * 64,
        began_at=DAY, ended_at=DAY, scored_by="generation", metrics=(metric,),
    )  # fmt: skip
