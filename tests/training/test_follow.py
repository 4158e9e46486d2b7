"""Whoever looks on sees each thing that a run says once, whatever state its files are in."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from causerie.training import follow
from causerie.training.events import Event
from causerie.training.follow import first_row, last_rows, said
from causerie.training.run_folder import RunFolder
from tests.training.runs import recipe_of


def row(kind: str, step: int, **facts: Any) -> str:
    return json.dumps({"kind": kind, "step": step, "time": 1000.0 + step, **facts}) + "\n"


def write(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def steps_of(found: follow.Said) -> list[int]:
    return [each["step"] for each in found.rows]


def test_each_event_is_told_once_and_samples_stand_among_them(tmp_path: Path) -> None:
    assert said(tmp_path) == follow.Said([], whole=True, mark="0.0-0.0")
    write(tmp_path / "metrics.jsonl", row("start", 0), row("step", 1), row("step", 3))
    write(tmp_path / "samples.jsonl", row("sample", 2, text="à la"))
    first = said(tmp_path)
    assert first.whole
    assert [(each["kind"], each["step"]) for each in first.rows] == [
        ("start", 0), ("step", 1), ("sample", 2), ("step", 3),
    ]  # fmt: skip
    second = said(tmp_path, first.mark)
    assert (second.rows, second.whole, second.mark) == ([], False, first.mark)
    write(tmp_path / "metrics.jsonl", row("step", 4))
    write(tmp_path / "samples.jsonl", row("sample", 4, text="done"))
    third = said(tmp_path, first.mark)
    assert [each["kind"] for each in third.rows] == ["step", "sample"]
    assert not third.whole


def test_the_first_words_are_not_missed_by_who_came_before_them(tmp_path: Path) -> None:
    early = said(tmp_path)
    write(tmp_path / "metrics.jsonl", row("start", 0))
    assert steps_of(said(tmp_path, early.mark)) == [0]


def test_a_line_that_is_half_written_waits_for_its_end(tmp_path: Path) -> None:
    line = row("step", 2)
    write(tmp_path / "metrics.jsonl", row("step", 1), line[:20])
    first = said(tmp_path)
    assert steps_of(first) == [1]
    assert steps_of(said(tmp_path, first.mark)) == []
    write(tmp_path / "metrics.jsonl", line[20:])
    assert steps_of(said(tmp_path, first.mark)) == [2]


@pytest.mark.parametrize(
    "damage",
    [
        "{not JSON\n", "[1, 2]\n", '{"kind": "step"}\n', '{"kind": 3, "step": 1, "time": 1}\n', "\x00\x00\n", "\n",
        '{"kind": "step", "step": true, "time": 1}\n', '{"kind": "step", "step": 1, "time": "now"}\n',
        '{"kind": "step", "step": 1, "time": NaN}\n', f'{"[" * 20_000}\n',
    ],
    ids=range(10),
)  # fmt: skip
def test_a_damaged_line_is_left_out_and_hides_none_of_the_others(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "metrics.jsonl", row("step", 1), damage, row("step", 2))
    first = said(tmp_path)
    assert steps_of(first) == [1, 2]
    write(tmp_path / "metrics.jsonl", damage, row("step", 3))
    assert steps_of(said(tmp_path, first.mark)) == [3]
    assert [each["step"] for each in last_rows(tmp_path / "metrics.jsonl")] == [1, 2, 3]


def test_what_is_no_number_is_null_for_json_has_no_word_for_it(tmp_path: Path) -> None:
    line = '{"kind": "step", "step": 1, "time": 1, "loss": NaN, "gradient_norm": Infinity, "rate_share": 1e999}\n'
    write(tmp_path / "metrics.jsonl", line)
    (only,) = said(tmp_path).rows
    assert (only["loss"], only["gradient_norm"], only["rate_share"]) == (None, None, None)
    json.dumps(only, allow_nan=False)


def test_of_many_steps_a_screenful_is_told_the_first_and_the_last_among_them(tmp_path: Path) -> None:
    count = follow.MOST_STEPS * 2 + 345
    lines = [
        row("step", step) + (row("evaluation", step) if step % 1000 == 0 else "") for step in range(1, count + 1)
    ]
    write(tmp_path / "metrics.jsonl", *lines)
    found = said(tmp_path)
    told = [each["step"] for each in found.rows if each["kind"] == "step"]
    assert follow.MOST_STEPS * 0.99 < len(told) <= follow.MOST_STEPS
    assert (told[0], told[-1]) == (1, count)
    gaps = {later - earlier for earlier, later in pairwise(told[:-1])}
    assert gaps <= {2, 3}, "evenly"
    assert [each["step"] for each in found.rows if each["kind"] == "evaluation"] == [1000, 2000, 3000, 4000]
    write(tmp_path / "metrics.jsonl", row("step", count + 1))
    assert steps_of(said(tmp_path, found.mark)) == [count + 1]


def test_a_long_absence_is_made_up_for_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow._new, "__defaults__", (200,))
    begun = said(tmp_path)
    write(tmp_path / "metrics.jsonl", *(row("step", step) for step in range(1, 21)))
    seen: list[int] = []
    mark, looks = begun.mark, 0
    while len(seen) < 20:
        part = said(tmp_path, mark)
        assert part.rows
        seen, mark, looks = seen + steps_of(part), part.mark, looks + 1
    assert seen == list(range(1, 21))
    assert looks > 3


def test_who_goes_back_to_a_checkpoint_is_told_anew_from_the_beginning(tmp_path: Path) -> None:
    folder = RunFolder(recipe_of(tmp_path, tmp_path / "run"), resume=False)
    folder.begin({}, ())
    for step in range(1, 9):
        folder.write(Event("step", step, {"loss": 3.0}))
    first = said(folder.path)
    folder.write(Event("resumed", 5, {"checkpoint_step": 5}))
    for step in range(6, 12):  # longer than it was: by its length alone nobody could tell
        folder.write(Event("step", step, {"loss": 2.0}))
    again = said(folder.path, first.mark)
    assert again.whole
    assert [each["step"] for each in again.rows if each["kind"] == "step"] == list(range(1, 12))


@pytest.mark.parametrize("mark", ["", "0", "12", "a-b", "1.2.3-4", "-5.0-0.0", "99999.1-0.0", "1.1-1.1", "9" * 90])
def test_a_mark_that_is_none_means_everything(tmp_path: Path, mark: str) -> None:
    write(tmp_path / "metrics.jsonl", row("step", 1))
    found = said(tmp_path, mark)
    assert (found.whole, steps_of(found)) == (True, [1])


def test_the_ends_of_a_long_file_are_read_without_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert (first_row(path), last_rows(path)) == (None, [])
    write(path, row("start", 0), *(row("step", step) for step in range(1, 101)))
    begun = first_row(path)
    assert begun is not None
    assert begun["kind"] == "start"
    tail = [each["step"] for each in last_rows(path, tail_bytes=250)]
    assert tail == list(range(101 - len(tail), 101))
    assert 2 <= len(tail) <= 5
