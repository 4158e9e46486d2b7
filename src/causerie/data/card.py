"""The data card: where the data is from, under which licences, what was done to it, and the hash of everything.

Does: make it, write it as JSON for programs and as Markdown for people (with the front matter of the Hugging Face
hub's cards), and read it again.
Does not: show what was removed; see `report.py`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from causerie.data.assembly import Assembled
from causerie.data.recipe import DataRecipe
from causerie.data.records import SPLITS
from causerie.data.shards import file_sha256
from causerie.data.sources.hub import Hub
from causerie.data.sources.table import kind_of
from causerie.data.tally import Tally
from causerie.errors import DataError


@dataclass(frozen=True)
class SourceFacts:
    """One source."""

    name: str
    kind: str
    samples_kind: str
    licence: str
    language: str
    commit: str
    """Of a data set of the hub (empty = another kind)."""
    samples: int
    """Read."""
    characters: int
    kept: int
    """Left after every step, validation included."""
    repeats: float
    """How often the mixture repeats it."""
    training_characters: int
    """Of training text, repetitions included."""
    sha256: str
    """Of all that was read."""


@dataclass(frozen=True)
class StepFacts:
    """One step of the recipe, over all sources."""

    name: str
    options: dict[str, Any]
    seen: int
    characters: int
    removed: dict[str, int]
    """Texts that went, by reason."""
    edited: dict[str, int]
    """Changes to texts that stayed, by reason."""
    removed_characters: int


@dataclass(frozen=True)
class FileFacts:
    """One file of the data."""

    path: str
    kind: str
    split: str
    samples: int
    characters: int
    sha256: str


@dataclass(frozen=True)
class Card:
    """All of it."""

    name: str
    description: str
    made_at: str
    """ISO 8601, UTC."""
    causerie: str
    """Version of the program."""
    seed: int
    holdout: float
    recipe_sha256: str
    plan_sha256: str
    """Of the recipe, of the versions of all source files, and of causerie's own."""
    data_sha256: str
    """Of the hashes of all files: the same data has the same."""
    sources: tuple[SourceFacts, ...]
    steps: tuple[StepFacts, ...]
    files: tuple[FileFacts, ...]

    def characters(self, split: str = "train") -> int:
        """Of a split."""
        return sum(file.characters for file in self.files if file.split == split)

    def samples(self, split: str = "train") -> int:
        """Of a split."""
        return sum(file.samples for file in self.files if file.split == split)


def make_card(
    recipe: DataRecipe, found: DataRecipe, plan: str, by_source: list[Tally], outcome: Assembled, folder: Path
) -> Card:
    """The card of data that was just written.

    Args:
        recipe: As it was given.
        found: The same, with its paths; its sources of the hub know their commit.
        plan: Hash of the recipe and of the source files.
        by_source: What was counted.
        outcome: What was written.
        folder: Where.
    """
    files = tuple(
        FileFacts(
            path=output.path.relative_to(folder).as_posix(),
            kind=output.kind,
            split=output.split,
            samples=output.samples,
            characters=output.characters,
            sha256=file_sha256(output.path),
        )
        for output in outcome.outputs
    )
    return Card(
        name=recipe.name,
        description=recipe.description,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        causerie=version("causerie"),
        seed=recipe.seed,
        holdout=recipe.holdout,
        recipe_sha256=recipe.sha256(),
        plan_sha256=plan,
        data_sha256=hashlib.sha256("".join(file.path + file.sha256 for file in files).encode()).hexdigest(),
        sources=tuple(_sources(found, by_source, outcome)),
        steps=tuple(_steps(recipe, by_source)),
        files=files,
    )


def _sources(recipe: DataRecipe, by_source: list[Tally], outcome: Assembled) -> Iterable[SourceFacts]:
    for source, tally in zip(recipe.sources, by_source, strict=True):
        after = tally.steps[-1]
        yield SourceFacts(
            name=source.name,
            kind=source.kind,
            samples_kind=kind_of(source),
            licence=source.licence,
            language=source.language,
            commit=source.commit if isinstance(source, Hub) else "",
            samples=tally.samples,
            characters=tally.characters,
            kept=after.seen - sum(after.removed.values()) if len(tally.steps) > 1 else tally.kept,
            repeats=round(outcome.repeats[source.name], 4),
            training_characters=outcome.written_characters[source.name],
            sha256=tally.sha256,
        )


def _steps(recipe: DataRecipe, by_source: list[Tally]) -> Iterable[StepFacts]:
    names: list[tuple[str, dict[str, Any]]] = [("read", {})]
    names += [(step.use, step.model_dump(mode="json", exclude={"use"})) for step in recipe.steps]
    for number, (name, options) in enumerate(names):
        parts = [tally.steps[number] for tally in by_source]
        removed: dict[str, int] = {}
        edited: dict[str, int] = {}
        for part in parts:
            for counts, into in ((part.removed, removed), (part.edited, edited)):
                for reason, times in counts.items():
                    into[reason] = into.get(reason, 0) + times
        yield StepFacts(
            name=name,
            options=options,
            seen=sum(part.seen for part in parts),
            characters=sum(part.characters for part in parts),
            removed=dict(sorted(removed.items(), key=lambda item: (-item[1], item[0]))),
            edited=dict(sorted(edited.items(), key=lambda item: (-item[1], item[0]))),
            removed_characters=sum(part.removed_characters for part in parts),
        )


def write_card(card: Card, folder: Path) -> None:
    """Write `card.md`, then `card.json`: whoever finds it knows that the data is whole."""
    (folder / "card.md").write_text(as_markdown(card), encoding="utf-8")
    unfinished = folder / "card.json.part"
    unfinished.write_text(json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(folder / "card.json")


def read_card(folder: Path) -> Card:
    """The card of a built folder.

    Raises:
        DataError: There is none, or it is damaged.
    """
    path = folder / "card.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        parts = {"sources": SourceFacts, "steps": StepFacts, "files": FileFacts}
        return Card(**(said | {name: tuple(cls(**each) for each in said[name]) for name, cls in parts.items()}))
    except FileNotFoundError as error:
        raise DataError(
            "there is no finished data in {folder}", folder=str(folder), hint="`causerie data build` makes it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError("{path} is damaged: {reason}", path=str(path), reason=repr(error)) from error


def verify(card: Card, folder: Path) -> None:
    """Compare the hash of every file with the card.

    Raises:
        DataError: A file is missing, or differs.
    """
    for file in card.files:
        path = folder / file.path
        if not path.is_file():
            raise DataError("{path} is missing", path=str(path), hint="build the data again")
        if file_sha256(path) != file.sha256:
            raise DataError(
                "{path} is damaged: its SHA-256 is not that of the card", path=str(path), hint="build the data again"
            )


def as_markdown(card: Card) -> str:
    """For people, and for the hub."""
    licences = sorted({source.licence for source in card.sources})
    languages = sorted({source.language for source in card.sources if source.language})
    head = ["---", f"pretty_name: {json.dumps(card.name)}", "license: other", "license_name: see-below"]
    if languages:
        head += ["language:", *(f"- {language}" for language in languages)]
    head += ["tags:", "- causerie", "---", "", f"# {card.name}", ""]
    if card.description:
        head += [card.description, ""]
    facts = [
        f"- made {card.made_at} by causerie {card.causerie}, seed {card.seed}",
        *(f"- {split}: {card.samples(split):,} samples, {card.characters(split):,} characters" for split in SPLITS),
        f"- licences: {'; '.join(licences)}",
        f"- hash of the data: `{card.data_sha256}`",
        f"- hash of the recipe: `{card.recipe_sha256}`",
    ]
    sources = _table(
        ("source", "kind", "licence", "language", "read", "kept", "repeated", "characters", "SHA-256 of the texts"),
        [
            (each.name, each.kind + (f" {each.commit[:12]}" if each.commit else ""), each.licence, each.language,
             f"{each.samples:,}", f"{each.kept:,}", f"{each.repeats:g}", f"{each.training_characters:,}", each.sha256)
            for each in card.sources
        ],
    )  # fmt: skip
    steps = _table(
        ("step", "seen", "removed", "edited", "characters removed", "options"),
        [
            (each.name, f"{each.seen:,}", _counts(each.removed), _counts(each.edited),
             f"{each.removed_characters:,}", json.dumps(each.options, ensure_ascii=False))
            for each in card.steps
        ],
    )  # fmt: skip
    files = _table(
        ("file", "samples", "trained on", "SHA-256"),
        [(each.path, f"{each.samples:,}", f"{each.characters:,}", each.sha256) for each in card.files],
    )
    body = [*head, *facts, "", "## Sources", "", *sources, "", "## Steps", "", *steps, "", "## Files", "", *files, ""]
    return "\n".join(body)


def _counts(counts: dict[str, int]) -> str:
    return "; ".join(f"{reason}: {times:,}" for reason, times in counts.items()) or "0"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = list(headings)
    made = [titles, ["---"] * len(titles), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in made]
