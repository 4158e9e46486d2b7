"""What the routes of model versions answer.

Does: describe; turn versions and their stories into what the page shows.
Does not: look anything up; see `registry/story.py`.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from causerie.registry import bill_of_materials, card, lineage, lineage_drawing, training_summary
from causerie.registry.contract import ModelVersion, Role, Status
from causerie.registry.story import Story
from causerie.server.accounts_schema import Told

VersionName = Annotated[str, StringConstraints(min_length=1, max_length=96)]
"""A version's id, its first 8 digits or more, or a model's name, which stands for its newest version."""


class VersionTold(Told):
    """A model version, in short."""

    id: str
    """SHA-256 of its manifest."""
    model: str
    """What it is called here (empty = its model is no longer here)."""
    status: Status
    created_at: datetime
    sha256: str
    """Of the file that an engine loads: what evaluations call the version."""
    licence: str
    """Of the weights (empty = not known)."""
    objective: str
    """`pretrain`, `sft`, `dpo` or `kto` (empty = no run here made it)."""
    parameters: int
    """0 = not known."""
    flops: float
    """Of its own run (0 = not known)."""


class Versions(Told):
    """Model versions, the newest first."""

    items: list[VersionTold]
    next: str | None
    """What `before` takes for the following ones (null = there are none)."""


class FileTold(Told):
    """A file of a version."""

    name: str
    sha256: str
    size_bytes: int
    role: Role


class FeedbackTold(Told):
    """What people said that it learned from."""

    pairs: int
    judgements: int
    people: int
    since: str
    until: str
    improvement: str


class VersionWhole(VersionTold):
    """All that is known of a version itself."""

    files: list[FileTold]
    source: str
    recipe: str
    """TOML (empty = not known)."""
    recipe_sha256: str
    code: dict[str, str]
    """Versions of what computed it."""
    tokens: int
    steps: int
    seconds: float
    lineage_flops: float
    """Of all runs that it stands on, its own among them."""
    feedback: FeedbackTold | None
    overrides: list[str]
    """Decisions to let it pass a gate that refused it."""
    manifest: str
    """What was hashed, JSON."""
    signature: str
    """OpenSSF Model Signing's bundle, JSON."""


class Node(Told):
    """Something in a lineage."""

    id: str
    kind: str
    """`model`, `data`, `recipe`, `code`, `evaluation` or `feedback`."""
    label: str
    detail: str


class Edge(Told):
    """What came of what."""

    source: str = Field(serialization_alias="from")
    target: str = Field(serialization_alias="to")


class GapTold(Told):
    """Something that a lineage does not say."""

    what: str
    of: str


class LineageTold(Told):
    """Where a version comes from."""

    model: str
    """Key of the version itself among the members."""
    members: list[dict[str, Any]]
    """It and its ancestors: `key`, `name`, `version`, `flops`, `tokens`, `data`, `parents` (keys), ..."""
    nodes: list[Node]
    edges: list[Edge]
    flops: float
    unknown: list[str]
    """Names of ancestors whose compute nobody knows."""
    missing: list[GapTold]


class CardTold(Told):
    """A model card."""

    text: str
    """Markdown."""
    gaps: list[str]
    """What a complete card would say."""


class Verified(Told):
    """Whether a model is still what was registered."""

    ok: bool
    file: str
    """The file that is not (empty = none, or the signature is at fault)."""
    expected: str
    found: str
    """SHA-256 (empty = missing)."""
    message: str


def told(version: ModelVersion) -> VersionTold:
    """A version, in short."""
    said = version.lineage
    return VersionTold(
        id=version.id, model=version.model, status=version.status, created_at=version.created_at,
        sha256=version.sha256, licence=said.licence, objective=said.objective, parameters=said.parameters,
        flops=said.flops,
    )  # fmt: skip


def whole(story: Story) -> VersionWhole:
    """All of it."""
    version, said = story.version, story.version.lineage
    feedback = said.feedback and FeedbackTold.model_validate(
        {name: getattr(said.feedback, name) for name in FeedbackTold.model_fields}
    )
    files = [
        FileTold(name=file.name, sha256=file.sha256, size_bytes=file.size_bytes, role=file.role)
        for file in version.files
    ]
    return VersionWhole(
        **told(version).model_dump(), files=files, source=said.source, recipe=said.recipe,
        recipe_sha256=said.recipe_sha256, code=dict(said.code), tokens=said.tokens, steps=said.steps,
        seconds=said.seconds, lineage_flops=lineage.cumulated(story.family).flops, feedback=feedback,
        overrides=list(story.overrides), manifest=version.manifest, signature=version.signature,
    )  # fmt: skip


def lineage_told(story: Story) -> LineageTold:
    """The lineage, as nodes and edges too."""
    said = lineage_drawing.as_json(story.family, story.evaluations)
    edges = [Edge(source=edge["from"], target=edge["to"]) for edge in said["edges"]]
    return LineageTold(
        model=said["model"], members=said["members"], nodes=[Node(**node) for node in said["nodes"]], edges=edges,
        flops=said["flops"], unknown=said["unknown"], missing=[GapTold(**gap) for gap in said["missing"]],
    )  # fmt: skip


def card_told(story: Story, *, summary: bool) -> CardTold:
    """The card, or the summary of training content."""
    text = (
        training_summary.summary_of(story.family, story.notes)
        if summary
        else card.card_of(story.family, story.evaluations, story.notes, story.overrides)
    )
    return CardTold(text=text, gaps=list(card.gaps(story.family, story.evaluations, story.notes)))


def bill_told(story: Story) -> dict[str, Any]:
    """The bill of materials, CycloneDX."""
    return bill_of_materials.bill_of(story.family, story.evaluations)
