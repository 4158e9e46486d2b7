"""What people said as a file: the forms of `data build` read it, only its owner does, and it names nobody."""

import json
import stat
from pathlib import Path

import pytest

from causerie.data.contract import Judgement, Message, Preference
from causerie.data.forms.table import TABLE, Form
from causerie.errors import NotFound
from causerie.improvement.feedback_file import write
from tests.improvement.said import statement

SAID = [
    statement(person_id="person_secret", asked="Capital of Australia?", better="Canberra", worse="Sydney"),
    statement(source="thumb", better="Good.", worse=""),
    statement(source="thumb", better="", worse="Bad.\udc80"),
]


def read(file: Path, form: Form) -> list[object]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return list(TABLE[form][0]((f"{number}", row) for number, row in enumerate(rows)))


def test_pairs_are_read_by_the_form_feedback(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    assert write(SAID, file) == 1
    (pair,) = read(file, "feedback")
    assert isinstance(pair, Preference)
    assert pair.messages == (Message("user", "Capital of Australia?"),)
    assert (pair.chosen, pair.rejected, pair.meta) == ("Canberra", "Sydney", {"how": "better_answer"})
    assert "person_secret" not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_thumbs_are_read_by_the_form_judgements(tmp_path: Path) -> None:
    file = tmp_path / "thumbs.jsonl"
    file.write_text("older")
    assert write(SAID, file, thumbs=True) == 2
    found = [each for each in read(file, "judgements") if isinstance(each, Judgement)]
    assert [(each.answer, each.good) for each in found] == [("Good.", True), ("Bad.?", False)]
    assert list(tmp_path.iterdir()) == [file]


def test_nothing_said_is_said_and_leaves_an_older_file(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    file.write_text("older")
    with pytest.raises(NotFound, match="nobody has said"):
        write(SAID[1:], file)
    assert file.read_text() == "older"
