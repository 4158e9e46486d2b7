"""The tables of the registry: versions and their files, then what the gate decides.

Does: hold the columns.
Does not: read or write; see `store.py` for versions, `releases.py`, `overrides.py` and `pause.py` for the gate.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from causerie.database.tables import Base, now

ID = String(48)
HASH = String(64)
"""SHA-256, hexadecimal."""


class Version(Base):
    """A model version: what it is never changes, what it is called and whether it is released does."""

    __tablename__ = "model_versions"
    __table_args__ = (Index("ix_model_versions_model", "model"), Index("ix_model_versions_sha256", "sha256"))

    id: Mapped[str] = mapped_column(HASH, primary_key=True)
    """Of the manifest."""
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    """Microseconds since 1970 at which it was registered, for a list in order."""
    model: Mapped[str] = mapped_column(String(96))
    """The catalogue's name for it (empty = it is no longer here)."""
    sha256: Mapped[str] = mapped_column(HASH)
    """Of what an engine loads."""
    status: Mapped[str] = mapped_column(String(16), default="candidate")
    """`candidate`, `released` or `retired`."""
    manifest: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class VersionFile(Base):
    """A file that is part of a version; by its hash, a child finds its parent."""

    __tablename__ = "model_version_files"
    __table_args__ = (Index("ix_model_version_files_sha256", "sha256"),)

    version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    """In the manifest, from 0."""
    sha256: Mapped[str] = mapped_column(HASH)


class ReleaseAlias(Base):
    """A name that people and applications ask for, and the version that answers to it."""

    __tablename__ = "release_aliases"

    alias: Mapped[str] = mapped_column(String(48), primary_key=True)
    model: Mapped[str] = mapped_column(String(200))
    """The catalogue's name of the one in service (empty = none yet)."""
    version: Mapped[str] = mapped_column(HASH)
    candidate: Mapped[str] = mapped_column(String(200), default="")
    """The one that is being tried beside it (empty = none)."""
    candidate_version: Mapped[str] = mapped_column(HASH, default="")
    stage: Mapped[str] = mapped_column(String(16), default="all")
    """Of the candidate: `shadow` or `share`; `all` = there is none."""
    share: Mapped[float] = mapped_column(default=0.0)
    """Of people whom the candidate answers, 0 to 1."""
    since: Mapped[datetime] = mapped_column(default=now)
    """When the present stage began."""


class Release(Base):
    """Something that happened to an alias; never changed afterwards."""

    __tablename__ = "releases"
    __table_args__ = (Index("ix_releases_alias_at", "alias", "at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    alias: Mapped[str] = mapped_column(String(48))
    act: Mapped[str] = mapped_column(String(16))
    """`release`, `stage`, `rollback` or `fall_back`."""
    model: Mapped[str] = mapped_column(String(200))
    version: Mapped[str] = mapped_column(HASH)
    previous: Mapped[str] = mapped_column(String(200))
    previous_version: Mapped[str] = mapped_column(HASH)
    stage: Mapped[str] = mapped_column(String(16))
    share: Mapped[float]
    judgement: Mapped[dict[str, Any]]
    """What the gate said, line by line."""
    override_id: Mapped[str | None] = mapped_column(ID)
    person_id: Mapped[str | None] = mapped_column(ID)
    """Who did it (none = the command line, or the program by itself)."""
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)


class Override(Base):
    """A decision of two people to let pass what the gate refused."""

    __tablename__ = "release_overrides"
    __table_args__ = (Index("ix_release_overrides_version", "version"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    model: Mapped[str] = mapped_column(String(200))
    version: Mapped[str] = mapped_column(HASH)
    alias: Mapped[str] = mapped_column(String(48))
    requirements: Mapped[list[Any]]
    """Those of the policy that it lets pass."""
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(ID)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    signed_by: Mapped[str | None] = mapped_column(ID)
    signed_at: Mapped[datetime | None]
    signature: Mapped[str] = mapped_column(Text, default="")


class Pause(Base):
    """A run or a model that waits for two signatures, because it crosses a threshold."""

    __tablename__ = "training_pauses"
    __table_args__ = (Index("ix_training_pauses_subject", "subject"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`compute` or `ability`."""
    subject: Mapped[str] = mapped_column(HASH)
    """Hash of the run's recipe and start, or the version's id."""
    name: Mapped[str] = mapped_column(String(200))
    threshold: Mapped[str] = mapped_column(String(200))
    limit_flops: Mapped[float]
    flops: Mapped[float]
    """Of the lineage, this run included."""
    facts: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text, default="")
    first_by: Mapped[str | None] = mapped_column(ID)
    first_at: Mapped[datetime | None]
    second_by: Mapped[str | None] = mapped_column(ID)
    second_at: Mapped[datetime | None]
    signature: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class ComputeSpent(Base):
    """What went into a file of weights, whatever it is called and wherever it lies."""

    __tablename__ = "compute_spent"

    sha256: Mapped[str] = mapped_column(HASH, primary_key=True)
    flops: Mapped[float]
    """Of the whole lineage up to this file."""
    run: Mapped[str] = mapped_column(String(200))
    file: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    """In bytes."""
    parents: Mapped[list[Any]]
    at: Mapped[datetime] = mapped_column(default=now)
    """When the file last changed: one that changed since is read again."""
