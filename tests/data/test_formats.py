"""Files are read in every format and compressed form, in ranges that lose and double nothing."""

import bz2
import gzip
import io
import json
import lzma
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from causerie.data.contract import Portion, Removed
from causerie.data.formats.html import extracted, without_comments
from causerie.data.formats.opening import decoded, opened
from causerie.data.formats.table import format_of
from causerie.data.sources import files
from causerie.errors import DataError


def zstandard(data: bytes) -> bytes:
    sink = io.BytesIO()
    with pa.CompressedOutputStream(pa.PythonFile(sink, "w"), "zstd") as stream:
        stream.write(data)
        stream.flush()
        sink.close = lambda: None  # type: ignore[method-assign]
    return sink.getvalue()


def rows(portion: Portion) -> list[tuple[str, dict[str, Any]] | Removed]:
    read = format_of(portion.member or portion.path)
    assert read is not None
    with opened(portion) as file:
        return list(read(file, portion))


def of(path: Path) -> list[tuple[str, dict[str, Any]] | Removed]:
    return [row for portion in files.file_portions(path, path.name) for row in rows(portion)]


@pytest.mark.parametrize(
    ("end", "compress"),
    [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", zstandard)],
)
def test_text_is_read_from_each_compressed_form(tmp_path: Path, end: str, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"story.txt{end}"
    path.write_bytes(compress("Un été à Nîmes.".encode()))
    assert of(path) == [("", {"text": "Un été à Nîmes."})]


def test_files_of_an_archive_are_read_by_name_compressed_ones_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("b/two.txt", "second")
        archive.writestr("a.jsonl.gz", gzip.compress(b'{"text": "first"}\n'))
        archive.writestr("picture.png", b"no text")
    found = files.file_portions(tmp_path / "all.zip", "all.zip")
    assert [portion.name for portion in found] == ["all.zip/a.jsonl.gz", "all.zip/b/two.txt"]
    assert [rows(portion) for portion in found] == [[("@0", {"text": "first"})], [("", {"text": "second"})]]


@pytest.mark.parametrize("name", ["story.txt.gz", "story.txt.xz", "story.txt.bz2", "story.txt.zst", "story.zip"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is not compressed")
    with pytest.raises(DataError, match=r"story\S* cannot be read"):
        of(tmp_path / name)


def test_a_file_cut_short_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(bytes(range(256)) * 50)
    (tmp_path / "story.txt.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"story\.txt\.gz cannot be read"):
        of(tmp_path / "story.txt.gz")


def test_rows_of_tables(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b'text,by\r\n"One, ""two""\nthree",me\r\n\r\nalone\r\nfour,you\r\n')
    first, odd, last = of(tmp_path / "rows.csv")
    assert first == ("#0", {"text": 'One, "two"\nthree', "by": "me"})
    assert isinstance(odd, Removed)
    assert odd.detail == "#2: 1 fields where the first line has 2"
    assert last == ("#3", {"text": "four", "by": "you"})
    (tmp_path / "rows.tsv").write_text('text\tby\nOne, "two"\tme\n', encoding="utf-8")
    assert of(tmp_path / "rows.tsv") == [("#0", {"text": 'One, "two"', "by": "me"})]
    (tmp_path / "empty.csv").write_bytes(b"")
    assert of(tmp_path / "empty.csv") == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("déjà".encode(), "déjà"),
        ("\ufeffdéjà".encode(), "déjà"),
        ("déjà".encode("cp1252"), "déjà"),
        (b"\x81\xff", "\ufffd\ufffd"),
        ("déjà".encode("utf-16"), "déjà"),
        ("« déjà » à l'été ".encode() + b"\xe9 fin", "« déjà » à l'été \ufffd fin"),
    ],
)
def test_bytes_become_text(data: bytes, text: str) -> None:
    assert decoded(data) == text


@pytest.mark.parametrize("size", [1, 7, 20, 33, 1000])
def test_ranges_of_lines_lose_and_double_nothing(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RANGE_BYTES", size)
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"text": "é" * n}, ensure_ascii=False) for n in range(20)) + "\n\n")
    found = of(path)
    assert [row[1]["text"] for row in found if not isinstance(row, Removed)] == ["é" * n for n in range(20)]
    assert len({row[0] for row in found if not isinstance(row, Removed)}) == 20


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 21, 34, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ranges_of_text_lose_and_double_nothing(
    tmp_path: Path, size: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RANGE_BYTES", size)
    path = tmp_path / "book.txt"
    said = end.join(["One", "one", "", "two é", "", "", "", " ", "three", "four", "", "five"])
    path.write_bytes(said.encode())
    source = files.Files(name="it", path=str(path), licence="CC0-1.0", part_characters=10)
    found = [row for portion in files.file_portions(path, path.name, source) for row in rows(portion)]
    assert "".join(row[1]["text"] for row in found if not isinstance(row, Removed)) == said
    assert len({row[0] for row in found if not isinstance(row, Removed)}) == len(found)
    assert len(found) > 1 or size > 30
    assert [row[1]["text"] for row in of(path) if not isinstance(row, Removed)] == [said]


def test_lines_that_are_no_objects_are_put_aside(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n{"text":\n[1]\n')
    kept, broken, wrong = of(tmp_path / "rows.jsonl")
    assert kept == ("@0", {"text": "a"})
    assert isinstance(broken, Removed)
    assert broken.reason == "not JSON"
    assert isinstance(wrong, Removed)
    assert wrong.reason == "not an object"


def test_json_is_a_list_or_one_row(tmp_path: Path) -> None:
    (tmp_path / "many.json").write_text('[{"a": 1}, 2, {"a": 3}]')
    (tmp_path / "one.json").write_text('{"a": 1}')
    (tmp_path / "none.json").write_text("{")
    many = of(tmp_path / "many.json")
    assert (many[0], many[2]) == (("#0", {"a": 1}), ("#2", {"a": 3}))
    assert isinstance(many[1], Removed)
    assert of(tmp_path / "one.json") == [("#0", {"a": 1})]
    assert isinstance(of(tmp_path / "none.json")[0], Removed)


def test_parquet_is_read_by_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [f"row {n}" for n in range(10)]}), path, row_group_size=4)
    found = files.file_portions(path, path.name)
    assert len(found) == 3
    assert [row[1]["text"] for portion in found for row in rows(portion) if not isinstance(row, Removed)] == [
        f"row {n}" for n in range(10)
    ]
    path.write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"rows\.parquet cannot be read"):
        files.file_portions(path, path.name)


def test_parquet_with_a_damaged_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [f"row {n}" * 20 for n in range(50)]}), path)
    data = bytearray(path.read_bytes())
    data[4:40] = b"\xff" * 36
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"rows\.parquet cannot be read"):
        of(path)


def test_markdown_loses_its_front_matter_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("---\ntitle: x\n---\n# Head\n\nText <!-- hidden\nlines --> goes *on*.\n\n---\n")
    assert of(path) == [("", {"text": "# Head\n\nText  goes *on*.\n\n---\n"})]


PAGE = """<!doctype html><html><head><title>The  title</title><style>p {}</style></head><body>
<nav><ul><li><a href=/>Home</a></ul></nav><header>Site name</header>
<main><h1>Bread &amp; butter</h1><p>First   line<br>second
line with a <a href=x>link</a>.<p>Unclosed<div>block</div>
<ul><li>one<li>two</ul><table><tr><td>a</td><td>b</td></tr></table>
<pre>code
  stays</pre><script>alert("x < y")</script>
<div><a href=1>Prev</a> <a href=2>Next</a></div></main><footer>Legal</footer></body></html>"""


def test_a_page_is_its_text_with_marks() -> None:
    title, text = extracted(PAGE)
    assert title == "The title"
    assert text == (
        "# Bread & butter\n\nFirst line\nsecond line with a link.\n\nUnclosed\n\nblock\n\n- one\n- two\na | b\n"
        "```\ncode\n  stays\n```"
    )


def test_a_page_in_a_file_has_its_title(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    ((key, row),) = [each for each in of(tmp_path / "page.html") if not isinstance(each, Removed)]
    assert (key, row["title"], row["text"][:16]) == ("", "The title", "# Bread & butter")


@pytest.mark.parametrize("broken", ["<!--", "<p ", "<a href='", "</p ", "<![CDATA[", "<?"])
def test_a_page_that_closes_no_tag_is_read_in_time(broken: str) -> None:
    before = time.process_time()
    title, text = extracted(
        f"<title>T</title><p>Good.</p><!-- <p>old</p> -->{(broken + ' more ') * 20_000}<p>End.</p>"
    )
    assert time.process_time() - before < 5  # the parser alone takes minutes
    assert (title, text[:5], text[-4:]) == ("T", "Good.", "End.")
    assert "old" not in text


BUNDLE = "for(i=0;i<n;i++)if(a<b)s='<!--';" * 300


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>BUNDLE</script>",
        "<SCRIPT type=module async>BUNDLE</Script\n>",
        "<style>BUNDLE</style>",
        "<!-- <script>BUNDLE -->",
        '<script src="x.js"/><script>BUNDLE</script>',
    ],
)
def test_what_a_script_compares_costs_no_text(hidden: str) -> None:
    page = '<p>HBefore <b title="a < b">and</b> some Hmore.</p>H<p>After.</p><!-- x --><p>End.</p>'
    assert (
        extracted(page.replace("H", hidden.replace("BUNDLE", BUNDLE)))[1] == "Before and some more.\n\nAfter.\n\nEnd."
    )


@pytest.mark.parametrize(
    "begun",
    ["<script>", "<style>", "<script ", "<style><script>", "</script ", "<!-- <script> --><p ", "<script/><p ",
     "<a title='<script>'><p ", "<script></script ", "<script></script><p ", "<!--<script></style>"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "</script>", "</style>"])
def test_scripts_that_are_not_closed_are_read_in_time(begun: str, end: str) -> None:
    before = time.process_time()
    title, text = extracted(f"<title>T</title><p>Good.</p>{begun}{(begun + '<p ') * 40_000}{end}")
    assert time.process_time() - before < 5
    assert (title, text[:5]) == ("T", "Good.")


def test_markup_in_a_few_attributes_is_no_text() -> None:
    assert extracted('<a title="a < b" data-more="<p>not this</p>">this</a> and that, with many more words')[1] == (
        "this and that, with many more words"
    )


@pytest.mark.parametrize(
    ("text", "expected"), [("a <!-- b --> c", "a  c"), ("a <!-- b", "a <!-- b"), ("<!-->a-->b", "b")]
)
def test_comments(text: str, expected: str) -> None:
    assert without_comments(text) == expected
    before = time.process_time()
    assert without_comments("<!--" * 200_000) == "<!--" * 200_000
    assert time.process_time() - before < 2


def test_a_page_that_never_closes_its_menu_is_still_read() -> None:
    assert extracted("<div><nav>menu</div><p>Text</p>")[1] == "Text"
    assert extracted("</p></div>stray")[1] == "stray"
    assert extracted("") == ("", "")
