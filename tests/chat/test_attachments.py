"""Files with questions: what they are by their content, their limits, their texts, and who may have them."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from causerie.accounts.identity import Caller
from causerie.chat import attachment_files, attachments, documents, drafts, file_types, reading
from causerie.chat.attachments import Looked
from causerie.chat.documents import UnreadableError
from causerie.chat.file_types import type_of
from causerie.chat.personal_tables import Attachment
from causerie.chat.reading import read_in_child
from causerie.database.tables import now
from causerie.errors import BodyTooLarge, Conflict, InvalidRequest, NotFound, UnreadableFile, UnsupportedFile
from tests.chat.documents_made import docx, gif, jpeg, odt, pdf, png, pptx, webp, xlsx, zipped
from tests.chat.talking import Talk


async def chunks(raw: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), 100_000):
        yield raw[start : start + 100_000]


async def give(talk: Talk, raw: bytes, name: str = "note.txt", by: Caller | None = None) -> Attachment:
    async with attachments.received(talk.desk.folder, name, chunks(raw)) as file:
        looked = await attachments.look(file)
        return await attachments.keep(talk.database, talk.desk.folder, (by or talk.ada).person_id, file, looked)


async def look(tmp_path: Path, raw: bytes, name: str = "file") -> Looked:
    async with attachments.received(tmp_path, name, chunks(raw)) as file:
        return await attachments.look(file)


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("raw", "name", "kind", "media_type", "said"),
    [
        (b"plain", "a", "text", "text/plain", "plain"),
        ("été".encode("cp1252"), "a.md", "text", "text/markdown", "été"),
        ("été".encode("utf-16"), "a.csv", "text", "text/csv", "été"),
        (b"\xef\xbb\xbfbom", "a", "text", "text/plain", "bom"),
        (b"<!DOCTYPE html><p>One</p><script>no()</script><td>a</td><td>b &amp; c</td>", "a.txt", "document",
         "text/html", "One\n\ta\tb & c"),
        (docx("Un", "Deux"), "lies.png", "document", file_types.OFFICE["word/document.xml"][1], "Un\t.\nDeux\t."),
        (xlsx(), "a.xlsx", "document", file_types.OFFICE["xl/workbook.xml"][1], "Été\tundeux\t3.5\t\n\ninline"),
        (pptx(), "a.pptx", "document", file_types.OFFICE["ppt/presentation.xml"][1], "Slide 2\n\nSlide 10"),
        (odt(), "a.odt", "document", "application/vnd.oasis.opendocument", "Heading\nA B\nC"),
        (pdf("Hello PDF"), "a.pdf", "document", "application/pdf", "Hello PDF"),
        (png(), "a.txt", "image", "image/png", ""),
    ],
    ids=["text", "latin", "utf16", "bom", "html", "docx", "xlsx", "pptx", "odt", "pdf", "png"],
)  # fmt: skip
async def test_a_file_is_what_its_content_says_and_its_text_is_read(
    tmp_path: Path, raw: bytes, name: str, kind: str, media_type: str, said: str
) -> None:
    looked = await look(tmp_path, raw, name)
    assert (looked.type.kind, looked.type.media_type) == (kind, media_type)
    assert (looked.text, looked.text_cut) == (said, False)
    assert left(tmp_path) == [], "it was looked at and not kept"


@pytest.mark.parametrize("raw", [gif(3, 4), jpeg(3, 4), *(webp(form, 3, 4) for form in (b"VP8X", b"VP8L", b"VP8 "))])
def test_pictures_are_known_and_measured_without_being_drawn(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x").write_bytes(raw)
    assert type_of(tmp_path / "x", "x").kind == "image"


@pytest.mark.parametrize(
    "raw",
    [
        png(65_000, 65_000), png(0, 5), gif(0, 0), webp(b"VP8X", 2**24, 2**24), jpeg(60_000, 60_000),
        b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x00\x00", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP9 ", b"GIF89a",
    ],
)  # fmt: skip
def test_a_picture_too_large_to_draw_or_damaged_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x").write_bytes(raw)
    with pytest.raises(UnreadableFile):
        type_of(tmp_path / "x", "x")


@pytest.mark.parametrize("raw", [b"", b"\x7fELF\0\0\1", zipped({"a": "x"}), b"\0" * 100, bytes(range(256))])
async def test_what_nothing_can_be_made_of_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(UnsupportedFile):
        await look(tmp_path, raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"PK\x03\x04rest", "damaged"),
        (b"%PDF-1.4\nnothing", "damaged"),
        (docx("x")[:-40], "damaged"),
        (zipped({"word/document.xml": "<a><b></a>"}), "damaged"),
        (docx("x", before='<!DOCTYPE a [<!ENTITY b "c">]>'), "document type"),
        (zipped({"xl/workbook.xml": "", "xl/worksheets/sheet1.xml": '<c t="s"><v>7</v></c>'}), "damaged"),
    ],
)
async def test_a_damaged_document_says_so(tmp_path: Path, raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        await look(tmp_path, raw)


async def test_a_protected_pdf_says_so(tmp_path: Path) -> None:
    import io

    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf("secret"))))
    writer.encrypt("word", algorithm="RC4-128")
    held = io.BytesIO()
    writer.write(held)
    with pytest.raises(UnreadableFile, match="password"):
        await look(tmp_path, held.getvalue())


def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_UNPACKED", 1_000_000)
    path = tmp_path / "bomb.docx"
    path.write_bytes(docx("x", before=" " * 5_000_000))
    assert path.stat().st_size < 20_000
    with pytest.raises(UnreadableError, match="unpacks to more"):
        documents.read("docx", path)


def test_a_long_document_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_CHARACTERS", 1000)
    monkeypatch.setattr(documents, "MOST_PAGES", 0)
    for reader, raw in {
        "docx": docx(*["word"] * 500), "text": b"x" * 5000, "html": b"<p>" + b"x " * 5000, "pdf": pdf("page"),
    }.items():  # fmt: skip
        (tmp_path / "long").write_bytes(raw)
        text, cut = documents.read(reader, tmp_path / "long")
        assert cut, reader
        assert len(text) <= 1000


async def test_a_child_that_takes_too_long_or_too_much_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 20_000_000)
    with pytest.raises(UnreadableFile, match=r"memory|too large"):
        await read_in_child("document", path, seconds=30, memory_bytes=40 * 2**20, reader="text")
    with pytest.raises(UnreadableFile, match="0 s"):
        await read_in_child("document", path, seconds=0, memory_bytes=2**30, reader="text")
    assert reading._turns._value == reading.MOST_CHILDREN, "the place is free again"


def test_the_child_that_reads_a_file_loads_nothing_of_the_server() -> None:
    loads = "import sys, causerie.chat.reading_child, causerie.chat.import_formats; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in said.stdout.split()}
    assert "causerie" in loaded
    assert not loaded & {"sqlalchemy", "pydantic", "fastapi", "aiohttp", "structlog", "asyncio"}


async def test_a_file_over_the_limit_is_refused_while_it_arrives_and_leaves_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BodyTooLarge):
        async with attachments.received(talk.desk.folder, "x", chunks(b"x" * 300_000), 250_000):
            pytest.fail("it was let in")
    assert left(talk.desk.folder) == []
    await give(talk, b"12345")
    monkeypatch.setattr(attachments, "MOST_BYTES_OF_PERSON", 8)
    with pytest.raises(BodyTooLarge, match="8 bytes"):
        await give(talk, b"123456")
    await give(talk, b"123")
    await give(talk, b"123456", by=talk.bob)


async def test_the_same_bytes_are_kept_once_and_read_by_their_owner_alone(talk: Talk) -> None:
    one = await give(talk, b"same", "../../etc/pass\nwd\\C:\\a b.txt")
    two = await give(talk, b"same", "\n\x00", talk.bob)
    assert (one.name, two.name) == ("a b.txt", "file")
    assert one.sha256 == two.sha256
    (path,) = left(talk.desk.folder)
    assert path == attachment_files.path_of(talk.desk.folder, one.sha256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    async with talk.database.read() as session:
        assert (await attachments.by_id(session, talk.ada.person_id, one.id, text=True)).text == "same"
        with pytest.raises(NotFound):
            await attachments.by_id(session, talk.bob.person_id, one.id)


async def test_a_model_reads_the_text_of_files_before_the_question(talk: Talk) -> None:
    one, two = await give(talk, b"first text", "one.txt"), await give(talk, docx("second"), "two.docx")
    begun = await talk.desk.create(talk.ada.person_id, {})
    await talk.ask(begun.id, "Compare them", None, attachment_ids=[two.id, one.id])
    assert talk.told[-1]["messages"][0]["content"] == (
        "<document name='two.docx'>\nsecond\t.\n</document>\n\n<document name='one.txt'>\nfirst text\n</document>\n\n"
        "Compare them"
    )
    opened = await talk.open(begun.id)
    assert [file.name for file in opened.messages[0].attachments] == ["two.docx", "one.txt"]
    await talk.ask(begun.id, "", None, attachment_ids=[one.id])
    assert talk.told[-1]["messages"][0]["content"] == "<document name='one.txt'>\nfirst text\n</document>"
    with pytest.raises(InvalidRequest, match="different files"):
        await talk.ask(begun.id, "Twice", None, attachment_ids=[one.id, one.id])
    with pytest.raises(NotFound):
        await talk.ask(begun.id, "His", None, attachment_ids=[(await give(talk, b"his", by=talk.bob)).id])


async def test_a_conversation_without_words_is_named_after_its_file(talk: Talk) -> None:
    file = await give(talk, b"text", "rapport annuel.txt")
    begun = await talk.desk.create(talk.ada.person_id, {})
    talk.stub.status = 500
    await talk.ask(begun.id, "", None, attachment_ids=[file.id])
    assert (await talk.open(begun.id)).title == "rapport annuel.txt"


async def test_a_picture_goes_to_a_model_that_sees_and_to_no_other(talk: Talk) -> None:
    file = await give(talk, png(), "p.png")
    begun = await talk.desk.create(talk.ada.person_id, {})
    await talk.ask(begun.id, "What is it?", None, attachment_ids=[file.id])
    answer = (await talk.open(begun.id)).messages[1]
    told = talk.told[-1]["messages"][0]["content"] if talk.told else None
    sees = answer.status == "complete"
    assert sees == isinstance(told, list)
    if not sees:
        assert answer.error is not None
        assert answer.error.code == "unsupported_parameter"


async def test_what_no_message_and_no_draft_has_goes_after_a_day(talk: Talk) -> None:
    sent, drafted, lonely, fresh = [
        await give(talk, name.encode(), name) for name in ("sent", "draft", "lone", "new")
    ]
    begun = await talk.desk.create(talk.ada.person_id, {})
    await talk.ask(begun.id, "See", None, attachment_ids=[sent.id])
    async with talk.database.write() as session:
        await drafts.keep(session, talk.ada.person_id, begun.id, "", [drafted.id])
        old = now() - attachments.UNSENT - timedelta(minutes=1)
        await session.execute(update(Attachment).where(Attachment.id != fresh.id).values(created_at=old))
    for path in left(talk.desk.folder):
        os.utime(path, (time.time() - 7200,) * 2)
    (talk.desk.folder / "not-ours").write_text("x")
    await attachments.purge(talk.database, talk.desk.folder)
    assert await talk.count(Attachment) == 3
    held = {path.name for path in left(talk.desk.folder)}
    assert held == {sent.sha256, drafted.sha256, fresh.sha256, "not-ours"}
    opened = await talk.open(begun.id)
    assert opened.draft is not None
    assert [file.id for file in opened.draft.attachments] == [drafted.id]
    del lonely


async def test_a_file_that_a_message_has_stays_and_others_can_be_taken_back(talk: Talk) -> None:
    sent, unsent = await give(talk, b"a"), await give(talk, b"b")
    begun = await talk.desk.create(talk.ada.person_id, {})
    await talk.ask(begun.id, "See", None, attachment_ids=[sent.id])
    async with talk.database.write() as session:
        with pytest.raises(Conflict):
            await attachments.remove(session, talk.ada.person_id, sent.id)
        with pytest.raises(NotFound):
            await attachments.remove(session, talk.bob.person_id, unsent.id)
        await attachments.remove(session, talk.ada.person_id, unsent.id)
    assert await talk.count(Attachment) == 1
