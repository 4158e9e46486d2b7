"""`causerie data` builds, shows and lists, for people and for programs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from causerie.accounts import audit, people
from causerie.accounts.ledger_tables import AuditEntry
from causerie.cli.data import app
from causerie.data import build as building
from causerie.database import engine
from causerie.database.engine import Database, open_database
from causerie.errors import ConfigError, DataError, NotFound
from causerie.improvement import collecting
from causerie.settings import load_settings
from tests.data.test_steps import prose
from tests.improvement.talked import Talked

RECIPE = """\
name = "letters"
holdout = 0.3
[[sources]]
name = "letters"
kind = "files"
path = "letters"
licence = "CC0-1.0"
[[steps]]
use = "gopher"
"""

PAIRS = """\
name = "pairs"
holdout = 0
[[sources]]
name = "said"
kind = "files"
path = "said.jsonl"
form = "feedback"
licence = "with the consent of who said it"
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe for twelve letters, in the working folder; one is too short."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letters").mkdir()
    for number in range(12):
        (tmp_path / "letters" / f"{number}.txt").write_text(prose(160 if number else 8, number))
    (tmp_path / "letters.toml").write_text(RECIPE)
    return tmp_path / "letters.toml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_build_says_what_was_made_and_where_the_report_is(recipe: Path, tmp_path: Path) -> None:
    outcome = run("build", recipe, "--workers", "1")
    assert outcome.exit_code == 0, outcome.output
    told = outcome.stdout.splitlines()
    assert told[0].startswith("training: ")
    assert told[1].startswith("validation: ")
    assert told[2] == "report: data/letters/report.html"
    assert (tmp_path / "data" / "letters" / "report.html").is_file()


def test_build_for_programs_with_changes(recipe: Path, tmp_path: Path) -> None:
    outcome = run("build", recipe, "--out", "here", "--workers", "1", "--set", "holdout=0", "--json")
    card = json.loads(outcome.stdout)
    assert (card["name"], card["folder"], card["holdout"]) == ("letters", "here", 0.0)
    assert card["sources"][0]["kept"] == 11


def test_what_is_wrong_is_one_of_our_errors(recipe: Path, tmp_path: Path) -> None:
    assert isinstance(run("build", recipe, "--set", "wrong=1").exception, ConfigError)
    assert isinstance(run("show", tmp_path).exception, DataError)


def test_ctrl_c_says_how_to_go_on(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "clean", stop)
    outcome = run("build", recipe, "--workers", "1")
    assert outcome.exit_code == 130
    assert "goes on from here" in outcome.stderr


def test_show_has_sources_and_steps_and_checks_the_files(recipe: Path, tmp_path: Path) -> None:
    run("build", recipe, "--workers", "1")
    outcome = run("show", "data/letters", "--verify")
    assert outcome.exit_code == 0, outcome.output
    assert "letters  CC0-1.0    12    11" in outcome.stdout
    assert "gopher" in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == "every file is what the card says"
    assert json.loads(run("show", "data/letters", "--json").stdout)["steps"][1]["removed"] == {"number of words": 1}
    next((tmp_path / "data" / "letters" / "documents").iterdir()).write_bytes(b"")
    assert isinstance(run("show", "data/letters", "--verify").exception, DataError)


def test_steps_are_listed_with_their_options() -> None:
    told = run("steps").stdout
    assert "near-duplicates\n" in told
    assert "  similarity = 0.8  Share of runs in common" in told
    assert '  keep = ["fr", "en"]  Languages that stay' in told
    assert "  against = needed  Files" in told
    assert "  repetition = true" in told
    listed = json.loads(run("steps", "--json").stdout)
    assert listed["gopher"]["min_words"]["default"] == 50


def test_what_people_said_becomes_a_file_for_a_recipe(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(run("feedback", "said.jsonl").exception, NotFound)

    async def talk() -> None:
        database = open_database(load_settings())
        try:
            await people.prepare(database)
            talked = Talked(database)
            ada = await talked.join("ada")
            (wrong,) = await talked.asked(ada, "My address is ada@example.org. Capital of Australia?", "Sydney")
            await talked.thinks(ada, wrong, -1, better="Canberra")
        finally:
            await database.close()

    asyncio.run(talk())
    outcome = run("feedback", "said.jsonl")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout == "said.jsonl: 1 lines\n"
    assert "ada@" not in Path("said.jsonl").read_text()
    Path("pairs.toml").write_text(PAIRS)
    card = json.loads(run("build", "pairs.toml", "--workers", "1", "--json").stdout)
    assert (card["sources"][0]["samples_kind"], card["sources"][0]["kept"]) == ("preferences", 1)


def test_others_write_while_what_people_said_is_gathered(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 1)
    collect = collecting.collect

    async def within(work: Callable[[Database], Awaitable[None]]) -> None:
        database = open_database(load_settings())
        try:
            await people.prepare(database)
            await work(database)
        finally:
            await database.close()

    async def talk(database: Database) -> None:
        talked = Talked(database)
        ada = await talked.join("ada")
        await talked.thinks(
            ada, (await talked.asked(ada, "Capital of Australia?", "Sydney"))[0], -1, better="Canberra"
        )

    async def write(database: Database) -> None:
        async with database.write() as session:
            await audit.record(session, None, "test.write", "meanwhile")

    async def collecting_while_another_writes(*given: Any) -> collecting.Collected:
        said = await collect(*given)
        await within(write)
        return said

    async def told(database: Database) -> None:
        async with database.read() as session:
            assert {"feedback.export", "test.write"} <= {
                row.action for row in await session.scalars(select(AuditEntry))
            }

    asyncio.run(within(talk))
    monkeypatch.setattr(collecting, "collect", collecting_while_another_writes)
    outcome = run("feedback", "said.jsonl")
    assert outcome.exit_code == 0, outcome.output
    asyncio.run(within(told))


def test_a_bar_is_shown_in_a_terminal(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from causerie.cli import data

    terminal = Console(stderr=True, force_terminal=True, width=100)
    monkeypatch.setattr(data, "errors", lambda: terminal)
    outcome = run("build", recipe, "--workers", "1")
    assert outcome.exit_code == 0, outcome.output
    assert "writing" in outcome.stderr
