"""Conversations and their messages, files, feedback, links, prompts, memory, and the index of every word.

Revision 0002.
"""

# ruff: noqa: S608 - these statements are made of our own names alone

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _sqlite_row(row: str) -> str:
    said = f"substr({row}.content, 1, 200000)"
    for letter, two in (("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"), ("ß", "ss")):
        said = f"replace({said}, '{letter}', '{two}')"
    return f"{row}.number, replace({row}.person_id, '_', ''), {said}"


SQLITE = (
    "CREATE VIRTUAL TABLE message_search USING fts5(owner, words, content='', "
    "tokenize=\"unicode61 remove_diacritics 2\", prefix='2 3')",
    "CREATE TRIGGER message_search_insert AFTER INSERT ON messages WHEN new.status <> 'running' BEGIN "
    f"INSERT INTO message_search (rowid, owner, words) VALUES ({_sqlite_row('new')}); END",
    "CREATE TRIGGER message_search_end AFTER UPDATE OF status ON messages "
    "WHEN old.status = 'running' AND new.status <> 'running' BEGIN "
    f"INSERT INTO message_search (rowid, owner, words) VALUES ({_sqlite_row('new')}); END",
    "CREATE TRIGGER message_search_delete AFTER DELETE ON messages WHEN old.status <> 'running' BEGIN "
    f"INSERT INTO message_search (message_search, rowid, owner, words) VALUES ('delete', {_sqlite_row('old')}); END",
)
POSTGRESQL = (
    "CREATE TABLE message_search (number bigint PRIMARY KEY REFERENCES messages (number) ON DELETE CASCADE, "
    "owner varchar(48) NOT NULL, words tsvector NOT NULL)",
    "CREATE INDEX ix_message_search_words ON message_search USING gin (words)",
    "CREATE INDEX ix_message_search_owner_number ON message_search (owner, number)",
    # Accents are taken off by decomposition; what is no letter or digit becomes a blank, since the parser would take
    # `a.b` for a host and `a/b` for a file, each as one word.
    "CREATE FUNCTION causerie_fold(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ "
    "SELECT lower(regexp_replace(regexp_replace(normalize("
    "replace(replace(replace(replace(replace(given, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss'), "
    "NFD), "
    r"'[\u0300-\u036f]', '', 'g'), "
    r"'[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u303f\ufe00-\ufe6f\uff00-\uff0f\U0001F000-\U0001FAFF]+', "
    "' ', 'g')) $$",
    "CREATE FUNCTION causerie_index_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO message_search (number, owner, words) VALUES (new.number, new.person_id, "
    "to_tsvector('simple', replace(new.person_id, '_', '') || ' ' || "
    "causerie_fold(left(new.content, 200000)))); RETURN NULL; END $$",
    "CREATE TRIGGER message_search_insert AFTER INSERT ON messages FOR EACH ROW "
    "WHEN (new.status <> 'running') EXECUTE FUNCTION causerie_index_message()",
    "CREATE TRIGGER message_search_end AFTER UPDATE OF status ON messages FOR EACH ROW "
    "WHEN (old.status = 'running' AND new.status <> 'running') EXECUTE FUNCTION causerie_index_message()",
)
INDEX = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
"""A copy of what `chat/search_index.py` said when this was released: a migration never changes."""


def upgrade() -> None:
    """Make the tables and the index."""
    _make_personal()
    _make_library()
    _make_conversations()
    _make_comparisons()
    _make_messages()
    _make_feedback_and_shares()
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again."""
    op.execute("DROP TABLE message_search")  # SQLite's triggers go with the table `messages`
    for table in (
        "shares",
        "feedback",
        "message_attachments",
        "messages",
        "comparisons",
        "conversations",
        "folders",
        "memories",
        "personal",
        "prompts",
        "drafts",
        "attachments",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION causerie_index_message()")
        op.execute("DROP FUNCTION causerie_fold(text)")


def _make_personal() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_characters", sa.Integer(), nullable=False),
        sa.Column("text_cut", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_attachments_person_id_people", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_person_id", "attachments", ["person_id"])
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"])
    op.create_table(
        "drafts",
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("key", sa.String(48), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("attachment_ids", sa.JSON(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_drafts_person_id_people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "key", name="pk_drafts"),
    )


def _make_library() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_prompts_person_id_people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_prompts"),
        sa.UniqueConstraint("person_id", "name", name="uq_prompts_person_id_name"),
    )
    op.create_table(
        "personal",
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("instructions_enabled", sa.Boolean(), nullable=False),
        sa.Column("memory_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_personal_person_id_people", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_personal"),
    )
    op.create_table(
        "memories",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_memories_person_id_people", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_memories"),
    )
    op.create_index("ix_memories_person_id", "memories", ["person_id"])


def _make_conversations() -> None:
    op.create_table(
        "folders",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_folders_person_id_people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_folders"),
    )
    op.create_index("ix_folders_person_id", "folders", ["person_id"])
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("title_folded", sa.String(400), nullable=False),
        sa.Column("title_origin", sa.String(16), nullable=False),
        sa.Column("folder_id", sa.String(48), nullable=True),
        sa.Column("head_id", sa.String(48), nullable=True),
        sa.Column("model", sa.String(96), nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("import_key", sa.String(128), nullable=True),
        sa.Column("pinned_at", TIME, nullable=True),
        sa.Column("archived_at", TIME, nullable=True),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name="fk_conversations_folder_id_folders", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_conversations_person_id_people", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("person_id", "import_key", name="uq_conversations_person_id_import_key"),
    )
    op.create_index("ix_conversations_deleted_at", "conversations", ["deleted_at"])
    op.create_index("ix_conversations_folder_id", "conversations", ["folder_id"])
    op.create_index("ix_conversations_person_id_updated_at", "conversations", ["person_id", "updated_at"])


def _make_comparisons() -> None:
    op.create_table(
        "comparisons",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("conversation_id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("question_id", sa.String(48), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=True),
        sa.Column("winner_id", sa.String(48), nullable=True),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("voted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_comparisons_conversation_id_conversations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comparisons"),
    )
    op.create_index("ix_comparisons_conversation_id", "comparisons", ["conversation_id"])


def _make_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("conversation_id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("parent_id", sa.String(48), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("model", sa.String(96), nullable=True),
        sa.Column("model_version", sa.String(96), nullable=True),
        sa.Column("finish_reason", sa.String(32), nullable=True),
        sa.Column("tokens_in", sa.Integer(), nullable=True),
        sa.Column("tokens_out", sa.Integer(), nullable=True),
        sa.Column("first_token_ms", sa.Integer(), nullable=True),
        sa.Column("total_ms", sa.Integer(), nullable=True),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("comparison_id", sa.String(48), nullable=True),
        sa.Column("client_id", sa.String(64), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_messages_conversation_id_conversations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_messages"),
        sa.UniqueConstraint("conversation_id", "client_id", name="uq_messages_conversation_id_client_id"),
        sa.UniqueConstraint("id", name="uq_messages_id"),
    )
    op.create_index("ix_messages_comparison_id", "messages", ["comparison_id"])
    op.create_index("ix_messages_conversation_id_number", "messages", ["conversation_id", "number"])
    op.create_index("ix_messages_status_conversation_id", "messages", ["status", "conversation_id"])
    op.create_table(
        "message_attachments",
        sa.Column("message_id", sa.String(48), nullable=False),
        sa.Column("attachment_id", sa.String(48), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name="fk_message_attachments_attachment_id_attachments",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_message_attachments_message_id_messages", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "attachment_id", name="pk_message_attachments"),
    )
    op.create_index("ix_message_attachments_attachment_id", "message_attachments", ["attachment_id"])


def _make_feedback_and_shares() -> None:
    op.create_table(
        "feedback",
        sa.Column("message_id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("better", sa.Text(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("model", sa.String(96), nullable=True),
        sa.Column("model_version", sa.String(96), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_feedback_message_id_messages", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_feedback_person_id_people", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "person_id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_consent_updated_at", "feedback", ["consent", "updated_at"])
    op.create_index("ix_feedback_person_id", "feedback", ["person_id"])
    op.create_table(
        "shares",
        sa.Column("id", sa.String(48), nullable=False),
        sa.Column("conversation_id", sa.String(48), nullable=False),
        sa.Column("person_id", sa.String(48), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("head_id", sa.String(48), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_shares_conversation_id_conversations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_shares_person_id_people", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.UniqueConstraint("token_hash", name="uq_shares_token_hash"),
    )
    op.create_index("ix_shares_conversation_id", "shares", ["conversation_id"])
    op.create_index("ix_shares_person_id", "shares", ["person_id"])
