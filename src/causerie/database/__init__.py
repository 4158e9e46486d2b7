"""Where rows live: one engine, sessions, migrations and backups, on SQLite or PostgreSQL.

Comes in: the settings' data folder and database URL; each room's own `tables.py`.
Goes out: `Database.read()` and `Database.write()`, the sessions that every `store.py` works in; archives of all rows.
Read first: `engine.py`.
"""
