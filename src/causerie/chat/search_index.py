"""The index of every word said, kept by the database itself.

Does: hold the statements that make it, for SQLite (FTS5) and PostgreSQL (tsvector and GIN), and its triggers: a
message is indexed once, when it has ended, and leaves with it, so that no code can forget to.
Does not: search; see `search.py`.

The owner is a word of the index too: a search reads the lists of its words and of its owner, whatever else is there.
Letters lose their case and accents as in `folding.py`. SQLite's table keeps no copy of the texts (`content=''`).
"""

# ruff: noqa: S608 - these statements are made of our own names alone

from sqlalchemy import DDL, event

from causerie.chat.tables import Message

TABLE = "message_search"
"""Outside `Base.metadata`, with FTS5's own tables of this name and an ending: each database has its own form."""
MOST_CHARACTERS = 200_000
"""Of a message that are indexed; PostgreSQL's tsvector holds 1 MB."""


def _sqlite_row(row: str) -> str:
    said = f"substr({row}.content, 1, {MOST_CHARACTERS})"
    for letter, two in (("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"), ("ß", "ss")):
        said = f"replace({said}, '{letter}', '{two}')"
    return f"{row}.number, replace({row}.person_id, '_', ''), {said}"


SQLITE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(owner, words, content='', "
    "tokenize=\"unicode61 remove_diacritics 2\", prefix='2 3')",
    f"CREATE TRIGGER {TABLE}_insert AFTER INSERT ON messages WHEN new.status <> 'running' BEGIN "
    f"INSERT INTO {TABLE} (rowid, owner, words) VALUES ({_sqlite_row('new')}); END",
    f"CREATE TRIGGER {TABLE}_end AFTER UPDATE OF status ON messages "
    "WHEN old.status = 'running' AND new.status <> 'running' BEGIN "
    f"INSERT INTO {TABLE} (rowid, owner, words) VALUES ({_sqlite_row('new')}); END",
    f"CREATE TRIGGER {TABLE}_delete AFTER DELETE ON messages WHEN old.status <> 'running' BEGIN "
    f"INSERT INTO {TABLE} ({TABLE}, rowid, owner, words) VALUES ('delete', {_sqlite_row('old')}); END",
)
POSTGRESQL = (
    f"CREATE TABLE {TABLE} (number bigint PRIMARY KEY REFERENCES messages (number) ON DELETE CASCADE, "
    "owner varchar(48) NOT NULL, words tsvector NOT NULL)",
    f"CREATE INDEX ix_{TABLE}_words ON {TABLE} USING gin (words)",
    f"CREATE INDEX ix_{TABLE}_owner_number ON {TABLE} (owner, number)",
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
    f"INSERT INTO {TABLE} (number, owner, words) VALUES (new.number, new.person_id, "
    "to_tsvector('simple', replace(new.person_id, '_', '') || ' ' || "
    f"causerie_fold(left(new.content, {MOST_CHARACTERS})))); RETURN NULL; END $$",
    f"CREATE TRIGGER {TABLE}_insert AFTER INSERT ON messages FOR EACH ROW "
    "WHEN (new.status <> 'running') EXECUTE FUNCTION causerie_index_message()",
    f"CREATE TRIGGER {TABLE}_end AFTER UPDATE OF status ON messages FOR EACH ROW "
    "WHEN (old.status = 'running' AND new.status <> 'running') EXECUTE FUNCTION causerie_index_message()",
)
STATEMENTS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
"""What makes the index, by database; the migration runs a copy."""

for _dialect, _statements in STATEMENTS.items():
    for _statement in _statements:
        _made = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call] # SQLAlchemy's
        event.listen(Message.__table__, "after_create", _made.execute_if(dialect=_dialect))
