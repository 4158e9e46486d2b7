"""What the recipe says of every source, whatever its kind."""

from pydantic import BaseModel, ConfigDict, Field

from causerie.data.contract import Document, Removed, Sample
from causerie.data.forms.table import Form

MAX_REPEATS = 4.0
"""How often text may be repeated: up to four epochs are about as good as new text (Muennighoff et al.,
"Scaling data-constrained language models", 2023)."""


class SourceOptions(BaseModel):
    """A `[[sources]]` table."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    """What the report, the card and each sample call it."""
    licence: str = Field(min_length=1)
    """Licence of its texts, an SPDX name where there is one; it is kept in the card."""
    language: str = Field("", pattern=r"^([a-z]{2})?$")
    """Language of its texts, ISO 639-1 (empty = found out by the step `language`)."""
    weight: float | None = Field(None, gt=0)
    """Share of the mixture, relative to the other sources' (none = as much as there is; then for all of them)."""
    max_repeats: float = Field(MAX_REPEATS, ge=1)
    """How often a text may come at most, when the weight asks for more than there is."""
    part_characters: int = Field(0, ge=0)
    """Documents longer than this are cut into parts between paragraphs, in characters (0 = never)."""


class ReadOptions(SourceOptions):
    """A source of files in a form."""

    form: Form = "documents"
    """What the rows of its files are."""
    fields: dict[str, str] = Field(default_factory=dict)
    """Our names of a row's fields with the file's own, such as `text = "content"`."""


def parts(sample: Sample | Removed, size: int) -> list[Sample | Removed]:
    """A long document cut between paragraphs into parts of about `size` characters (0 = whole)."""
    if not isinstance(sample, Document) or not size or len(sample.text) <= size:
        return [sample]
    made: list[Sample | Removed] = []
    gathered: list[str] = []
    length = 0
    for paragraph in [*sample.text.split("\n\n"), None]:
        if gathered and (paragraph is None or length + len(paragraph) > size):
            made.append(
                Document(
                    id=f"{sample.id}/{len(made)}",
                    text="\n\n".join(gathered),
                    language=sample.language,
                    meta=sample.meta,
                )
            )
            gathered, length = [], 0
        if paragraph is not None:
            gathered.append(paragraph)
            length += len(paragraph) + 2
    return made
