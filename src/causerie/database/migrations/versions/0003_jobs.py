"""Background work: jobs, what they say, and when they are due.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("message", sa.String(200), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=True),
        sa.Column("cancel_asked_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "job_lines",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("job_id", sa.String(48), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_lines_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name="pk_job_lines"),
    )
    op.create_index("ix_job_lines_job_id_number", "job_lines", ["job_id", "number"])
    op.create_table(
        "job_appointments",
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_job_appointments"),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("job_appointments", "job_lines", "jobs"):
        op.drop_table(table)
