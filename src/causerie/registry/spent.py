"""What went into weights: a ledger by content, so that no copy, new name or further training begins at nothing.

Does: write down what every run of this machine exported, with the operations of its whole lineage; say how many are
behind a file or folder that a run wants to go on from.
Does not: decide what is too much; `pause.py` does.

Weights that nobody knows are not counted as free: they are taken to have cost what training a model of their size
costs at the tokens a weight that the policy says, 6 operations a weight and token (Kaplan et al., 2020).
"""

import asyncio
import json
import math
import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.database.engine import Database
from causerie.errors import ModelFileError
from causerie.inference import gguf
from causerie.inference.model_files import file_sha256
from causerie.registry import lineage, origins, store
from causerie.registry.policy import Policy
from causerie.registry.tables import ComputeSpent
from causerie.settings import Settings
from causerie.training import runs, start_files
from causerie.training.control import started_in

MAX_HEADER_BYTES = 2**26
"""Of a safetensors file: a hundred thousand tensors take less."""
FLOPS_PER_WEIGHT_AND_TOKEN = 6


@dataclass(frozen=True)
class _Exported:
    """A file that a run left for others."""

    run: Path
    file: Path
    size: int
    made_s: float
    changed_at: datetime
    """Of the inode: no program sets it, and a clock that was set back makes another one."""


async def behind(session: AsyncSession, settings: Settings, policy: Policy, start: Path) -> float:
    """Operations that went into what a run goes on from, all ancestors together.

    Args:
        session: To read in.
        settings: Where runs are.
        policy: For models of elsewhere.
        start: A file, a folder of weights, or a run's folder (one that is not there: 0, training says so).
    """
    hashes = await asyncio.to_thread(lambda: set(start_files.hashes(start).values()))
    told = [await _behind_file(session, settings, policy, start, each) for each in hashes]
    flops = [each for each, _ in told]
    if not all(whole for _, whole in told):  # a file that is known does not vouch for those beside it
        flops.append(await asyncio.to_thread(supposed, policy, start))
    return max(flops, default=0.0)


async def _behind_file(
    session: AsyncSession, settings: Settings, policy: Policy, start: Path, sha256: str
) -> tuple[float, bool]:
    """Operations that are known to have gone into a file, and whether these are all."""
    noted = await _known(session, policy, [sha256])
    of_lineage = await lineage.of_file(session, settings, start, sha256)
    whole = bool(noted) or (of_lineage.flops > 0 and not of_lineage.unknown)
    return max([*noted, of_lineage.flops]), whole


async def _known(session: AsyncSession, policy: Policy, hashes: Collection[str]) -> list[float]:
    """What the policy and the ledger have of a model, in whatever form it is there."""
    forms = await siblings(session, hashes)
    of_others = [each.flops for each in policy.rules.pause.known if each.sha256 in forms]
    return [*of_others, *await session.scalars(select(ComputeSpent.flops).where(ComputeSpent.sha256.in_(forms)))]


def supposed(policy: Policy, start: Path) -> float:
    """Operations that a model of unknown origin is taken to have cost, by its size."""
    weights = parameters_of(start)
    return FLOPS_PER_WEIGHT_AND_TOKEN * policy.rules.pause.tokens_per_parameter * float(weights) ** 2


def parameters_of(start: Path) -> int:
    """Weights in a file or folder, by what its headers say (0 = they cannot be read: training refuses it too)."""
    if start.is_file() and start.suffix != ".safetensors":
        try:
            return gguf.read(start).parameters
        except ModelFileError:
            return 0
    return sum(_weights_in(file) for file in start_files.start_files(start))


def _weights_in(file: Path) -> int:
    """Weights of a safetensors file: https://huggingface.co/docs/safetensors/en/index#format."""
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length)) if length <= MAX_HEADER_BYTES else {}
        shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
        return sum(math.prod(int(size) for size in shape) for shape in shapes)
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError):
        return 0


async def note_runs(database: Database, settings: Settings, policy: Policy, also: Path | None = None) -> None:
    """Write down what the runs of this machine exported since the last time; parents before their children.

    Args:
        database: Of the registry.
        settings: Where runs are.
        policy: For models of elsewhere.
        also: The folder of a run that may lie elsewhere, with no link to it among the runs.
    """
    found = await asyncio.to_thread(lambda: sorted(_exported(settings, also), key=lambda each: each.made_s))
    async with database.read() as session:
        new = [each for each in found if not await _is_noted(session, each)]
    for each in new:
        async with database.read() as session:
            before, hashes = await _before(session, settings, policy, each.run)
        own = (await asyncio.to_thread(runs.facts, each.run)).flops
        sha256 = await asyncio.to_thread(file_sha256, [each.file])
        async with database.write() as session:
            await _note(session, each, sha256, before + own, hashes)


def _exported(settings: Settings, also: Path | None) -> Iterator[_Exported]:
    try:
        folders = {path.resolve() for path in runs.runs_folder(settings).iterdir()}
    except OSError:
        folders = set()
    for run in folders | ({also.resolve()} if also else set()):
        for file in (*run.glob("export/hf/*.safetensors"), *run.glob("export/*.gguf")):
            try:
                facts = file.stat()
            except OSError:  # the run is being removed
                continue
            changed = datetime.fromtimestamp(facts.st_ctime, UTC)
            yield _Exported(run, file, facts.st_size, facts.st_mtime, changed)


async def _is_noted(session: AsyncSession, each: _Exported) -> bool:
    query = select(ComputeSpent.at).where(
        ComputeSpent.run == _run_key(each.run), ComputeSpent.file == each.file.name, ComputeSpent.size == each.size
    )
    return each.changed_at in list(await session.scalars(query))


async def _before(
    session: AsyncSession, settings: Settings, policy: Policy, run: Path
) -> tuple[float, Sequence[str]]:
    """What was behind the start of a run, by the hashes that it wrote down, or else by what lies there now."""
    said = runs.read_json(run / "lineage.json").get("start")
    hashes = sorted(str(value) for key, value in said.items() if key != "path") if isinstance(said, dict) else []
    noted = await _known(session, policy, hashes)
    recipe = runs.recipe_of(run)
    if recipe is None or not recipe.model.start:
        return max(noted, default=0.0), hashes
    start = started_in(settings, run) / recipe.model.start
    return max([*noted, await behind(session, settings, policy, start)]), hashes


async def _note(session: AsyncSession, each: _Exported, sha256: str, flops: float, parents: Sequence[str]) -> None:
    row = await session.get(ComputeSpent, sha256)
    if row is None:
        row = ComputeSpent(sha256=sha256, flops=0.0, parents=[])
        session.add(row)
    # The same bytes, made twice, are one model; what is known of it never becomes less.
    row.flops = max(row.flops, flops)
    row.run, row.file, row.size = _run_key(each.run), each.file.name[:200], each.size
    row.parents, row.at = list(parents), each.changed_at
    await session.flush()


def _run_key(run: Path) -> str:
    return str(run)[-200:]


async def siblings(session: AsyncSession, hashes: Collection[str]) -> set[str]:
    """Hashes of all that is the same model as these files: a run exports two forms, and quantising makes more.

    From a form to what it was made of, and on to what else was made of that: a copy of a copy is found too.
    """
    found: set[str] = set()
    new = set(hashes)
    while new:
        found |= new
        new = {form for each in new for form in await _forms(session, each)} - found
    return found


async def _forms(session: AsyncSession, sha256: str) -> set[str]:
    """What is known at once to be the same model as this file."""
    of_run = select(ComputeSpent.run).where(ComputeSpent.sha256 == sha256)
    forms = set(await session.scalars(select(ComputeSpent.sha256).where(ComputeSpent.run.in_(of_run))))
    for version in (*await store.by_file(session, sha256), *await store.quantised_from(session, sha256)):
        forms |= {version.sha256, *(file.sha256 for file in version.files), *version.before_quantising}
    origin = origins.of([sha256])
    return forms | set(origin.sha256 if origin else ())
