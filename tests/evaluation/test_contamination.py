"""Items that stand in training data are found, as the data room's decontamination finds the texts; others are not."""

import asyncio
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from causerie.cli.main import app
from causerie.data.contract import Conversation, Document, Message, Removed, Sample
from causerie.data.records import line_of, written
from causerie.data.steps.decontaminate import Decontaminate
from causerie.database.engine import Database
from causerie.errors import DataError
from causerie.evaluation.contamination import FILE, Contamination, look_for, read, run_length, text_of
from causerie.evaluation.contract import Item
from causerie.evaluation.evaluating import keep
from causerie.evaluation.folder import finish, folder_of
from causerie.settings import Settings
from tests.evaluation.judged import accuracy, judged, scored

WORDS = [f"{first}{second}" for first in "bcdfghklmnprst" for second in ("al", "er", "in", "os", "um", "ay", "ek")]


def sentence(seed: int, words: int = 20) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) for _ in range(words))


def item(number: int, text: str, **more: object) -> Item:
    return Item(id=f"q{number}", task="knowledge", messages=({"role": "user", "content": text},), **more)  # type: ignore[arg-type]


def data(folder: Path, *samples: Sample) -> Path:
    """A folder as `causerie data build` makes it."""
    for kind, cls in (("documents", Document), ("conversations", Conversation)):
        lines = [line_of(each) for each in samples if isinstance(each, cls)]
        if lines:
            with written(folder / kind / "train-00000.jsonl.zst") as file:
                file.write(b"".join(lines))
    return folder


def test_an_item_in_a_training_text_is_found(tmp_path: Path) -> None:
    items = [item(number, sentence(number)) for number in range(5)]
    texts = [Document(id=f"d{number}", text=sentence(100 + number, 200), source="web") for number in range(20)]
    texts[7] = Document(id="leak", text=f"{sentence(50, 40)} {sentence(3).upper()} {sentence(51, 40)}", source="web")
    found = look_for(items, data(tmp_path, *texts), words=13)
    assert [(each.id, each.document, each.share) for each in found.found] == [("q3", "web: leak", 1.0)]
    assert (found.items, found.too_short, found.texts, found.words) == (5, 0, 20, 13)
    assert found.share is not None
    assert found.share.value == pytest.approx(0.2)


def test_a_part_of_an_item_is_found_as_a_part(tmp_path: Path) -> None:
    asked = sentence(1, 26)
    part = " ".join(asked.split()[:13])
    found = look_for([item(1, asked)], data(tmp_path, Document(id="d", text=f"so {part} it ends")), words=13)
    assert found.found[0].share == pytest.approx(1 / 14)
    assert found.found[0].document == "d"


def test_conversations_are_looked_through_too(tmp_path: Path) -> None:
    asked = sentence(1)
    there = Conversation(id="c", messages=(Message("user", "please"), Message("assistant", asked)))
    assert len(look_for([item(1, asked)], data(tmp_path, there)).found) == 1


def test_it_finds_what_decontamination_removes(tmp_path: Path) -> None:
    """Both sides of one rule: an item is found exactly where its text would go."""
    items = [item(number, sentence(number)) for number in range(12)]
    chance = random.Random(8)
    texts = []
    for number in range(60):
        words = sentence(200 + number, 60).split()
        if number % 3 == 0:  # a run of 10 to 16 words of an item
            run = sentence(number % 12).split()[: chance.randint(10, 16)]
            words[20:20] = run
        texts.append(Document(id=f"d{number}", text=" ".join(words)))
    suite = tmp_path / "suite.txt"
    for text in texts:
        folder = data(tmp_path / text.id, text)
        found = look_for(items, folder, words=13).found
        removed = []
        for each in items:
            suite = tmp_path / f"{text.id}-{each.id}.txt"
            suite.write_text(text_of(each))
            step = Decontaminate(against=(str(suite),), words=13)
            removed += [each.id] if isinstance(step.apply(text), Removed) else []
        assert [each.id for each in found] == removed


def test_short_items_are_counted_not_guessed(tmp_path: Path) -> None:
    folder = data(tmp_path, Document(id="d", text="Paris"), Document(id="e", text="what is the capital"))
    found = look_for([item(1, "what is the capital")], folder)
    assert (found.items, found.too_short, found.found, found.share) == (0, 1, (), None)


def test_the_run_is_as_long_as_nearly_all_items() -> None:
    assert run_length([sentence(1, 30)] * 20) == 13
    assert run_length([sentence(1, 10)] * 20) == 10
    assert run_length([sentence(1, 3)] * 20) == 8
    assert run_length([]) == 13
    assert run_length([sentence(1, 4), *[sentence(2, 12)] * 39]) == 12


def test_the_text_of_an_item_is_all_that_gives_it_away() -> None:
    asked = Item(
        id="1", task="t", text="passage", choices=("yes", "no"), expected=("no",),
        messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "why?"}),
    )  # fmt: skip
    assert text_of(asked) == "passage\n\nwhy?\n\nyes\n\nno\n\nno"


def test_progress_and_json(tmp_path: Path) -> None:
    read: list[int] = []
    folder = data(tmp_path, *(Document(id=str(number), text=sentence(number)) for number in range(2500)))
    found = look_for([item(1, sentence(2400))], folder, progress=read.append)
    assert read == [1000, 2000, 2500]
    assert Contamination.from_json(found.to_json()) == found
    assert found.found[0].document == "2400"


def test_no_items_and_no_data(tmp_path: Path) -> None:
    assert look_for([], data(tmp_path / "a", Document(id="d", text=sentence(1)))).items == 0
    with pytest.raises(DataError, match="holds no training data"):
        look_for([item(1, sentence(1))], tmp_path / "nothing")


def suite(folder: Path) -> Path:
    """Ten sentences to go on, as a suite."""
    folder.mkdir()
    (folder / "suite.toml").write_text(
        'name = "sentences"\ntitle = "Sentences"\nversion = "1"\nlicence = "CC0-1.0"\nlanguages = ["en"]\n'
        '[[tasks]]\nname = "knowledge"\nkind = "answer"\nitems = "items.jsonl"\n'
    )
    rows = [{"id": str(number), "question": sentence(number), "answer": "yes"} for number in range(10)]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "card.md").write_text("Sentences.\n")
    return folder


async def test_the_command_tells_and_the_report_says_it_too(
    tmp_path: Path, database: Database, settings: Settings
) -> None:
    items = scored("knowledge", [1.0] * 5 + [0.0] * 5)
    one = judged(items, [accuracy("knowledge", items)], suite="sentences-2-shot")
    place = folder_of(settings, one.evaluation.id)
    place.mkdir(parents=True)
    finish(place, one.evaluation, one.items)
    await keep(database, settings, one.evaluation)
    assert read(place) is None
    folder = data(tmp_path / "data", Document(id="leak", text=f"{sentence(0)} and {sentence(1)}"))

    def told(*more: str) -> str:
        command = ["eval", "contamination", str(suite_folder), "--data", str(folder), *more]
        outcome = CliRunner().invoke(app, command)
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    suite_folder = suite(tmp_path / "sentences")
    shown = await asyncio.to_thread(told, "--report", one.evaluation.id)
    assert "2 of 10 items share a run of 13 words with 1 training texts; 0 are too short" in shown.replace("\n", " ")
    assert "leak" in shown
    assert json.loads(await asyncio.to_thread(told, "--json", "--words", "9"))["words"] == 9
    kept = json.loads((place / FILE).read_text("utf-8"))
    assert [each["id"] for each in kept["found"]] == ["0", "1"]
    page = (place / "report.html").read_text("utf-8")
    assert "2 of 10 items share a run of 13 words" in page
    again = page.partition("The figures again, without these items")[2]
    assert "37.5%" in again.partition("<h2>")[0], "3 of the 8 others are right"


async def test_what_is_found_of_another_suite_is_not_told_of_an_evaluation(
    tmp_path: Path, database: Database, settings: Settings
) -> None:
    items = scored("knowledge", [1.0] * 5)
    one = judged(items, [accuracy("knowledge", items)])
    place = folder_of(settings, one.evaluation.id)
    place.mkdir(parents=True)
    finish(place, one.evaluation, one.items)
    await keep(database, settings, one.evaluation)
    command = ["eval", "contamination", str(suite(tmp_path / "sentences")), "--data", str(tmp_path), "--report"]
    for evaluation, said in (
        (one.evaluation.id, "is by the suite core, not by sentences"),
        ("eval_no", "there is no"),
    ):
        outcome = await asyncio.to_thread(CliRunner().invoke, app, [*command, evaluation])
        assert said in str(outcome.exception), "before the data are read: this folder has none"
    assert read(place) is None
