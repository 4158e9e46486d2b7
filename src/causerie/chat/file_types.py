"""What a file is, by its content: a name or a header may lie.

Does: tell pictures, PDF, office documents, HTML and plain text apart; read a picture's size without drawing it.
Does not: read texts out of them; `documents.py` does.
"""

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from causerie.errors import UnreadableFile, UnsupportedFile

HEAD_BYTES = 64 * 1024
MOST_PIXELS = 64_000_000
"""Of a picture: an engine draws it, and a small file can hold an endless one."""
OFFICE = {
    "word/document.xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation.xml": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "content.xml": ("opendocument", "application/vnd.oasis.opendocument"),
}
"""The entry of a zip that tells what it is, our reader's name, and its media type."""
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
TEXTS = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".csv": "text/csv", ".tsv": "text/tab-separated-values",
    ".json": "application/json", ".xml": "text/xml", ".svg": "text/xml", ".tex": "text/x-tex",
}  # fmt: skip
"""Plain text by the end of its name; only shown, all are read alike."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\b"))


@dataclass(frozen=True, kw_only=True)
class FileType:
    """What a file is."""

    kind: str
    """`image`, `document` or `text`."""
    media_type: str
    reader: str
    """Which function of `documents.py` reads its text (empty = there is none to read)."""


def type_of(path: Path, name: str) -> FileType:
    """What the file at `path` is.

    Args:
        path: Where its bytes are.
        name: What the person calls it.

    Raises:
        UnsupportedFile: Nothing here can be made of it.
        UnreadableFile: It is damaged, or a picture too large to draw.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if media_type := _picture(head):
        _check_size(head, media_type)
        return FileType(kind="image", media_type=media_type, reader="")
    if head.startswith(b"%PDF-"):
        return FileType(kind="document", media_type="application/pdf", reader="pdf")
    if head.startswith(b"PK\x03\x04"):
        return _office(path, name)
    if not head:
        raise UnsupportedFile("{name} is empty", name=name)
    if not _is_text(head):
        raise UnsupportedFile(
            "{name} is no picture, document or text that is known here", name=name,
            hint="PDF, docx, xlsx, pptx, OpenDocument, HTML, plain text, PNG, JPEG, GIF and WebP are",
        )  # fmt: skip
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith((b"<!doctype html", b"<html")):
        return FileType(kind="document", media_type="text/html", reader="html")
    media_type = TEXTS.get(Path(name).suffix.lower(), "text/plain")
    return FileType(kind="text", media_type=media_type, reader="text")


def _picture(head: bytes) -> str:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""


def _check_size(head: bytes, media_type: str) -> None:
    size = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp}[media_type]
    try:
        width, height = size(head)
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableFile("the picture is damaged") from error
    if not 0 < width * height <= MOST_PIXELS:
        raise UnreadableFile(
            "the picture has {width} by {height} pixels; {limit} in all are the limit",
            width=width, height=height, limit=MOST_PIXELS,
        )  # fmt: skip


def _png(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(head: bytes) -> tuple[int, int]:
    """Width and height, as https://developers.google.com/speed/webp/docs/riff_container has them."""
    form = head[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(form)


def _jpeg(head: bytes) -> tuple[int, int]:
    """The first frame header; cameras put a preview of some KB before it (ITU T.81, B.2.2)."""
    at = 2
    while True:
        marker, length = struct.unpack_from(">xBH", head, at)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        if length < 2:
            raise ValueError(length)
        at += 2 + length


def _office(path: Path, name: str) -> FileType:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile("{name} is damaged", name=name) from error
    for entry, (reader, media_type) in OFFICE.items():
        if entry in names:
            return FileType(kind="document", media_type=media_type, reader=reader)
    raise UnsupportedFile("{name} is an archive, not a document", name=name, hint="unpack it, and give the files")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16
    return not head.translate(None, delete=bytes(set(range(256)) - set(_CONTROLS)))
