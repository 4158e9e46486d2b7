"""What a model version is, and the words its parts share.

Does: name versions, their files, lineage, data and parents; write a lineage as JSON and read it back.
Does not: read a disk or a database; see `versions.py` and `lineage.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from causerie.errors import ModelFileError
from causerie.inference.model_files import combined_sha256

FORMAT = 1
"""Version of the manifest's JSON form."""
Status = Literal["candidate", "released", "retired"]
Role = Literal["model", "weights", "adapter"]
"""Of a file: what an engine loads; the same weights for others to go on from; what LoRA trained."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a version."""

    name: str
    sha256: str
    size_bytes: int
    role: Role = "model"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A source of texts that a model learned from."""

    name: str
    kind: str = ""
    licence: str = ""
    language: str = ""
    characters: int = 0
    """That the model was trained on (0 = unknown)."""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Data:
    """The card of the data of a run, as far as the registry needs it."""

    name: str
    sha256: str = ""
    """Of all the texts, as the run read them."""
    made_at: str = ""
    recipe_sha256: str = ""
    texts: tuple[Text, ...] = ()
    steps: tuple[str, ...] = ()
    """What was done to them, in order: `language`, `personal_data`, ..."""
    characters: int = 0
    """Trained on, all sources together (0 = unknown)."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What people said that a model learned from."""

    pairs: int = 0
    judgements: int = 0
    people: int = 0
    since: str = ""
    until: str = ""
    """Moments, ISO 8601 (empty = no bound)."""
    sha256: str = ""
    """Of the training set made of it."""
    improvement: str = ""
    """Id of the round of the loop that gathered it."""


@dataclass(frozen=True, kw_only=True)
class Parent:
    """What a model was trained from."""

    name: str
    """As the recipe says it, for people: it may have moved since."""
    sha256: tuple[str, ...]
    """Of its files: how it is found, whatever it is called now."""
    version: str = ""
    """Id of the version that has these files (empty = none was known when the child was registered)."""
    lineage: "Lineage | None" = None
    """Where it comes from, when no version was known but its run was at hand."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Where a model comes from. What is empty or 0 is unknown; `lineage.missing` names it."""

    made_by: Literal["run", "file", "published", "quantised"] = "file"
    """A run of causerie; somebody else, who is not known: pulled, packaged, given as a file; somebody else who
    published how (`origins.py`); or causerie, which wrote its parent's weights in another form (`quantising.py`)."""
    source: str = ""
    """As `Model.source`; for a run its name."""
    licence: str = ""
    """Of the weights, SPDX where there is one."""
    objective: str = ""
    recipe: str = ""
    """The recipe's text, TOML."""
    recipe_sha256: str = ""
    code: Mapping[str, str] = field(default_factory=dict)
    """Versions of causerie, torch, Python... that it was computed with."""
    tokenizer_sha256: str = ""
    parameters: int = 0
    tokens: int = 0
    """Seen while training, repeats counted."""
    steps: int = 0
    seconds: float = 0.0
    flops: float = 0.0
    """Floating point operations of this run alone; those of parents come on top (`lineage.cumulated`)."""
    data: tuple[Data, ...] = ()
    parents: tuple[Parent, ...] = ()
    feedback: Feedback | None = None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Lineage":
        """From a JSON object; keys of a newer version are left out.

        Raises:
            ModelFileError: It is none.
        """
        try:
            known = _known(cls, value)
            known["data"] = tuple(_data(each) for each in value.get("data", ()))
            known["parents"] = tuple(_parent(each) for each in value.get("parents", ()))
            known["feedback"] = Feedback(**_known(Feedback, value["feedback"])) if value.get("feedback") else None
            return cls(**known)
        except (TypeError, AttributeError, KeyError, RecursionError) as error:
            raise ModelFileError("a lineage cannot be read: {reason}", reason=repr(error)) from error


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """A model that never changes, known by its content."""

    id: str
    """SHA-256 of `manifest`, hexadecimal."""
    model: str
    """What the catalogue calls it now; a name may change, the version does not (empty = it is no longer here)."""
    created_at: datetime
    status: Status
    files: tuple[File, ...]
    lineage: Lineage
    manifest: str
    """Canonical JSON of files and lineage: what is hashed, and signed."""
    signature: str
    """OpenSSF Model Signing's bundle, JSON."""

    @property
    def sha256(self) -> str:
        """Of the file (or shards) that an engine loads: `Model.sha256`, and what evaluations call the version."""
        return combined_sha256([file.sha256 for file in self.files if file.role == "model"])

    @property
    def before_quantising(self) -> frozenset[str]:
        """Hashes of the files whose weights these are in another form (empty = it is no such form)."""
        if self.lineage.made_by != "quantised":
            return frozenset()
        return frozenset(sha256 for parent in self.lineage.parents for sha256 in parent.sha256)


def _known(kind: type, value: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {key: tuple(part) if isinstance(part, list) else part for key, part in value.items() if key in names}


def _data(value: Mapping[str, Any]) -> Data:
    known = _known(Data, value)
    return Data(**known | {"texts": tuple(Text(**_known(Text, each)) for each in value.get("texts", ()))})


def _parent(value: Mapping[str, Any]) -> Parent:
    lineage = value.get("lineage")
    return Parent(**_known(Parent, value) | {"lineage": Lineage.from_json(lineage) if lineage else None})
