"""The registry: model versions with their files, and what the gate decides of them.

Revision 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(48)
HASH = sa.String(64)


def upgrade() -> None:
    """Make the tables."""
    _versions()
    _releases()
    _pauses()


def _versions() -> None:
    op.create_table(
        "model_versions",
        sa.Column("id", HASH, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("model", sa.String(96), nullable=False),
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_versions"),
    )
    op.create_index("ix_model_versions_model", "model_versions", ["model"])
    op.create_index("ix_model_versions_sha256", "model_versions", ["sha256"])
    op.create_table(
        "model_version_files",
        sa.Column("version_id", HASH, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sha256", HASH, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["model_versions.id"],
            name="fk_model_version_files_version_id_model_versions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "place", name="pk_model_version_files"),
    )
    op.create_index("ix_model_version_files_sha256", "model_version_files", ["sha256"])


def _releases() -> None:
    op.create_table(
        "release_aliases",
        sa.Column("alias", sa.String(48), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("version", HASH, nullable=False),
        sa.Column("candidate", sa.String(200), nullable=False),
        sa.Column("candidate_version", HASH, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("alias", name="pk_release_aliases"),
    )
    op.create_table(
        "releases",
        sa.Column("id", ID, nullable=False),
        sa.Column("alias", sa.String(48), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("version", HASH, nullable=False),
        sa.Column("previous", sa.String(200), nullable=False),
        sa.Column("previous_version", HASH, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("judgement", sa.JSON(), nullable=False),
        sa.Column("override_id", ID, nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_alias_at", "releases", ["alias", "at"])
    op.create_table(
        "release_overrides",
        sa.Column("id", ID, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("version", HASH, nullable=False),
        sa.Column("alias", sa.String(48), nullable=False),
        sa.Column("requirements", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("signed_by", ID, nullable=True),
        sa.Column("signed_at", TIME, nullable=True),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_release_overrides"),
    )
    op.create_index("ix_release_overrides_version", "release_overrides", ["version"])


def _pauses() -> None:
    op.create_table(
        "training_pauses",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("threshold", sa.String(200), nullable=False),
        sa.Column("limit_flops", sa.Double(), nullable=False),
        sa.Column("flops", sa.Double(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_by", ID, nullable=True),
        sa.Column("first_at", TIME, nullable=True),
        sa.Column("second_by", ID, nullable=True),
        sa.Column("second_at", TIME, nullable=True),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_training_pauses"),
    )
    op.create_index("ix_training_pauses_subject", "training_pauses", ["subject"])
    op.create_table(
        "compute_spent",
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("flops", sa.Double(), nullable=False),
        sa.Column("run", sa.String(200), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("parents", sa.JSON(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_compute_spent"),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in (
        "compute_spent", "training_pauses", "release_overrides", "releases", "release_aliases",
        "model_version_files", "model_versions",
    ):  # fmt: skip
        op.drop_table(table)
