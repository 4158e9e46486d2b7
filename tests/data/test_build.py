"""A build gives the same files whatever the number of processes, goes on where it stopped, and says what it did."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from causerie.data import assembly, cleaning
from causerie.data import build as building
from causerie.data import encode as encoding
from causerie.data.build import build
from causerie.data.card import Card, read_card, verify
from causerie.data.contract import Conversation, Document, Portion, Preference
from causerie.data.encode import encode
from causerie.data.recipe import DataRecipe
from causerie.data.records import kinds_in, lines, sample_files, sample_of, samples
from causerie.data.shards import TokenShards
from causerie.errors import CauserieError, Conflict, DataError, DiskFull
from tests.data.test_steps import prose

SECRET = "jean.dupont@exemple.fr"


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty texts in eight files, with a duplicate, a near-duplicate, a short one, an address, an eval question."""
    monkeypatch.setattr(building, "GROUP_BYTES", 1)  # a task for each file
    folder = tmp_path / "texts"
    folder.mkdir()
    rows = [prose(160, number) for number in range(36)]
    rows += [
        rows[3].upper(),
        rows[4].replace(rows[4].split()[5], "marmalade", 1),
        f"Too short: {SECRET}",
        f"{prose(80, 99)} {SECRET}",
    ]
    for number in range(8):
        content = "".join(json.dumps({"text": text}) + "\n" for text in rows[number * 5 : number * 5 + 5])
        (folder / f"{number}.jsonl").write_text(content)
    return folder


def recipe(**options: object) -> DataRecipe:
    said: dict[str, object] = {
        "name": "test",
        "holdout": 0.2,
        "sources": [{"name": "texts", "kind": "files", "path": "texts", "licence": "CC0-1.0", "language": "en"}],
        "steps": [
            {"use": use} for use in ("normalise", "gopher", "personal-data", "exact-duplicates", "near-duplicates")
        ],
    }
    return DataRecipe.model_validate(said | options)


def run(tmp_path: Path, out: str = "out", workers: int = 1, **options: object) -> Card:
    return build(recipe(**options), tmp_path / out, beside=tmp_path, workers=workers)


def documents(folder: Path, split: str = "train") -> list[Document]:
    return [each for each in samples(folder, "documents", split) if isinstance(each, Document)]  # type: ignore[arg-type]


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of a finished build, but for the date."""
    date = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
    return {
        str(path.relative_to(folder)): date.sub(b"", path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_build_counts_what_each_step_did(texts: Path, tmp_path: Path) -> None:
    card = run(tmp_path)
    removed = {step.name: step.removed for step in card.steps}
    assert removed == {
        "read": {},
        "normalise": {},
        "gopher": {"number of words": 1},
        "personal-data": {},
        "exact-duplicates": {"the same text": 1},
        "near-duplicates": {"nearly the same text": 1},
    }
    assert next(step.edited for step in card.steps if step.name == "personal-data") == {"email": 1}
    assert card.samples("train") + card.samples("validation") == 37 == card.sources[0].kept
    assert 0 < card.samples("validation") < 18
    kept = documents(tmp_path / "out") + documents(tmp_path / "out", "validation")
    assert len({document.id for document in kept}) == 37
    assert {document.source for document in kept} == {"texts"}
    assert sum(len(document.text) for document in kept) == card.characters("train") + card.characters("validation")
    assert not (tmp_path / "out" / "work").exists()


def test_the_report_and_the_card_tell_it_without_personal_data(texts: Path, tmp_path: Path) -> None:
    build(recipe(description="Novels & more"), tmp_path / "out", beside=tmp_path, workers=1, language="fr")
    report = (tmp_path / "out" / "report.html").read_text()
    for said in (
        "Données : test",
        "Novels &amp; more",
        "nombre de mots",
        "Too short: [email]",
        "marmalade",
        "[email]",
    ):
        assert said in report
    assert "src=" not in report
    assert "http" not in report
    card = (tmp_path / "out" / "card.md").read_text()
    assert card.startswith("---\n")
    assert "CC0-1.0" in card
    for path in (tmp_path / "out").glob("*.*"):
        assert SECRET not in path.read_text(), path


def test_two_processes_give_the_same_as_one(texts: Path, tmp_path: Path) -> None:
    run(tmp_path, "one", workers=1)
    run(tmp_path, "two", workers=2)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_how_files_are_grouped_does_not_matter(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "each")
    monkeypatch.setattr(building, "GROUP_BYTES", 10_000)
    run(tmp_path, "some", workers=2)
    monkeypatch.setattr(building, "GROUP_BYTES", 2**30)
    run(tmp_path, "all")
    assert read_card(tmp_path / "each").data_sha256 == read_card(tmp_path / "all").data_sha256
    assert read_card(tmp_path / "some").data_sha256 == read_card(tmp_path / "all").data_sha256


def test_what_was_held_out_stays_so_when_more_is_added(texts: Path, tmp_path: Path) -> None:
    run(tmp_path)
    held = {document.id for document in documents(tmp_path / "out", "validation")}
    (texts / "0.txt").write_text(prose(160, 1000))
    run(tmp_path)
    assert held <= {document.id for document in documents(tmp_path / "out", "validation")}


def test_a_finished_build_is_not_done_again_unless_something_changed(texts: Path, tmp_path: Path) -> None:
    first = run(tmp_path)
    assert run(tmp_path) == first
    (texts / "new.txt").write_text(prose(160, 1000))
    second = run(tmp_path)
    assert second.sources[0].kept == first.sources[0].kept + 1
    assert second.plan_sha256 != first.plan_sha256
    assert run(tmp_path, seed=1).data_sha256 != second.data_sha256


def test_another_causerie_builds_anew(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run(tmp_path)
    monkeypatch.setattr(building, "version", lambda _: "another")
    after = run(tmp_path)
    assert after.plan_sha256 != before.plan_sha256
    assert after.data_sha256 == before.data_sha256


def test_long_texts_are_taken_few_at_a_time(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "one")
    assert max(encode_bytes(tmp_path / "one")) > 20
    monkeypatch.setattr(cleaning, "_BATCH_CHARACTERS", 1000)
    monkeypatch.setattr(encoding, "_BATCH_CHARACTERS", 1000)
    run(tmp_path, "two")
    assert max(encode_bytes(tmp_path / "two")) <= 2
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_another_evaluation_set_is_another_build(texts: Path, tmp_path: Path) -> None:
    steps = [{"use": "decontaminate", "against": ["questions.txt"]}]
    with pytest.raises(DataError, match=r"questions\.txt cannot be read"):
        run(tmp_path, steps=steps)
    (tmp_path / "questions.txt").write_text("Something that nobody has asked so far in any of these texts")
    assert run(tmp_path, steps=steps).sources[0].kept == 40
    (tmp_path / "questions.txt").write_text(prose(160, 7))
    card = run(tmp_path, steps=steps)
    assert card.steps[1].removed == {"in an evaluation set": 1}


def test_a_stopped_build_goes_on_and_ends_as_if_it_had_not_been(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "whole")
    cleaned: list[str] = []
    real = cleaning.clean

    def stopping(task: cleaning.Task) -> object:
        cleaned.append(task.portions[0].name)
        if len(cleaned) == 4:
            raise KeyboardInterrupt
        return real(task)

    monkeypatch.setattr(building, "clean", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert not (tmp_path / "out" / "card.json").exists()
    run(tmp_path)
    assert cleaned == [f"{number}.jsonl" for number in (0, 1, 2, 3, 3, 4, 5, 6, 7)]
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


def test_what_another_recipe_left_is_not_used(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "mix", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, steps=[{"use": "normalise"}])
    monkeypatch.undo()
    run(tmp_path)
    run(tmp_path, "whole")
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


PROGRAM = """
import sys
from pathlib import Path
from causerie.data import build as building
from causerie.data.build import build
from causerie.data.recipe import load_recipe
if __name__ == "__main__":
    building.GROUP_BYTES = 1
    build(load_recipe(Path(sys.argv[1])), Path(sys.argv[2]), beside=Path(sys.argv[1]).parent, workers=2)
"""


@pytest.mark.timeout(900)
def test_kill_nine_at_any_moment_loses_nothing(texts: Path, tmp_path: Path) -> None:
    from causerie.data.toml_recipe import read_recipe

    (tmp_path / "r.toml").write_text(
        'name = "test"\nholdout = 0.2\n[[sources]]\nname = "texts"\nkind = "files"\npath = "texts"\n'
        'licence = "CC0-1.0"\n[[steps]]\nuse = "normalise"\n[[steps]]\nuse = "near-duplicates"\n'
    )
    (tmp_path / "program.py").write_text(PROGRAM)
    build(read_recipe(DataRecipe, tmp_path / "r.toml"), tmp_path / "whole", beside=tmp_path, workers=1)
    command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path / "r.toml"), str(tmp_path / "out")]
    for wanted in ("000-000002.json",):
        process = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + 300
        while not (tmp_path / "out" / "work" / wanted).exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True, timeout=600)
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


def test_two_builds_do_not_share_a_folder(texts: Path, tmp_path: Path) -> None:
    with building._alone(tmp_path / "out"), pytest.raises(Conflict, match="another process builds"):
        run(tmp_path)


def test_a_folder_with_something_else_in_it_is_left_alone(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="holds something else"):
        run(tmp_path, "texts")
    assert len(list(texts.iterdir())) == 8


@pytest.mark.parametrize("name", ["work/thesis.txt", "documents/letter.txt", "work", "work/lock"])
def test_a_folder_of_the_same_names_is_left_alone(texts: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_text("precious")
    if name == "work/lock":  # all that a build leaves that was stopped at its beginning
        run(tmp_path, "mine")
        return
    with pytest.raises(Conflict, match="holds something else"):
        run(tmp_path, "mine")
    assert path.read_text() == "precious"
    assert [each for each in (tmp_path / "mine").rglob("*") if each.is_file()] == [path]


def test_a_file_is_no_folder_to_build_in(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    with pytest.raises(Conflict, match="holds something else"):
        run(tmp_path)


def test_a_build_that_fails_leaves_the_older_data(texts: Path, tmp_path: Path) -> None:
    run(tmp_path)
    before = everything(tmp_path / "out")
    with pytest.raises(DataError, match="nothing is left"):
        run(tmp_path, steps=[{"use": "gopher", "min_words": 5000}])
    after = everything(tmp_path / "out")
    assert {name: content for name, content in after.items() if not name.startswith("work/")} == before
    run(tmp_path, seed=1)
    assert not (tmp_path / "out" / "work").exists()


def stopped_at(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next time that a file of this name is taken out, the process dies just after."""
    real = os.unlink

    def unlink(path: str | Path, *, dir_fd: int | None = None) -> None:
        real(path, dir_fd=dir_fd)
        if Path(path).name == name:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "unlink", unlink)


def left_by_a_failed_build(tmp_path: Path) -> list[str]:
    """Names in the work folder of a build that was stopped when all was cleaned."""
    with pytest.raises(DataError, match="nothing is left"):
        run(tmp_path, steps=[{"use": "gopher", "min_words": 5000}])
    return sorted(each.name for each in (tmp_path / "out" / "work").iterdir() if each.name not in {"lock", "plan"})


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("place", [0, 9, -1])
def test_a_build_stopped_while_it_forgets_another_recipe_goes_on(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, *, older: bool
) -> None:
    run(tmp_path, "whole")
    if older:
        run(tmp_path, seed=2)
    name = left_by_a_failed_build(tmp_path)[place]
    with monkeypatch.context() as patch:
        stopped_at(name, patch)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    with pytest.raises(DataError, match="gopher took out 40 for"):  # all of it anew, not from what is there by chance
        run(tmp_path, steps=[{"use": "gopher", "min_words": 5000}])
    run(tmp_path)
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


@pytest.mark.parametrize("name", ["000-000000.json", "plan", "lock"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_build_stopped_at_its_very_end_is_done_and_another_can_follow(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, seed: int
) -> None:
    run(tmp_path, "whole", seed=seed)
    with monkeypatch.context() as patch:
        stopped_at(name, patch)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    assert (tmp_path / "out" / "work").exists()
    run(tmp_path, seed=seed)
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


def test_what_a_stopped_build_left_goes_when_the_folder_holds_what_is_wanted(texts: Path, tmp_path: Path) -> None:
    run(tmp_path)
    assert left_by_a_failed_build(tmp_path)
    with building._alone(tmp_path / "out"):  # it runs
        run(tmp_path)
        assert (tmp_path / "out" / "work" / "plan").read_text()
    run(tmp_path)
    assert not (tmp_path / "out" / "work").exists()
    mine = tmp_path / "out" / "work" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("precious")
    run(tmp_path)
    assert mine.read_text() == "precious"


def test_nothing_left_says_which_step_took_it(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gopher took out 40 for number of words"):
        run(tmp_path, steps=[{"use": "gopher", "min_words": 5000}])
    sources = [{"name": "t", "kind": "files", "path": "texts", "licence": "x", "fields": {"text": "body"}}]
    with pytest.raises(DataError, match="reading took out 40 for no field `text`"):
        run(tmp_path, "other", sources=sources)


def test_an_error_of_another_process_arrives_whole(texts: Path, tmp_path: Path) -> None:
    (texts / "bad.txt.gz").write_bytes(b"{not} gzip")
    with pytest.raises(DataError, match=r"bad\.txt\.gz cannot be read") as raised:
        run(tmp_path, workers=2)
    assert "damaged" in raised.value.hint
    failure = cleaning.Failure(DataError, "{a} {b}", "hint {a}", {"a": "{x}", "b": 1})
    assert isinstance(failure.error(), CauserieError)
    assert failure.error().message == "{x} 1"


def test_a_killed_process_is_said(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_WAITING", 1)  # not all of them are done before the first is told

    def kill(stage: str, done: int, total: int) -> None:
        for child in psutil.Process().children() if done else []:
            with suppress(psutil.NoSuchProcess):
                if "spawn_main" in " ".join(child.cmdline()):
                    child.kill()

    with pytest.raises(DataError, match="was killed") as raised:
        build(recipe(), tmp_path / "out", beside=tmp_path, workers=2, progress=kill)
    assert "--workers" in raised.value.hint


def test_the_mixture_repeats_and_samples_by_weight(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "few.jsonl").write_text("".join(json.dumps({"text": prose(160, 500 + n)}) + "\n" for n in range(4)))
    sources = [
        {"name": "texts", "kind": "files", "path": "texts", "licence": "x", "weight": 1.0},
        {"name": "few", "kind": "files", "path": "few.jsonl", "licence": "y", "weight": 1.0, "max_repeats": 3.0},
    ]
    card = run(tmp_path, sources=sources, holdout=0, steps=[])
    texts_facts, few = card.sources
    assert few.repeats == 3.0
    assert 0.7 < texts_facts.repeats < 0.9
    ids = [document.id for document in documents(tmp_path / "out") if document.source == "few"]
    assert len(ids) == 12
    assert sorted(ids) == sorted(3 * list(set(ids)))
    sampled = [document.id for document in documents(tmp_path / "out") if document.source == "texts"]
    assert len(sampled) == len(set(sampled)) < 40
    assert card.samples("validation") == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_said_and_costs_nothing(texts: Path, tmp_path: Path, workers: int) -> None:
    short = [{"use": "gopher", "min_words": 5000}]
    with pytest.raises(DataError, match="nothing is left"):
        run(tmp_path, steps=short)
    work = tmp_path / "out" / "work"
    for number in (2, 3):
        (work / f"000-00000{number}.json").unlink()
        (work / f"000-00000{number}.jsonl.zst.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="out cannot be written: No space left"):
        run(tmp_path, workers=workers, steps=short)
    assert len(list(work.glob("*.json"))) == 6


def test_large_data_goes_into_several_shuffled_files(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "one")
    monkeypatch.setattr(assembly, "PART_CHARACTERS", 10_000)
    card = run(tmp_path, "many")
    files = sample_files(tmp_path / "many", "documents")
    assert len(files) == len([file for file in card.files if file.split == "train"]) > 2
    one, many = (documents(tmp_path / name) for name in ("one", "many"))
    assert sorted(document.id for document in one) == sorted(document.id for document in many)
    assert [document.id for document in one] != sorted(document.id for document in one)
    monkeypatch.setattr(assembly, "MOST_OPEN", 2)
    run(tmp_path, "piles")
    assert everything(tmp_path / "piles") == everything(tmp_path / "many")


def test_conversations_and_preferences_go_through_the_steps_that_are_for_them(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": f"I am {SECRET}  "}, {"role": "assistant", "content": "Hello."}]}
    pair = {"prompt": "Why\u00a0?", "chosen": "Because.", "rejected": "No."}
    (tmp_path / "chats.jsonl").write_text(json.dumps(chat) + "\n" + json.dumps(chat) + "\n")
    (tmp_path / "pairs.jsonl").write_text(json.dumps(pair) + "\n")
    sources = [
        {"name": "chats", "kind": "files", "path": "chats.jsonl", "form": "messages", "licence": "x"},
        {"name": "pairs", "kind": "files", "path": "pairs.jsonl", "form": "preferences", "licence": "x"},
    ]
    steps = [{"use": use} for use in ("normalise", "language", "gopher", "personal-data", "exact-duplicates")]
    steps[1] |= {"keep_unknown": True}  # type: ignore[dict-item]
    card = run(tmp_path, sources=sources, holdout=0, steps=steps)
    assert kinds_in(tmp_path / "out") == ["conversations", "preferences"]
    (conversation,) = samples(tmp_path / "out", "conversations")
    assert isinstance(conversation, Conversation)
    assert [turn.content for turn in conversation.messages] == ["I am [email]", "Hello."]
    (preference,) = samples(tmp_path / "out", "preferences")
    assert isinstance(preference, Preference)
    assert preference.messages[0].content == "Why ?"
    assert {step.name: step.seen for step in card.steps}["gopher"] == 0
    with pytest.raises(DataError, match="has no documents"):
        encode_bytes(tmp_path / "out")


def encode_bytes(folder: Path, name: str = "bytes") -> list[int]:
    """Encode by bytes; which batches were asked for."""
    asked: list[int] = []

    def encode_batch(batch: list[str]) -> list[list[int]]:
        asked.append(len(batch))
        return [list(text.encode()) for text in batch]

    encode(folder, encode_batch, vocabulary_size=257, end_of_text=256, tokenizer_sha256=name)
    return asked


def test_documents_become_token_shards_once(texts: Path, tmp_path: Path) -> None:
    card = run(tmp_path)
    assert sum(encode_bytes(tmp_path / "out")) == 37
    assert encode_bytes(tmp_path / "out") == []
    assert sum(encode_bytes(tmp_path / "out", "other")) == 37
    (tmp_path / "out" / "tokens" / "train" / "tokens-00000.bin").unlink()
    assert sum(encode_bytes(tmp_path / "out", "other")) == card.samples("train")
    shards = TokenShards(tmp_path / "out" / "tokens" / "train", verify=True)
    assert shards.manifest.text_sha256 == card.data_sha256
    first = documents(tmp_path / "out")[0]
    assert bytes(shards.document(0)[:-1].astype("uint8")).decode() == first.text
    assert shards.manifest.text_bytes == shards.manifest.tokens - shards.manifest.documents
    seen: list[tuple[int, int]] = []
    encode(
        tmp_path / "out", lambda batch: [[1]] * len(batch), vocabulary_size=257, end_of_text=256,
        tokenizer_sha256="third", progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (37, 37)


def test_a_folder_can_be_verified_and_says_what_is_wrong(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no finished data"):
        read_card(tmp_path)
    card = run(tmp_path)
    verify(card, tmp_path / "out")
    path = sample_files(tmp_path / "out", "documents")[0]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="is damaged"):
        verify(card, tmp_path / "out")
    with pytest.raises(DataError, match=r"zst is missing or damaged"):
        list(lines(path))
    path.unlink()
    with pytest.raises(DataError, match="is missing"):
        verify(card, tmp_path / "out")
    (tmp_path / "out" / "card.json").write_text("{}")
    with pytest.raises(DataError, match=r"card\.json is damaged"):
        read_card(tmp_path / "out")
    with pytest.raises(DataError, match="a line is no sample of documents"):
        sample_of(b'{"no": 1}', "documents")


def test_progress_reaches_the_end(texts: Path, tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}
    build(
        recipe(), tmp_path / "out", beside=tmp_path, workers=1,
        progress=lambda stage, done, total: seen.update({stage: (done, total)}),
    )  # fmt: skip
    size = sum(path.stat().st_size for path in texts.iterdir())
    assert seen == {"clean": (size, size), "compare": (size, size), "write": (size, size)}
    assert Portion("x") == Portion("x")
    shutil.rmtree(tmp_path / "out")
