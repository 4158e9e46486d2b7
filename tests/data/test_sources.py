"""Sources: files by patterns, data sets of a hub, and Python's own documentation."""

import json
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from causerie.data.contract import Document, Removed, Sample
from causerie.data.packages import needed
from causerie.data.sources import files as reading
from causerie.data.sources.files import Files
from causerie.data.sources.hub import Hub
from causerie.data.sources.options import parts
from causerie.data.sources.python_docs import PythonDocs
from causerie.errors import ConfigError, DataError, DownloadError, HubRefused, HubUnreachable, NotFound
from tests.data.hub_server import COMMIT, HubServer


def files(path: Path | str, **options: object) -> Files:
    return Files.model_validate({"name": "it", "path": str(path), "licence": "CC0-1.0", **options})


def read(source: Files | Hub | PythonDocs) -> list[Sample | Removed]:
    return [sample for portion in source.portions() for sample in source.read(portion)]


def texts(source: Files | Hub | PythonDocs) -> dict[str, str]:
    return {sample.id: sample.text for sample in read(source) if isinstance(sample, Document)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "sub" / "b.md").write_text("second")
    (tmp_path / "rows.jsonl").write_text('{"content": "third"}\n{"content": "fourth"}\nno row\n')
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    (tmp_path / ".hidden.txt").write_text("not this")
    return tmp_path


def test_a_folder_is_all_that_can_be_read_in_it_by_name(folder: Path) -> None:
    assert texts(files(folder)) == {"a.txt": "first", "sub/b.md": "second"}


def test_fields_are_called_by_our_names(folder: Path) -> None:
    found = read(files(folder / "*.jsonl", fields={"text": "content"}))
    assert [getattr(each, "text", "") or getattr(each, "reason", "") for each in found] == [
        "third",
        "fourth",
        "not JSON",
    ]


def test_patterns_and_single_files_have_the_same_ids_everywhere(folder: Path) -> None:
    assert texts(files(folder / "**/*.md")) == {"sub/b.md": "second"}
    assert texts(files(folder / "a.txt")) == {"a.txt": "first"}


def test_the_card_of_a_data_set_is_not_its_text(folder: Path) -> None:
    (folder / "README.md").write_text("---\nlicense: mit\n---\nAbout this data set.")
    assert "README.md" not in texts(files(folder))
    (folder / "rows.jsonl").unlink()
    assert "README.md" in texts(files(folder))


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "a [1]*").mkdir()
    (tmp_path / "a [1]*" / "b.txt").write_text("found")
    assert texts(files(tmp_path / "a [1]*")) == {"b.txt": "found"}


@pytest.mark.parametrize("path", ["nothing", "*.pdf", "photo.png"])
def test_nothing_to_read_is_said(folder: Path, path: str) -> None:
    with pytest.raises(DataError, match="source it has no file to read"):
        files(folder / path).portions()


def test_a_version_changes_with_the_file(folder: Path) -> None:
    before = files(folder / "a.txt").portions()
    (folder / "a.txt").write_text("other")
    assert files(folder / "a.txt").portions() != before


@pytest.mark.parametrize("form", ["openassistant", "openassistant-pairs"])
def test_trees_are_not_torn_at_the_borders_of_ranges_and_row_groups(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RANGE_BYTES", 100)
    rows: list[dict[str, str | int | None]] = []
    for tree in range(20):
        about: dict[str, str | int | None] = {
            "message_id": f"{tree}",
            "parent_id": None,
            "role": "prompter",
            "text": f"{tree}?",
            "rank": None,
        }
        rows += [about, *(about | {"message_id": f"{tree}-{rank}", "parent_id": f"{tree}", "role": "assistant",
                                   "text": f"{rank}", "rank": rank} for rank in (1, 0))]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet", row_group_size=7)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("rows.parquet", "rows.jsonl"):
        found = read(files(tmp_path / name, form=form))
        assert len(found) == 20
        assert not [each for each in found if isinstance(each, Removed)]


def test_long_documents_are_cut_between_paragraphs_and_nothing_is_lost() -> None:
    paragraphs = ["a" * 30, "b" * 30, "c" * 100, "d"]
    whole = Document(id="x", text="\n\n".join(paragraphs), language="fr")
    made = [each for each in parts(whole, 70) if isinstance(each, Document)]
    assert [each.text for each in made] == ["a" * 30 + "\n\n" + "b" * 30, "c" * 100, "d"]
    assert [each.id for each in made] == ["x/0", "x/1", "x/2"]
    assert {each.language for each in made} == {"fr"}
    assert parts(whole, 0) == [whole]


STORIES = {
    "README.md": b"---\nlicense: mit\n---\n",
    "data/train-0.jsonl": b'{"text": "One."}\n',
    "data/train-1.jsonl": b'{"text": "Two."}\n',
    "data/test.jsonl": b'{"text": "Never."}\n',
}


def hub(**options: object) -> Hub:
    return Hub.model_validate(
        {"name": "stories", "repo": "someone/stories", "licence": "mit", "files": ["data/train-*"], **options}
    )


def test_a_data_set_of_the_hub_is_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(STORIES) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        source = hub()
        assert texts(source) == {"data/train-0.jsonl@0": "One.", "data/train-1.jsonl@0": "Two."}
        assert source.commit == COMMIT
        assert {portion.version for portion in source.portions()} == {COMMIT}
        assert server.tokens == {"Bearer hf_secret"}
        assert not [asked for asked in server.asked if "test.jsonl" in asked]
        fetched = len([asked for asked in server.asked if asked.startswith("GET /datasets/")])
        assert texts(hub()) == texts(source)
        assert len([asked for asked in server.asked if asked.startswith("GET /datasets/")]) == fetched == 2


@pytest.mark.parametrize(
    ("options", "cls", "message"),
    [
        ({"repo": "nobody/nothing"}, NotFound, "no data set nobody/nothing"),
        ({"revision": "v9"}, NotFound, "no data set someone/stories at v9"),
        ({"files": ["*.parquet"]}, NotFound, "no file that matches"),
    ],
)
def test_what_the_hub_does_not_have_is_said(
    options: dict[str, object], cls: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HubServer(STORIES) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        with pytest.raises(cls, match=message):
            hub(**options).portions()


def test_a_gated_data_set_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(STORIES, refuse="GatedRepo") as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        with pytest.raises(HubRefused) as raised:
            hub().portions()
    assert "HF_TOKEN" in raised.value.hint


def test_a_hub_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{probe.getsockname()[1]}")
        with pytest.raises(HubUnreachable, match="does not answer"):
            hub().portions()


def test_a_file_outside_the_repository_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer({"../../evil.txt": b"x"}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        with pytest.raises(DownloadError, match="outside its repository"):
            hub(files=["*"]).portions()


def python_docs(only: str) -> dict[str, str]:
    source = PythonDocs(name="python")
    portions = [portion for portion in source.portions() if portion.name == only]
    found = [sample for portion in portions for sample in source.read(portion)]
    return {each.id: each.text for each in found if isinstance(each, Document)}


def test_python_documents_itself() -> None:
    text = python_docs("json/__init__.py")["json"]
    assert text.startswith("# json\n\nJSON (JavaScript Object Notation)")
    assert "## json.dumps(obj, *, skipkeys=False" in text
    assert "Serialize ``obj`` to a JSON formatted ``str``." in text
    assert python_docs("bisect.py") == python_docs("bisect.py")


def test_the_language_reference_is_there_by_topic() -> None:
    topics = python_docs("pydoc_data/topics.py")
    assert "topics/assert" in topics
    assert '"assert" statement' in topics["topics/assert"]


MODULE = '''"""What it is for."""

class Shape:
    """A shape."""

    def area(self, unit: str = "m") -> float:
        """Its area."""

    def _silent(self): ...

class Silent:
    async def wait(self):
        """Wait."""
'''


def test_docstrings_stand_under_the_names_of_what_they_describe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"stdlib": str(tmp_path)})
    with pytest.raises(DataError, match="no sources of its standard library"):
        PythonDocs(name="python").portions()
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "foreign.py").write_text(MODULE)
    (tmp_path / "shapes.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("def (")
    broken, shapes = read(PythonDocs(name="python"))
    assert isinstance(broken, Removed)
    assert broken.reason == "not Python"
    assert isinstance(shapes, Document)
    assert shapes.text == (
        "# shapes\n\nWhat it is for.\n\n## class shapes.Shape\n\nA shape.\n\n"
        "## shapes.Shape.area(self, unit: str='m')\n\nIts area.\n\n## shapes.Silent.wait(self)\n\nWait."
    )
    assert len(read(PythonDocs(name="python", part_characters=60))) > 2


def test_a_missing_package_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match="needs the package no_such_package") as raised:
        needed("json", "no_such_package")
    assert raised.value.hint == "make lab (in a clone), or: pip install 'causerie[train]'"


def test_modules_without_a_word_are_put_aside() -> None:
    source = PythonDocs(name="python")
    names = {portion.name for portion in source.portions()}
    assert not [name for name in names if name.startswith(("test/", "idlelib/"))]
    portion = next(each for each in source.portions() if each.name == "this.py")
    assert next(iter(source.read(portion))) == Removed("no docstring", "this.py")


def test_a_portion_can_go_to_another_process() -> None:
    import pickle

    source = files("x", fields={"text": "content"})
    assert pickle.loads(pickle.dumps(source)) == source
    assert json.loads(source.model_dump_json())["form"] == "documents"
