"""The table people read is what the result files hold, and each file says when, where and how it was measured."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.measure import RESULTS, Figure, write_json
from benchmarks.table import read_result, split_readme, table

FILES = sorted(RESULTS.glob("*.json"))


def result(**changes: object) -> dict[str, Any]:
    """A whole result with two figures."""
    figures = [
        Figure(name="answers a second", value=31.5, goal=20, better="higher", unit="x", peer="the peer",
               peer_value=160.2, our_value=5046.0, measured_in="/s"),
        Figure(name="latency added", value=1.25, goal=1, better="lower", unit="ms"),
    ]  # fmt: skip
    return {
        "name": "example",
        "date": "2026-11-24T09:00:00+00:00",
        "commit": "0123456789abcdef",
        "command": "python -m benchmarks.example",
        "machine": {"processor": "Abacus", "cores": 2, "memory_gib": 4.0, "versions": {"python": "3.12.1"}},
        "configuration": {"connections": 32},
        "figures": [asdict(figure) for figure in figures],
        "repetitions": [{"rate": 5046.0}],
    } | changes


def test_readme_shows_exactly_what_the_result_files_hold() -> None:
    assert split_readme()[1] == f"\n{table()}", "run: python -m benchmarks.table"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_result_says_when_where_and_how_it_was_measured(path: Path) -> None:
    measured = read_result(path)

    assert measured["name"] == path.stem
    assert datetime.fromisoformat(measured["date"]).tzinfo is not None
    assert "python" in measured["machine"]["versions"]
    assert all(figure["peer"] is None or figure["peer_value"] is not None for figure in measured["figures"])


def test_a_row_shows_our_figure_the_goal_and_the_peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "example.json", result())
    monkeypatch.setattr("benchmarks.table.RESULTS", tmp_path)

    lines = table().splitlines()

    assert lines[1] == "### example"
    assert "| answers a second | 31.5 x (5,046 /s) | ≥ 20 x | met | 160 /s | the peer |" in lines
    assert "| latency added | 1.25 ms | ≤ 1 ms | **not met** |  |  |" in lines
    assert lines[-1] == (
        "`python -m benchmarks.example`; 2026-11-24; commit 0123456789ab; 1 repetitions; "
        "Abacus, 2 cores, 4.0 GiB; python 3.12.1."
    )


@pytest.mark.parametrize("part", ["date", "commit", "machine", "repetitions", "figures"])
def test_a_result_that_lacks_a_part_is_refused_by_name(tmp_path: Path, part: str) -> None:
    broken = result()
    del broken[part]
    write_json(tmp_path / "example.json", broken)

    with pytest.raises(ValueError, match=part):
        read_result(tmp_path / "example.json")


def test_a_result_without_the_processor_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "example.json", result(machine={"cores": 2}))

    with pytest.raises(ValueError, match=r"machine\.processor"):
        read_result(tmp_path / "example.json")


def test_a_figure_of_another_form_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "example.json", result(figures=[{"name": "rate", "value": 1}]))

    with pytest.raises(ValueError, match="rate"):
        read_result(tmp_path / "example.json")
