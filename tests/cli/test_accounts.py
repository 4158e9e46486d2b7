"""`causerie accounts` and `causerie audit`: who may use it, from the terminal; the running server sees it."""

import io
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from causerie.accounts.passwords import refuse_weak
from causerie.cli.language import explain
from causerie.cli.main import run
from causerie.database.engine import open_database
from causerie.errors import AuditBroken, Conflict, NotFound, Unauthenticated, WeakPassword
from causerie.settings import Settings
from tests.running import running_server
from tests.server.raw import send
from tests.web.stub_upstream import stub_upstream, upstream_config

PASSWORD = "correct horse battery staple"


class Done(NamedTuple):
    """What a command said, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def causerie(*arguments: str, typed: str = f"{PASSWORD}\n") -> Done:
    """The program, in this process but in a thread without a loop: it runs its own."""
    out, err = io.StringIO(), io.StringIO()

    def work() -> int:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            run(list(arguments))
        assert isinstance(ended.value.code, int)
        return ended.value.code

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as elsewhere:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        return Done(elsewhere.submit(work).result(), out.getvalue(), err.getvalue())


def told(*arguments: str, typed: str = f"{PASSWORD}\n") -> Any:
    done = causerie(*arguments, "--json", typed=typed)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_accounts_are_made_listed_changed_and_removed(database_url: str) -> None:
    first = told("accounts", "create", "Ada", "--name", "Ada Lovelace")
    assert (first["login"], first["name"], first["role"]) == ("ada", "Ada Lovelace", "owner")
    second = told("accounts", "create", "bob", "--role", "viewer", "--email", "bob@example.org")
    assert (second["role"], second["email"]) == ("viewer", "bob@example.org")
    assert told("accounts", "role", "bob@example.org", "builder")["role"] == "builder"
    assert told("accounts", "disable", "bob")["disabled"]
    assert not told("accounts", "enable", "bob")["disabled"]
    assert told("accounts", "password", "bob", typed="another horse battery staple\n")["login"] == "bob"
    assert [each["login"] for each in told("accounts", "list")] == ["ada", "bob"]
    assert told("accounts", "delete", "bob", "--yes")["login"] == "bob"
    listed = causerie("accounts", "list")
    assert listed.stdout.split() == ["ada", "owner", "Ada", "Lovelace"]
    verified = told("audit", "verify")
    assert verified["intact"]
    assert verified["entries"] == 7
    assert told("audit", "verify", "--head", verified["head"])["intact"]


def test_what_cannot_be_is_said_with_the_way_out(database_url: str) -> None:
    told("accounts", "create", "ada")
    for arguments, typed, error in (
        (("create", "ADA"), PASSWORD, Conflict),
        (("create", "bob"), "bob12345", WeakPassword),
        (("role", "nobody", "member"), "", NotFound),
        (("delete", "ada", "--yes"), "", Conflict),
        (("role", "ada", "member"), "", Conflict),
    ):
        done = causerie("accounts", *arguments, typed=f"{typed}\n")
        assert done.returncode == error.exit_code, done.stderr
        assert "hint: " in done.stderr or error is Conflict
    assert causerie("accounts", "delete", "ada", typed="n\n").returncode == 1


async def test_a_log_that_somebody_changed_is_found(settings: Settings, database_url: str) -> None:
    told("accounts", "create", "ada")
    head = told("audit", "verify")["head"]
    database = open_database(settings)
    try:
        async with database.write() as session:
            on = "" if database.dialect == "sqlite" else " ON audit_log"
            for name in ("no_update", "no_delete") if database.dialect == "sqlite" else ("no_change",):
                await session.execute(text(f"DROP TRIGGER audit_log_{name}{on}"))
            await session.execute(text("UPDATE audit_log SET target = 'person_other'"))
        assert causerie("audit", "verify").returncode == AuditBroken.exit_code
        async with database.write() as session:
            await session.execute(text("DELETE FROM audit_log"))
    finally:
        await database.close()
    assert causerie("audit", "verify").returncode == 0, "an empty log is a whole one"
    cut = causerie("audit", "verify", "--head", head)
    assert cut.returncode == AuditBroken.exit_code
    assert "its end was cut off" in cut.stderr


def test_the_first_start_prints_a_link_and_the_second_does_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_server(home) as up:
        assert up.log.read_text().count(f"{up.address}/#setup=") == 1
    with running_server(home) as up:
        assert "#setup=" not in up.log.read_text()


@pytest.mark.timeout(400)
def test_a_running_server_closes_its_door_when_the_first_account_is_made_beside_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_server(home) as up:
        assert send(up.address, "GET", "/api/me").status == 200
        told("accounts", "create", "ada")  # the environment names the same data folder
        for _ in range(1200):
            if send(up.address, "GET", "/api/me").status == 401:
                return
            time.sleep(0.05)
        pytest.fail("it is still open")


def test_only_with_an_account_is_an_address_served_that_others_can_reach(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told("accounts", "create", "ada")
    with running_server(home, 'host = "0.0.0.0"\n') as up:
        assert up.address.startswith("http://127.0.0.1:")
        assert send(up.address, "GET", "/v1/models").status == 401


def test_an_application_gets_keys_of_its_own(database_url: str) -> None:
    told("accounts", "create", "ada")
    first = told("accounts", "keys", "make", "website", "--limit", "1000", "--days", "0")
    assert (first["of"], first["scopes"], first["expires_at"]) == ("website", ["models"], None)
    scopes = ("--scope", "models", "--scope", "conversations")
    second = told("accounts", "keys", "make", "Website", *scopes)
    assert (second["of"], second["scopes"]) == ("website", ["models", "conversations"])
    assert told("accounts", "keys", "revoke", first["id"])["revoked_at"]
    listed = causerie("accounts", "keys", "list").stdout.splitlines()
    assert len(listed) == 2
    assert [line.endswith("(revoked)") for line in listed].count(True) == 1
    assert [each["login"] for each in told("accounts", "list")] == ["ada"]
    assert causerie("accounts", "keys", "revoke", "key_of_nobody").returncode == NotFound.exit_code
    shown = causerie("accounts", "keys", "make", "shop")
    assert shown.stdout.startswith("causerie-")
    assert "shown this once" in shown.stderr


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("patient")
def test_commands_on_this_machine_need_no_key_of_their_own_once_there_are_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    told("accounts", "create", "ada")
    with stub_upstream() as upstream, running_server(home, upstream_config(upstream)) as up:
        assert send(up.address, "GET", "/api/models").status == 401
        monkeypatch.setenv("CAUSERIE_PORT", up.address.rpartition(":")[2])
        assert (home / "operator.key").stat().st_mode & 0o777 == 0o600
        asked = causerie("chat", "--model", "echo", "Hello", typed="")
        assert (asked.returncode, asked.stdout.strip()) != (0, ""), asked.stderr
        assert causerie("models").stderr == ""
        monkeypatch.setenv("CAUSERIE_HOME", str(tmp_path / "elsewhere"))
        for arguments, code in ((("models",), 0), (("chat", "Hello"), Unauthenticated.exit_code)):
            refused = causerie(*arguments, typed="")
            assert refused.returncode == code
            assert "asks for a key" in refused.stderr
            assert "CAUSERIE_API_KEYS" in refused.stderr


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password1", "l'un des plus répandus"),
        ("abcdefghij", "une suite"),
        ("aaaaaaaaaa", "se répète"),
        ("12/04/1986", "une date"),
        ("adaadaada", "se répète"),
        ("lovelace1", "trop simple"),
        ("short", "au moins 8"),
    ],
)
def test_why_a_password_is_weak_is_said_in_french_too(
    password: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    with pytest.raises(WeakPassword) as refused:
        refuse_weak(password, "ada", "Ada Lovelace")
    assert reason in explain(refused.value)[0]
