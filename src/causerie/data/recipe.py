"""A data recipe: sources, steps and a mixture, in TOML.

    name = "novels"
    seed = 0                  # decides which texts are held out, sampled and repeated, and the order
    holdout = 0.01            # share of texts for validation

    [[sources]]
    name = "french"
    kind = "files"            # files, hub, python-docs
    path = "novels/*.txt"
    licence = "public domain"
    language = "fr"

    [[steps]]
    use = "normalise"         # in this order; `causerie data steps` lists them

    [mixture]
    characters = 0            # 0 = as many as there are

Try it: causerie data build recipes/sample.toml
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from causerie.data.sources.files import Files
from causerie.data.sources.table import AnySource
from causerie.data.steps.decontaminate import Decontaminate
from causerie.data.steps.duplicates import Duplicates
from causerie.data.steps.table import AnyStep
from causerie.data.toml_recipe import read_recipe


class MixtureOptions(BaseModel):
    """The `[mixture]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    characters: int = Field(0, ge=0)
    """Characters of training text to make of sources with a `weight` (0 = as many as there are)."""


class DataRecipe(BaseModel):
    """All that a build depends on."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    """What the data is called; its folder too, unless another is named."""
    description: str = ""
    """One sentence for the card."""
    seed: int = Field(0, ge=0)
    """Decides which texts are held out, sampled and repeated, and their order."""
    holdout: float = Field(0.01, ge=0, lt=1)
    """Share of the texts that are kept for validation, and never repeated."""
    sources: tuple[AnySource, ...] = Field(min_length=1)
    """Where text comes from; of duplicates the one from the first source stays."""
    steps: tuple[AnyStep, ...] = ()
    """What is done to it, in this order."""
    mixture: MixtureOptions = MixtureOptions()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [source.name for source in self.sources]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            msg = f"two sources have the name {doubled[0]!r}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _all_weights_or_none(self) -> Self:
        without = [source.name for source in self.sources if source.weight is None]
        if without and len(without) < len(self.sources):
            msg = f"source {without[0]!r} has no weight and others have: give all of them one, or none"
            raise ValueError(msg)
        if without and self.mixture.characters:
            msg = "mixture.characters needs a weight for every source"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _duplicates_come_last(self) -> Self:
        kinds = [isinstance(step, Duplicates) for step in self.steps]
        if kinds != sorted(kinds):
            late = next(step.use for step, before in zip(self.steps[1:], kinds, strict=False)
                        if before and not isinstance(step, Duplicates))  # fmt: skip
            msg = f"the step {late!r} stands after one that compares all texts: put exact- and near-duplicates last"
            raise ValueError(msg)
        return self

    def beside(self, folder: Path) -> "DataRecipe":
        """The same recipe, its relative paths taken from a folder."""
        sources = tuple(
            source.model_copy(update={"path": str(folder / Path(source.path).expanduser())})
            if isinstance(source, Files)
            else source
            for source in self.sources
        )
        steps = tuple(
            step.model_copy(update={"against": tuple(str(folder / Path(each).expanduser()) for each in step.against)})
            if isinstance(step, Decontaminate)
            else step
            for step in self.steps
        )
        return self.model_copy(update={"sources": sources, "steps": steps})

    def said(self) -> dict[str, Any]:
        """All keys with their values, defaults too."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """One hash of all keys and values, whatever the file looks like."""
        return hashlib.sha256(json.dumps(self.said(), sort_keys=True).encode()).hexdigest()


def load_recipe(path: Path, changes: Sequence[str] = ()) -> DataRecipe:
    """A data recipe from its file, with changes from the command line.

    Raises:
        ConfigError: It cannot be read, or a key, a type or a contradiction is wrong; with key, line and fix.
    """
    return read_recipe(DataRecipe, path, changes)
