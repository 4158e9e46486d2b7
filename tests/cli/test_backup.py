"""`causerie backup` and `causerie restore`: everything in a file, and back into an empty folder."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from causerie.cli.main import app, run
from causerie.settings import Settings
from tests import databases
from tests.running import running_server


def causerie(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def told(*arguments: str) -> Any:
    outcome = causerie(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


@pytest.mark.parametrize("to", databases.KINDS)
def test_a_backup_of_a_running_server_is_restored_into_an_empty_folder_and_serves(
    database_url: str,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    to: str,
) -> None:
    with running_server(settings.home, CAUSERIE_DATABASE_URL=database_url):
        made = told("backup", str(tmp_path / "kept.zip"))
    assert made["rows"] > 0
    if to == "sqlite":
        restored_and_served(monkeypatch, tmp_path, "", made)
        return
    server: databases.PostgreSQL = request.getfixturevalue("postgresql")
    with server.database() as url:
        restored_and_served(monkeypatch, tmp_path, url, made)


def restored_and_served(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, made: dict[str, Any]) -> None:
    monkeypatch.setenv("CAUSERIE_HOME", str(folder / "another"))
    monkeypatch.setenv("CAUSERIE_DATABASE_URL", url)
    assert told("restore", str(folder / "kept.zip")) == made
    with running_server(folder / "another", CAUSERIE_DATABASE_URL=url):
        assert told("backup", str(folder / "again.zip"))["rows"] >= made["rows"]


def test_both_say_in_words_what_they_did(settings: Settings, migrated_sqlite: Settings, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    databases.copy_of_sqlite(migrated_sqlite, settings.home)
    outcome = causerie("backup")
    assert outcome.exit_code == 0, outcome.output
    (path,) = (settings.home / "backups").iterdir()
    assert outcome.stdout.replace("\n", "").startswith(str(path))
    monkeypatch.setenv("CAUSERIE_HOME", str(tmp_path / "another"))
    outcome = causerie("restore", str(path))
    assert outcome.stdout.startswith("restored what was there on 20")
    assert "models and causerie.toml" in outcome.stdout
    with sqlite3.connect(tmp_path / "another" / "causerie.db") as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchone()
    file.close()


def test_without_a_database_there_is_nothing_to_back_up(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(["backup"])
    assert end.value.code == 5
    assert "there is no database" in capsys.readouterr().err


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photo.zip").write_bytes(b"not one")
    with pytest.raises(SystemExit) as end:
        run(["restore", str(tmp_path / "photo.zip")])
    assert end.value.code == 14
    assert "is not a backup" in capsys.readouterr().err.replace("\n", " ")
