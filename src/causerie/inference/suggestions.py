"""Which model to take: a short list of good ones, sorted by what this machine can run.

Does: read `known_models.toml`, look at memory, cores and disk, and say for each model whether it fits and about how
fast it would answer.
Does not: measure. The speed is a rule of thumb: every weight that works on a word is read from memory once for it.
Try it: causerie models suggest
"""

import datetime
import difflib
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import psutil
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass

from causerie.errors import ModelNotFound
from causerie.settings import Settings

BYTES_PER_S_OF_A_CORE = 5 * 10**9
"""Weights that one core of a present laptop reads and multiplies in a second, four-bit; an estimate."""
BYTES_PER_S_OF_MEMORY = 30 * 10**9
"""What two channels of laptop memory deliver in a second, about half of what is on paper; an estimate."""
COMFORTABLE_TOKENS_PER_S = 5.0
"""Slower than this, a person waits for the words: reading is about 4 words a second."""
SHARE_OF_MEMORY = 0.75
"""Of the machine's, for models, where the settings give no budget."""


@checked_dataclass(frozen=True, kw_only=True)
class KnownModel:
    """A model of the shipped list. The fields are explained at the head of `known_models.toml`."""

    name: str
    repo: str
    file: str
    size_bytes: int = Field(gt=0)
    size_exact: bool = True
    parameters: int = Field(gt=0)
    active_parameters: int = Field(0, ge=0)
    context_tokens: int = Field(gt=0)
    cache_bytes_per_token: int = Field(gt=0)
    memory_gib: float = Field(gt=0)
    level: int = Field(ge=1, le=5)
    embedding: bool = False
    languages: tuple[str, ...] = Field(min_length=1)
    licence: str
    checked: str
    last_checked: datetime.date
    description: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What counts of a machine."""

    memory_bytes: int
    """For models: the budget of the settings, or a share of what is built in."""
    disk_bytes: int
    """Free where models are kept."""
    cores: int
    """Physical ones."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A model of the list, seen from this machine."""

    model: KnownModel
    fits_memory: bool
    fits_disk: bool
    tokens_per_s: float
    """Estimated, without a GPU."""
    best: bool = False
    """The one to take first."""

    @property
    def comfortable(self) -> bool:
        """Whether it fits and answers about as fast as people read."""
        return self.fits_memory and self.fits_disk and self.tokens_per_s >= COMFORTABLE_TOKENS_PER_S


@cache
def known_models() -> Mapping[str, KnownModel]:
    """The shipped list, by name."""
    table = tomllib.loads(Path(__file__).with_name("known_models.toml").read_text(encoding="utf-8"))
    check = TypeAdapter(KnownModel)
    return MappingProxyType({name: check.validate_python(facts | {"name": name}) for name, facts in table.items()})


def not_known(name: str) -> ModelNotFound:
    """The error for a name that is not in the list, with those that are near it."""
    near = difflib.get_close_matches(name.lower(), known_models(), n=3, cutoff=0.4)
    return ModelNotFound(
        "no model of the list is named {name!r}", name=name[:96], near=", ".join(near),
        hint="did you mean {near}? `causerie models suggest` shows the list; the hub has more: hf:owner/repository"
        if near
        else "`causerie models suggest` shows the list; the hub has more: hf:owner/repository",
    )  # fmt: skip


def this_machine(settings: Settings) -> Machine:
    """The machine that causerie runs on."""
    memory = psutil.virtual_memory().total
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    return Machine(
        memory_bytes=int(settings.memory_budget_gib * 2**30) or int(memory * SHARE_OF_MEMORY),
        disk_bytes=shutil.disk_usage(folder).free,
        cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
    )


def suggest(machine: Machine, language: str = "en") -> list[Suggestion]:
    """The chat models of the list for this machine, the one to take first, those that do not fit last.

    The one to take is the most able that is comfortable; among equals one that is good at the reader's language,
    then the faster one. Where none is comfortable, the fastest that fits.

    Args:
        machine: What they would run on.
        language: The reader's, an ISO 639-1 code.
    """
    seen = [_seen_from(machine, model) for model in known_models().values() if not model.embedding]
    seen.sort(
        key=lambda each: (
            each.fits_memory and each.fits_disk,
            each.comfortable,
            each.model.level if each.comfortable else 0,
            language in each.model.languages,
            each.tokens_per_s,
        ),
        reverse=True,
    )
    if seen and seen[0].fits_memory and seen[0].fits_disk:
        seen[0] = Suggestion(**{**vars(seen[0]), "best": True})
    return seen


def _seen_from(machine: Machine, model: KnownModel) -> Suggestion:
    read_bytes = model.size_bytes * (model.active_parameters or model.parameters) / model.parameters
    speed = min(BYTES_PER_S_OF_MEMORY, BYTES_PER_S_OF_A_CORE * machine.cores)
    return Suggestion(
        model=model,
        fits_memory=model.memory_gib * 2**30 <= machine.memory_bytes,
        fits_disk=model.size_bytes < machine.disk_bytes,
        tokens_per_s=round(speed / read_bytes, 1),
    )
