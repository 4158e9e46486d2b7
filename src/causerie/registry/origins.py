"""Models of elsewhere whose makers published where they come from: the table that ships, looked up by content.

Does: read `origins.toml` once, find a model by the SHA-256 of its files, and give what was published as a lineage.
Does not: look at names, sizes or architectures: whoever renames a file, or changes a byte of it, borrows no past.
Try it: causerie models register smollm2-135m-instruct && causerie models lineage smollm2-135m-instruct

The figures, with a source for each, are in the table.
"""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from causerie.registry.contract import Data, Lineage, Text

FILE = "origins.toml"
HUB = "https://huggingface.co/"
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Said = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LearnedFrom(_Table):
    """A data set that the makers name."""

    name: Said
    kind: Said
    licence: str = ""
    """Empty = nobody states it."""
    language: str = ""
    source: Said
    """Who says that the model learned from it, and who says its licence."""


class Origin(_Table):
    """What the makers of a model published; the keys are explained at the head of `origins.toml`."""

    name: Said
    sha256: tuple[Sha256, ...] = Field(min_length=1)
    form: Said
    makers: Said
    url: Said
    begun_from: str = ""
    licence: Said
    objective: Said
    parameters: int = Field(gt=0)
    tokens: int = Field(0, ge=0)
    """0 = not published."""
    flops: float = Field(0.0, ge=0)
    """0 = neither published nor to be worked out."""
    sources: Mapping[str, Said]
    card: Mapping[str, Said]
    data: tuple[LearnedFrom, ...] = ()

    @property
    def repository(self) -> str:
        """`owner/name` on the hub, where the makers' page is there; else the name."""
        return self.url.removeprefix(HUB) if self.url.startswith(HUB) else self.name

    def lineage(self) -> Lineage:
        """The same as a lineage."""
        texts = tuple(
            Text(name=each.name, kind=each.kind, licence=each.licence, language=each.language) for each in self.data
        )
        return Lineage(
            made_by="published",
            source=self.name,
            licence=self.licence,
            objective=self.objective,
            parameters=self.parameters,
            tokens=self.tokens,
            flops=self.flops,
            data=(Data(name=f"what {self.name} learned from", texts=texts),) if texts else (),
        )


class _Origins(_Table):
    models: tuple[Origin, ...]


@cache
def known() -> tuple[Origin, ...]:
    """All of the table."""
    text = files("causerie.registry").joinpath(FILE).read_text(encoding="utf-8")
    return _Origins.model_validate(tomllib.loads(text)).models


@cache
def _by_sha256() -> Mapping[str, Origin]:
    return MappingProxyType({sha256: origin for origin in known() for sha256 in origin.sha256})


def of(sha256: Collection[str]) -> Origin | None:
    """The origin of a model with these files (None = it is not in the table).

    Args:
        sha256: Of all its files. One that is known does not vouch for others that lie beside it.
    """
    found = [_by_sha256().get(each) for each in sha256]
    first = found[0] if found else None
    return first if all(each is first for each in found) else None
