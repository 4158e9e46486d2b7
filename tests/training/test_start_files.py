"""Which files are behind a start: none that training may read is left out."""

import json
from pathlib import Path

from causerie.inference.model_files import file_sha256
from causerie.training import start_files
from causerie.training.runs import MAX_JSON_BYTES
from causerie.training.start_files import INDEX


def test_a_run_does_not_hide_weights_of_the_same_name_beside_its_export(tmp_path: Path) -> None:
    names = ("export/hf/model.safetensors", "model.safetensors")
    (tmp_path / "export" / "hf").mkdir(parents=True)
    for name in names:
        (tmp_path / name).write_text(name)
    assert start_files.hashes(tmp_path) == {name: file_sha256([tmp_path / name]) for name in names}


def test_a_file_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_text("weights")
    assert set(start_files.start_of(tmp_path / "model.gguf", "it")) == {"path", "model.gguf"}
    assert start_files.hashes(tmp_path / "none") == {}


def test_what_an_index_names_counts_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("a.bin", "b.json", "c.safetensors", "d.txt"):
        (tmp_path / name).write_text(name)
    index = {"weight_map": {"v": "a.bin", "w": "../elsewhere/b.json", "x": "gone"}}
    (tmp_path / INDEX).write_text(json.dumps(index))
    assert [file.name for file in start_files.weights_in(tmp_path)] == ["a.bin", "b.json", "c.safetensors"]


def test_of_an_index_that_is_too_large_to_read_every_file_counts(tmp_path: Path) -> None:
    (tmp_path / "weights.json").write_text("weights")
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"w": "weights.json"}, "x": " " * MAX_JSON_BYTES}))
    assert [file.name for file in start_files.weights_in(tmp_path)] == [INDEX, "weights.json"]
