"""The family of a model version: what it was trained from, back to the first run, found by content and not by name.

Does: find parents by the hashes of their files; add up what went into all of them; say what nobody knows.
Does not: read a run's folder (`run_lineage.py`) or draw (`lineage_drawing.py`).

A parent that was renamed, moved or copied has the same bytes, so it is found all the same. Where several versions
have the same file, the one with the most compute behind it counts: to register a file again under a poorer story
takes nothing off a limit. Bytes that `origins.py` knows have the past that their makers published, whatever is told
of them here, also when they were registered before the table knew them.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.registry import origins, run_lineage, store
from causerie.registry.contract import Lineage, ModelVersion, Parent
from causerie.registry.origins import Origin
from causerie.settings import Settings
from causerie.training.control import started_in

MOST_GENERATIONS = 64
"""Further back, nothing is looked up: no model has so many, and what is made to have more is stopped here."""
MOST_NESTED = 8
"""Generations of runs that nobody registered, written into one lineage."""

SENTENCES = {
    "recipe": "recipe",
    "code version": "code version",
    "tokenizer": "tokenizer",
    "compute": "compute",
    "data": "data",
    "licence of the data": "licence of the data",
    "origin": "origin",
}
"""What a lineage can lack, in words."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A model and what it was trained from."""

    name: str
    version: ModelVersion | None = None
    """None = it is not registered."""
    lineage: Lineage | None = None
    """None = nobody knows where it comes from."""
    sha256: tuple[str, ...] = ()
    parents: tuple["Family", ...] = ()
    origin: Origin | None = None
    """What its makers published (None = it is none of the models that the table knows)."""

    @property
    def key(self) -> str:
        """The same for the same model, on whatever way it is reached."""
        return self.version.id if self.version else (self.sha256[0] if self.sha256 else self.name)


@dataclass(frozen=True, kw_only=True)
class Cumulated:
    """The compute behind a model."""

    flops: float
    """Floating point operations of all runs of the lineage that are known."""
    unknown: tuple[str, ...] = ()
    """Names of ancestors that nobody knows the compute of."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something that a lineage does not say."""

    what: str
    """A key of `SENTENCES`."""
    of: str
    """Name of the member of the family, or of the text."""


@dataclass
class _Walk:
    """What was found already: a diamond is walked once, and a circle, which no hash can make, would end."""

    session: AsyncSession
    known: dict[str, Family] = field(default_factory=dict)


async def family(session: AsyncSession, version: ModelVersion) -> Family:
    """A version with all its ancestors."""
    return await _family(_Walk(session), version, MOST_GENERATIONS)


async def _family(walk: _Walk, version: ModelVersion, generations: int) -> Family:
    if version.id not in walk.known:
        origin = origins.of([file.sha256 for file in version.files if file.role == "model"])
        said = origin.lineage() if origin else version.lineage
        name = version.model or said.source or version.id[:12]
        walk.known[version.id] = Family(name=name, version=version, lineage=said, origin=origin)
        parents = [await _parent(walk, each, generations - 1) for each in said.parents]
        walk.known[version.id] = replace(walk.known[version.id], parents=tuple(parents), sha256=_hashes(version))
    return walk.known[version.id]


async def _parent(walk: _Walk, parent: Parent, generations: int) -> Family:
    version = await _registered(walk, parent, generations) if generations > 0 else None
    origin = origins.of(parent.sha256)
    if version is not None and (origin is None or version.origin is origin):
        return version
    if origin is not None:
        return Family(name=origin.name, lineage=origin.lineage(), sha256=parent.sha256, origin=origin)
    parents: list[Family] = []
    if generations > 0 and parent.lineage is not None:
        parents = [await _parent(walk, each, generations - 1) for each in parent.lineage.parents]
    return Family(name=short_name(parent.name), lineage=parent.lineage, sha256=parent.sha256, parents=tuple(parents))


async def _registered(walk: _Walk, parent: Parent, generations: int) -> Family | None:
    found = {version.id: version for each in parent.sha256 for version in await store.by_file(walk.session, each)}
    families = [await _family(walk, version, generations) for version in found.values()]
    return max(families, key=_richness, default=None)


def _richness(each: Family) -> tuple[float, bool]:
    return cumulated(each).flops, each.lineage is not None and each.lineage.made_by == "run"


def members(family: Family) -> Iterator[Family]:
    """The model and all its ancestors, each once, children before their parents."""
    seen: set[str] = set()
    waiting = [family]
    while waiting:
        member = waiting.pop(0)
        if member.key not in seen:
            seen.add(member.key)
            yield member
            waiting += member.parents


def cumulated(family: Family) -> Cumulated:
    """All the compute behind a model: that of its own run, and of all runs that it stands on, each once."""
    flops, unknown = 0.0, []
    for member in members(family):
        own = member.lineage.flops if member.lineage else 0.0
        flops += own
        if not own and not is_quantised(member):
            unknown.append(member.name)
    return Cumulated(flops=flops, unknown=tuple(unknown))


def is_quantised(member: Family) -> bool:
    """Whether it learned nothing of its own: the same weights as its parent's, in another form."""
    return member.lineage is not None and member.lineage.made_by == "quantised" and bool(member.parents)


def before_quantising(family: Family) -> Family:
    """The model whose weights these are, in the form that they were learned in."""
    while is_quantised(family):
        family = family.parents[0]
    return family


def gaps(family: Family) -> tuple[Gap, ...]:
    """What the lineage does not say, of the model and of all its ancestors."""
    return tuple(gap for member in members(family) for gap in _gaps(member))


def _gaps(member: Family) -> Iterator[Gap]:
    said = member.lineage
    if is_quantised(member):
        return
    if said is None or (said.made_by != "run" and member.origin is None):
        yield Gap(what="origin", of=member.name)
        return
    asked: list[tuple[str, object]] = [("compute", said.flops), ("data", any(data.name for data in said.data))]
    if member.origin is None:  # of others, program and recipe are theirs, and the sources say what is known
        asked = [
            ("recipe", said.recipe),
            ("code version", said.code.get("causerie", "")),
            ("tokenizer", said.tokenizer_sha256),
            *asked,
        ]
    for what, value in asked:
        if not value:
            yield Gap(what=what, of=member.name)
    for data in said.data:
        yield from (Gap(what="licence of the data", of=text.name) for text in data.texts if not text.licence)


def missing(family: Family) -> tuple[str, ...]:
    """The same as sentences: empty = the lineage is complete."""
    return tuple(f"{gap.what} of {gap.of}" if gap.of else gap.what for gap in gaps(family))


def licence(family: Family) -> str:
    """Of the weights: the model's own, or that of the nearest ancestor that says one (empty = none does).

    Who trains weights further and says nothing of a licence passes them on under the one that they came with.
    """
    return next((each.lineage.licence for each in members(family) if each.lineage and each.lineage.licence), "")


def licences(family: Family) -> tuple[tuple[str, str], ...]:
    """Every licence behind a model (empty = not known): of the weights of each member, and of each text once.

    Of a model of elsewhere, the weights alone: what its makers learned from was theirs to answer for when they chose
    the licence that they pass the weights on under.
    """
    found: dict[tuple[str, str], None] = {}
    for member in members(family):
        if (own := licence(member)) or member is not family:
            found[member.name, own] = None
        if member.origin is None:
            for data in member.lineage.data if member.lineage else ():
                found |= {(text.name, text.licence): None for text in data.texts}
    return tuple(found)


async def resolved(
    session: AsyncSession, settings: Settings, lineage: Lineage, base: Path, generations: int = MOST_NESTED
) -> Lineage:
    """The lineage with its parents looked for: in the registry, and else among the runs of this machine.

    Args:
        session: To read in.
        settings: Where the runs are.
        lineage: Of a model that is about to be registered.
        base: Where its run was started: there a relative path of its recipe begins.
        generations: So many runs that nobody registered are taken in, one below the other.
    """
    parents = [await _found(session, settings, each, base, generations) for each in lineage.parents]
    return replace(lineage, parents=tuple(parents))


async def _found(session: AsyncSession, settings: Settings, parent: Parent, base: Path, generations: int) -> Parent:
    registered = await _registered(_Walk(session), parent, MOST_GENERATIONS)
    if registered is not None and registered.version is not None:
        return replace(parent, version=registered.version.id)
    if not generations or not parent.sha256:
        return parent
    start, hashes = base / parent.name, frozenset(parent.sha256)
    run = await asyncio.to_thread(run_lineage.run_behind, settings, start, hashes)
    if run is None:
        return parent
    own = await asyncio.to_thread(run_lineage.of_run, settings, run)
    there = await asyncio.to_thread(started_in, settings, run)
    return replace(parent, lineage=await resolved(session, settings, own, there, generations - 1))


async def of_file(session: AsyncSession, settings: Settings, start: Path, sha256: str) -> Cumulated:
    """The compute behind a file that a run is about to go on from.

    Args:
        session: To read in.
        settings: Where the runs are.
        start: Where it is: a GGUF file, a folder of weights, or a run's folder.
        sha256: Of the file.
    """
    parent = Parent(name=str(start), sha256=(sha256,))
    found = await _found(session, settings, parent, Path(), MOST_NESTED)
    return cumulated(await _parent(_Walk(session), found, MOST_GENERATIONS))


def short_name(start: str) -> str:
    """What to call a parent by the path that a recipe named: the run or the folder, and not where it lies."""
    parts = [part for part in Path(start).parts if part not in {"export", "hf", "model.gguf", "/"}]
    return parts[-1] if parts else start


def _hashes(version: ModelVersion) -> tuple[str, ...]:
    return tuple(file.sha256 for file in version.files)
