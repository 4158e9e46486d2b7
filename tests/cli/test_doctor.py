"""The doctor finds what is wrong and says what to do."""

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from causerie.cli import doctor
from causerie.cli.main import app
from causerie.settings import Settings, load_settings
from tests import databases


def look(name: str, settings: Settings) -> doctor.Finding:
    return next(finding for check in doctor.CHECKS if (finding := check(settings)).check == name)


def test_every_finding_has_a_remedy_unless_all_is_well() -> None:
    outcome = CliRunner().invoke(app, ["doctor", "--json"])
    findings = json.loads(outcome.stdout)
    assert [finding["check"] for finding in findings] == [
        "python", "memory", "disk", "port", "engine", "gpu", "page", "home", "database", "models",
    ]  # fmt: skip
    assert all(finding["remedy"] for finding in findings if finding["status"] != "ok")
    assert outcome.exit_code == int(any(finding["status"] == "broken" for finding in findings))


def test_people_read_a_line_for_each_finding() -> None:
    outcome = CliRunner().invoke(app, ["doctor"])
    assert "python   Python 3." in outcome.stdout
    assert "engine   llama.cpp" in outcome.stdout


def test_a_busy_port_is_found() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        finding = look("port", load_settings(port=busy.getsockname()[1]))
    assert finding.status == "warning"
    assert "--port 0" in finding.remedy


def test_a_home_that_others_can_read_is_found(tmp_path: Path) -> None:
    home = tmp_path / "open"
    home.mkdir(mode=0o755)
    finding = look("home", load_settings(home=home))
    assert (finding.status, finding.remedy) == ("warning", f"chmod 700 {home}")
    home.chmod(0o700)
    assert look("home", load_settings(home=home)).status == "ok"


def test_a_home_that_cannot_be_made_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert look("home", load_settings(home=tmp_path / "none")).status == "broken"
    assert look("home", load_settings(home=tmp_path)).status == "broken"


def test_too_little_memory_and_disk_are_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_FREE_MEMORY_GIB", 10**6)
    monkeypatch.setattr(doctor, "_FREE_DISK_GIB", 10**6)
    assert "starter" in look("memory", settings).remedy
    assert "CAUSERIE_HOME" in look("disk", settings).remedy


def test_an_engine_that_cannot_be_loaded_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_DEVICES", "import module_that_is_not_there")
    finding = look("engine", settings)
    assert finding.status == "broken"
    assert "module_that_is_not_there" in finding.found


@pytest.mark.parametrize(("script", "status"), [("echo 'GPU 0: Test (UUID: x)'", "ok"), ("exit 9", "warning")])
def test_a_gpu_is_named_or_its_driver_doubted(
    script: str, status: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    finding = look("gpu", settings)
    assert finding.status == status
    assert finding.found in {"GPU 0: Test", "nvidia-smi fails"}


def test_the_database_is_named_with_what_becomes_of_it(database_url: str, settings: Settings) -> None:
    finding = look("database", settings)
    assert finding.status == "ok"
    assert finding.found.startswith("PostgreSQL" if database_url else f"SQLite, {settings.home}")


def test_a_database_that_is_not_there_yet_is_not_made(settings: Settings) -> None:
    assert look("database", settings).found.endswith("made at the first start")
    assert not settings.home.exists()


def test_a_database_of_an_earlier_version_will_be_migrated(settings: Settings, migrated_sqlite: Settings) -> None:
    databases.copy_of_sqlite(migrated_sqlite, settings.home)
    with closing(sqlite3.connect(settings.home / "causerie.db")) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '0001'")
    assert look("database", settings).found.endswith("migrated at the next start, after a backup")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://root@/data", "does not name a database"),
        ("postgresql://nobody@/nothing?host=/nowhere", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_found(url: str, says: str) -> None:
    finding = look("database", load_settings(database_url=url))
    assert finding.status == "broken"
    assert says in finding.found
    assert finding.remedy
