"""Model versions in the database.

Does: read and write the tables of versions in the caller's session.
Does not: hash, sign or verify; see `versions.py`.
"""

import json
import time
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from causerie.errors import ModelFileError, NotFound
from causerie.inference.catalogue import ALIASES
from causerie.registry.contract import File, Lineage, ModelVersion, Status
from causerie.registry.tables import Version, VersionFile

MAX_LIST = 200
SHORTEST_ID = 8
"""Digits of an id that are enough to name a version."""
_HEXADECIMAL = set("0123456789abcdef")


async def keep(session: AsyncSession, version: ModelVersion) -> ModelVersion:
    """Write a version down; one that is known already stays as it is, and gets the name of its model.

    Versions with other bytes that had the name are no longer here.
    """
    others = update(Version).where(Version.model == version.model, Version.sha256 != version.sha256)
    await session.execute(others.values(model=""))
    known = await session.get(Version, version.id)
    if known is not None:
        known.model = version.model
        await session.flush()
        return of_row(known)
    session.add(
        Version(
            id=version.id,
            number=time.time_ns() // 1000,
            model=version.model,
            sha256=version.sha256,
            status=version.status,
            manifest=version.manifest,
            signature=version.signature,
            created_at=version.created_at,
        )
    )
    await session.flush()
    session.add_all(
        VersionFile(version_id=version.id, place=place, sha256=file.sha256)
        for place, file in enumerate(version.files)
    )
    await session.flush()
    return version


async def get(session: AsyncSession, version_id: str) -> ModelVersion:
    """One version.

    Raises:
        NotFound: There is none of that id.
    """
    row = await session.get(Version, version_id, populate_existing=True)
    if row is None:
        raise unknown(version_id)
    return of_row(row)


async def name_of(session: AsyncSession, version_id: str) -> str:
    """What the catalogue calls a version now (empty = it is no longer here, or never was)."""
    row = await session.get(Version, version_id)
    return row.model if row is not None else ""


async def find(session: AsyncSession, name: str) -> ModelVersion:
    """A version by its id, the beginning of its id (8 digits or more), or its model's name: then the newest.

    Raises:
        NotFound: There is none, or several have ids that begin so.
    """
    name = ALIASES.get(name, name)
    by_name = select(Version).where(Version.model == name).order_by(Version.number.desc()).limit(1)
    if name and (row := await session.scalar(by_name)) is not None:
        return of_row(row)
    if len(name) >= SHORTEST_ID and set(name) <= _HEXADECIMAL:
        by_id = select(Version).where(Version.id.startswith(name, autoescape=True)).limit(2)
        rows = list(await session.scalars(by_id))
        if len(rows) == 1:
            return of_row(rows[0])
    raise unknown(name)


def unknown(name: str) -> NotFound:
    """The error for a name or id that no version has."""
    return NotFound(
        "the registry knows no version of {name!r}", name=name[:96],
        hint="`causerie models add` registers a run's model, `causerie models register` one that is here",
    )  # fmt: skip


async def listed(
    session: AsyncSession,
    *,
    model: str | None = None,
    status: Status | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[ModelVersion]:
    """Versions, the newest first.

    Args:
        session: To read in.
        model: Only those of this model.
        status: Only those of this status.
        before: Only those registered before the version of this id.
        limit: At most so many, and at most `MAX_LIST`.

    Raises:
        NotFound: `before` is no version.
    """
    query = select(Version).order_by(Version.number.desc(), Version.id).limit(min(limit, MAX_LIST))
    if model is not None:
        query = query.where(Version.model == model)
    if status is not None:
        query = query.where(Version.status == status)
    if before is not None:
        last = await session.get(Version, before)
        if last is None:
            raise unknown(before)
        query = query.where(Version.number < last.number)
    return [of_row(row) for row in await session.scalars(query)]


async def by_file(session: AsyncSession, sha256: str) -> list[ModelVersion]:
    """Versions that have a file with this hash, or are a model with it; the oldest first."""
    having = select(VersionFile.version_id).where(VersionFile.sha256 == sha256)
    query = select(Version).where(or_(Version.sha256 == sha256, Version.id.in_(having))).order_by(Version.number)
    return [of_row(row) for row in await session.scalars(query)]


async def quantised_from(session: AsyncSession, sha256: str) -> list[ModelVersion]:
    """Versions that are the weights of a file in another form."""
    query = select(Version).where(
        Version.manifest.contains('"made_by":"quantised"'), Version.manifest.contains(sha256, autoescape=True)
    )
    found = [of_row(row) for row in await session.scalars(query)]
    return [each for each in found if sha256 in each.before_quantising]


async def claiming(session: AsyncSession, name: str, sha256: str) -> list[ModelVersion]:
    """Versions that a model of this name, or with this hash in its facts, claims to be; the newest first."""
    claims: list[ColumnElement[bool]] = [Version.model == name]
    if sha256:
        claims.append(Version.sha256 == sha256)
    query = select(Version).where(or_(*claims)).order_by(Version.number.desc())
    return [of_row(row) for row in await session.scalars(query)]


async def set_status(session: AsyncSession, version_id: str, status: Status) -> ModelVersion:
    """Say that a version is released, retired, or a candidate again.

    Raises:
        NotFound: There is none of that id.
    """
    row = await session.get(Version, version_id)
    if row is None:
        raise unknown(version_id)
    row.status = status
    await session.flush()
    return of_row(row)


async def rename(session: AsyncSession, model: str, new: str) -> None:
    """Follow a model that is called otherwise now (empty = it is no longer here)."""
    await session.execute(update(Version).where(Version.model == model).values(model=new))


def of_row(row: Version) -> ModelVersion:
    """A version as the database has it; whether it is genuine, `versions.verify` says.

    Raises:
        ModelFileError: Its manifest is damaged.
    """
    try:
        said: dict[str, Any] = json.loads(row.manifest)
        files = tuple(File(**each) for each in said["files"])
        lineage = Lineage.from_json(said["lineage"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(
            "the manifest of the version {id} is damaged: {reason}", id=row.id[:12], reason=repr(error)[:200],
            hint="restore the database from a backup",
        ) from error  # fmt: skip
    return ModelVersion(
        id=row.id, model=row.model, created_at=row.created_at, status=_status(row.status), files=files,
        lineage=lineage, manifest=row.manifest, signature=row.signature,
    )  # fmt: skip


def _status(text: str) -> Status:
    return "released" if text == "released" else "retired" if text == "retired" else "candidate"
