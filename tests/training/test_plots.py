"""The curves of a run as a picture."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from causerie.training import plots
from causerie.training.run import train
from tests.training.runs import events, recipe_of

SVG = "{http://www.w3.org/2000/svg}"


def points_of(line: ET.Element) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in line.attrib["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


def test_a_run_leaves_its_curves_a_readme_and_a_lineage_that_names_them(language: Path, tmp_path: Path) -> None:
    run = train(recipe_of(language, tmp_path / "first", schedule__steps=40)).path
    root = ET.parse(run / "curves.svg").getroot()
    panels = root.findall(f"{SVG}g")
    assert len(panels) == 3
    held = events(run, "evaluation")
    for panel in panels[:2]:
        trained, measured = panel.findall(f"{SVG}polyline")
        assert (len(points_of(trained)), len(points_of(measured))) == (40, len(held)) == (40, 4)
        # The loss falls, so the line goes down: y grows.
        assert points_of(trained)[-1][1] > points_of(trained)[0][1] + 10
        assert len(panel.findall(f"{SVG}circle")) == 4
    lineage = json.loads((run / "lineage.json").read_text())
    assert lineage["plots"] == ["curves.svg"]
    assert 2**25 < lineage["peak_memory_bytes"] < 2**36
    readme = (run / "README.md").read_text()
    assert readme.startswith("# first\n\nA run of causerie: pretrain, 40 steps.\n")
    assert "(curves.svg)" in readme
    assert f"| bits per byte, held out | {held[-1]['bits_per_byte']:.4f} |" in readme


def test_the_picture_speaks_french_to_those_who_read_it() -> None:
    drawn = plots.picture("x", {"loss": [(1, 2.0), (2, 1.0)]}, {})
    assert re.search(r'systemLanguage="fr">perte</text><text [^>]*>loss</text></switch>', drawn)
    assert "held out" not in drawn
    both = plots.picture("<x>", {}, {"loss": [(5, 2.0)], "accuracy": [(5, 0.5)]})
    assert ET.fromstring(both).findtext(f"{SVG}title") == "<x>"
    assert len(ET.fromstring(both).findall(f"{SVG}g")) == 2


def test_a_run_that_has_said_nothing_yet_has_an_empty_picture() -> None:
    assert ET.fromstring(plots.picture("x", {}, {})).findall(f"{SVG}g") == []


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    rows = [{"kind": "step", "step": 1, "loss": 2.0}, {"kind": "step", "step": 2, "loss": float("nan")}]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (line,) = ET.parse(plots.draw(tmp_path)).getroot().findall(f"{SVG}g/{SVG}polyline[@class='train']")
    assert len(points_of(line)) == 1


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.5, 1]),
        (1.93, 8.3, [0, 2, 4, 6, 8, 10]),
        (0, 900, [0, 500, 1000]),
        (2, 2, [1, 1.5, 2, 2.5, 3]),
        (0, 0, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round_and_cover_the_range(low: float, high: float, ticks: list[float]) -> None:
    assert plots.nice(low, high) == ticks


def test_many_steps_become_means_of_groups() -> None:
    line = [(float(step), float(step % 2)) for step in range(1000)]
    grouped = plots.grouped(line, most=300)
    assert len(grouped) == 250
    assert grouped[0] == (1.5, 0.5)
    assert plots.grouped(line[:7]) == line[:7]
    assert plots.grouped([]) == []
