"""`causerie models lineage|card|verify|bom|register|versions`, on either database."""

import io
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from causerie.database.engine import FILE_NAME
from causerie.settings import Settings
from tests.cli.conftest import Causerie
from tests.inference.gguf_writer import write
from tests.registry.policies import written
from tests.registry.stories import write_run

pytestmark = pytest.mark.usefixtures("database_url")


@pytest.fixture
def grown(causerie: Causerie, settings: Settings) -> Settings:
    """Two runs, one from the other, both registered."""
    for name, start in (("base", ""), ("fabler", "runs/base")):
        write_run(settings, name, start=start, flops=1e18)
        done = causerie("models", "add", name)
        assert done.code == 0, done.err
        assert f"registered as version {_id(causerie, name)[:12]}" in done.out
    return settings


def _id(causerie: Causerie, name: str) -> str:
    return str(json.loads(causerie("models", "versions", "--model", name, "--json").out)[0]["id"])


def _damage(settings: Settings, model: str) -> None:
    file = settings.models_folder / model / "model.gguf"
    file.write_bytes(file.read_bytes()[:-1] + b"!")


def test_the_lineage_is_drawn_as_a_tree_as_json_and_as_a_picture(causerie: Causerie, grown: Settings) -> None:
    done = causerie("models", "lineage", "fabler")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"fabler  {_id(causerie, 'fabler')[:12]} candidate\n")
    assert "└─ base  " in done.out
    assert "compute of the whole lineage: 2e+18 FLOP" in done.out
    said = json.loads(causerie("models", "lineage", _id(causerie, "fabler")[:10], "--json").out)
    assert [member["name"] for member in said["members"]] == ["fabler", "base"]
    assert ET.fromstring(causerie("models", "lineage", "fabler", "--svg").out).tag.endswith("svg")


def test_french_is_spoken(causerie: Causerie, grown: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "calcul de toute la lignée : 2e+18 FLOP" in causerie("models", "lineage", "fabler").out
    assert "le registre ne connaît aucune version de 'none'" in causerie("models", "card", "none").err


def test_the_card_the_summary_and_the_bill_are_written(causerie: Causerie, grown: Settings) -> None:
    done = causerie("models", "card", "fabler")
    assert done.code == 0
    assert "# fabler" in done.out
    assert "5 things are missing" in done.err
    assert causerie("models", "card", "fabler", "--summary").out.startswith("# Public summary of training content")
    said = json.loads(causerie("models", "card", "fabler", "--json").out)
    assert said["markdown"] == done.out
    assert "an evaluation" in said["gaps"]
    assert json.loads(causerie("models", "bom", "fabler").out)["bomFormat"] == "CycloneDX"


def test_every_byte_is_compared_and_one_that_changed_is_told(causerie: Causerie, grown: Settings) -> None:
    done = causerie("models", "verify")
    assert (done.code, done.out.count("is what was registered")) == (0, 2)
    _damage(grown, "base")
    done = causerie("models", "verify")
    assert done.code == 8
    assert "fabler is what was registered" in done.out
    assert "the model 'base' is refused: model.gguf is not the file that was registered" in done.err
    assert causerie("models", "verify", "fabler").code == 0
    done = causerie("models", "verify", "base", "fabler", "--json")
    assert [(each["model"], each["ok"]) for each in json.loads(done.out)] == [("base", False), ("fabler", True)]
    shutil.rmtree(grown.models_folder / "base")
    done = causerie("models", "verify", "base")
    assert (done.code, "no model is named 'base'" in done.err) == (5, True)


def test_a_new_name_and_a_removal_are_followed(causerie: Causerie, grown: Settings) -> None:
    before = _id(causerie, "fabler")
    assert causerie("models", "rename", "fabler", "teller").code == 0
    assert _id(causerie, "teller") == before
    assert causerie("models", "verify", "teller").code == 0
    assert causerie("models", "remove", "teller", "--yes").code == 0
    assert causerie("models", "lineage", "teller").code == 5
    assert causerie("models", "lineage", before[:12]).code == 0
    done = causerie("models", "verify", before)
    assert (done.code, "is no longer here" in done.err) == (5, True)
    listed = causerie("models", "versions").out
    assert "base" in listed
    assert "teller" not in listed


def test_a_model_that_answers_to_a_released_name_is_not_removed_without_a_word(
    causerie: Causerie, grown: Settings
) -> None:
    written(grown, "[gate]\nlineage = false\ncard = false\nsignature = false\n")
    assert causerie("release", "base").code == 0
    assert causerie("release", "fabler", "--stage", "shadow").code == 0
    for name in ("base", "fabler"):
        done = causerie("models", "remove", name)
        assert done.code == 6
        assert f"{name} answers to chat, or is tried for it" in done.err
        assert "`causerie release rollback chat`" in done.err
        assert (grown.models_folder / name).is_dir()
    assert causerie("release", "rollback").code == 0
    assert "answers to chat" not in causerie("models", "remove", "fabler", "--yes").err
    done = causerie("models", "remove", "base", "--yes")
    assert (done.code, (grown.models_folder / "base").exists()) == (0, False)
    assert "it answered to chat, or was tried for it: release another model" in done.err


def test_a_model_that_is_here_is_registered(causerie: Causerie, settings: Settings, tmp_path: Path) -> None:
    done = causerie("models", "versions")
    assert (done.code, "no model version is registered" in done.err) == (0, True)
    assert "no model version is registered" in causerie("models", "verify").err
    causerie("pull", str(write(tmp_path / "tiny.gguf")))
    done = causerie("models", "register", "tiny")
    assert (done.code, "registered as version" in done.out) == (0, True)
    said = json.loads(causerie("models", "register", "tiny", "--json").out)
    assert (said["id"], said["licence"]) == (_id(causerie, "tiny"), "Apache-2.0")
    assert "not known: origin of tiny" in causerie("models", "lineage", "tiny").out
    assert causerie("models", "register", "none").code == 5


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_there_is_no_database_none_is_made_for_a_removal(
    causerie: Causerie, settings: Settings, tmp_path: Path
) -> None:
    (settings.home / FILE_NAME).unlink()
    causerie("pull", str(write(tmp_path / "tiny.gguf")))
    assert causerie("models", "rename", "tiny", "small").code == 0
    assert causerie("models", "remove", "small", "--yes").code == 0
    assert not (settings.home / FILE_NAME).exists()


def test_a_model_file_that_its_run_did_not_write_is_not_taken(causerie: Causerie, settings: Settings) -> None:
    run = write_run(settings, "base")
    (run / "export" / "model.gguf").write_bytes((run / "export" / "model.gguf").read_bytes() + b"!")
    done = causerie("models", "add", "base")
    assert done.code == 8
    assert "is not the file that the run base wrote" in done.err
    assert "exported anew" in done.err


def test_a_conversation_without_a_server_is_refused_too(
    causerie: Causerie, grown: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAUSERIE_PORT", "9")  # nothing of ours listens there
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    _damage(grown, "fabler")
    done = causerie("chat", "--model", "fabler", "Hello")
    assert done.code == 8
    assert "the model 'fabler' is refused: model.gguf is not the file that was registered" in done.err
