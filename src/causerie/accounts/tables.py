"""The tables of people: who they are, how they sign in, what they may.

Does: hold the columns. What is used and what was done stand in `ledger_tables.py`.
Does not: read or write; the files named after what they keep do.

Secrets are kept as hashes: SHA-256 for what is drawn at random with 256 bits, argon2 for what people choose. Only
the secret of a second factor must be kept as it is, since codes are computed from it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from causerie.database.tables import Base, now

ID = String(48)
"""An identifier: prefix, `_`, 26 characters."""
HASH = String(64)
"""SHA-256 in hexadecimal."""


class Person(Base):
    """Somebody who uses this causerie, or a program of nobody's that does (`applications.py`)."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    login: Mapped[str | None] = mapped_column(String(64), unique=True)
    """What they sign in with, in small letters (none = an application, or the local owner without accounts)."""
    name: Mapped[str] = mapped_column(String(128))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    """In small letters."""
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    language: Mapped[str | None] = mapped_column(String(8))
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class SessionRow(Base):
    """A browser that is signed in, or half: between the password and the second factor."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    method: Mapped[str] = mapped_column(String(16))
    """`password`, `passkey`, `oidc` or `link`."""
    pending: Mapped[bool]
    """The second factor is still to be shown."""
    wrong_codes: Mapped[int] = mapped_column(default=0)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class Passkey(Base):
    """A WebAuthn credential."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """In base64url; at most 1023 bytes (https://www.w3.org/TR/webauthn-3/#credential-id)."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """In COSE form."""
    sign_count: Mapped[int]
    synced: Mapped[bool]
    """The authenticator keeps a copy elsewhere."""
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The secret that an authenticator application shares with us (RFC 6238)."""

    __tablename__ = "second_factors"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None]
    """When a first code was right (none = not asked for at sign-in yet)."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The newest step of 30 s whose code was accepted: no code is good twice."""


class RecoveryCode(Base):
    """A code on paper for who lost the telephone; good once."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)


class OutsideIdentity(Base):
    """A person as an OIDC provider knows them."""

    __tablename__ = "outside_identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class OneTimeLink(Base):
    """A link that opens once: the first account, an invitation, a new password."""

    __tablename__ = "one_time_links"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`setup`, `invitation` or `reset`."""
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    """Whose password is chosen anew."""
    role: Mapped[str | None] = mapped_column(String(16))
    """Of the account that an invitation makes."""
    email: Mapped[str | None] = mapped_column(String(254))
    group_ids: Mapped[list[Any]] = mapped_column(default=list)
    made_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedSignIns(Base):
    """Wrong passwords and codes of one account, one address, or both together."""

    __tablename__ = "failed_sign_ins"

    subject: Mapped[str] = mapped_column(HASH, primary_key=True)
    """A hash: whoever reads the table learns no name that was tried."""
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


class Group(Base):
    """People who are permitted or limited together."""

    __tablename__ = "groups"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    description: Mapped[str] = mapped_column(String(1024), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Membership(Base):
    """A person in a group."""

    __tablename__ = "group_members"

    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)


class ModelPermission(Base):
    """One who may ask a model. A model without any such row is open to everyone who may ask models."""

    __tablename__ = "model_permissions"
    __table_args__ = (
        UniqueConstraint("model", "group_id", "person_id"),
        CheckConstraint("group_id IS NULL OR person_id IS NULL", name="one_subject"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    model: Mapped[str] = mapped_column(String(96), index=True)
    group_id: Mapped[str | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    """Neither a group nor a person: the model is closed, save to those whom other rows name."""


class ApiKey(Base):
    """A key of a person or an application; the key itself is shown once and not kept."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_person_id", "person_id"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    app_id: Mapped[str | None] = mapped_column(ID)
    """The application that it is for (none = the person's own)."""
    name: Mapped[str] = mapped_column(String(64))
    start: Mapped[str] = mapped_column(String(16))
    """Its first characters, so that people tell their keys apart."""
    key_hash: Mapped[str] = mapped_column(HASH, unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Version(Base):
    """One row, counted up by every change of these tables: who remembers something of them looks here."""

    __tablename__ = "accounts_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
