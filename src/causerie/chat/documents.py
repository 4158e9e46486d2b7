"""Texts out of documents. Runs in a child process (`reading.py`), since documents come from anywhere.

Does: read PDF, Office, OpenDocument, HTML and plain text, up to `MOST_CHARACTERS`.
Does not: trust a size that a file announces: what is unpacked is counted while it is unpacked.
"""

import codecs
import re
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.parsers import expat

MOST_CHARACTERS = 400_000
"""Of one document's text: about 100,000 tokens, more than the contexts of most models."""
MOST_UNPACKED = 256 * 2**20
"""Bytes that one document may unpack to."""
MOST_PAGES = 5_000
_CHUNK = 64 * 1024
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "li",
        "ul",
        "ol",
        "table",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "hr",
        "pre",
        "blockquote",
        "figure",
    ]
)
_HIDDEN = frozenset(("script", "style", "template", "noscript"))
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


class UnreadableError(ValueError):
    """The document cannot be read; the message says why."""


class _Enough(Exception):
    """There is as much text as is kept."""


class Text:
    """Text that grows up to its limit."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = MOST_CHARACTERS
        self.cut = False

    def add(self, piece: str) -> None:
        """Append.

        Raises:
            _Enough: There is no room for all of it.
        """
        self._pieces.append(piece[: self._left])
        self._left -= len(piece)
        if self._left < 0:
            self.cut = True
            raise _Enough

    def whole(self) -> str:
        """All of it, without blank lines in excess."""
        return re.sub(r"\n{3,}", "\n\n", "".join(self._pieces).replace("\0", "")).strip()


def read(reader: str, path: Path) -> tuple[str, bool]:
    """The text of a document, and whether there was more than is kept.

    Args:
        reader: One of `READERS`.
        path: The document.

    Raises:
        UnreadableError: It cannot be read.
    """
    text = Text()
    try:
        READERS[reader](path, text)
    except _Enough:
        pass
    except (zipfile.BadZipFile, expat.ExpatError, OSError, KeyError, IndexError, EOFError) as error:
        raise UnreadableError("it is damaged") from error
    return text.whole(), text.cut


def _read_pdf(path: Path, text: Text) -> None:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pdf = PdfReader(path)
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise UnreadableError("it is protected by a password")
        for number, page in enumerate(pdf.pages):
            if number >= MOST_PAGES:
                text.cut = True
                return
            text.add(page.extract_text() + "\n\n")
    except (PyPdfError, ValueError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("it is damaged") from error


def _read_text(path: Path, text: Text) -> None:
    raw = path.read_bytes()
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            text.add(raw.decode(encoding, "replace"))
            return
    try:
        text.add(raw.decode())
    except UnicodeDecodeError:
        text.add(raw.decode("cp1252", "replace"))  # what old programs of Western Europe write


def _read_html(path: Path, text: Text) -> None:
    plain = Text()
    try:
        _read_text(path, plain)
    except _Enough:
        text.cut = True
    parser = _Html(text)
    parser.feed(plain.whole())
    parser.close()


class _Html(HTMLParser):
    def __init__(self, text: Text) -> None:
        super().__init__(convert_charrefs=True)
        self._text = text
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self._text.add("\n")
        elif tag in {"td", "th"}:
            self._text.add("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._text.add("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._text.add(data)


class _Archive:
    """A zip whose unpacked bytes are counted."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        self._left = MOST_UNPACKED

    def parse(self, entry: str, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None],
              data: Callable[[str], None]) -> None:  # fmt: skip
        """Read an XML entry; names come without their name space."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, given: start(
            _local(name), {_local(key): given[key] for key in given}
        )
        parser.EndElementHandler = lambda name: end(_local(name))
        parser.CharacterDataHandler = data
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self.zip.open(entry) as file:
            while chunk := file.read(_CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise UnreadableError("it unpacks to more than is allowed")
                parser.Parse(chunk, False)
            parser.Parse(b"", True)

    def numbered(self, pattern: re.Pattern[str]) -> Iterator[str]:
        """Entries with a number in their name, in its order."""
        found = [(int(match[1]), match[0]) for name in self.zip.namelist() if (match := pattern.fullmatch(name))]
        return (name for _, name in sorted(found))


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_doctype(*_: object) -> None:
    raise UnreadableError("it declares a document type, which no office program writes")


def _read_marked(archive: _Archive, entry: str, text: Text, said: frozenset[str], breaks: dict[str, str],
                 ends: dict[str, str]) -> None:  # fmt: skip
    """Text within the elements `said`; an element of `breaks` stands for text, the end of one of `ends` too."""
    inside = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside
        inside += name in said
        if name in breaks:
            text.add(breaks[name])

    def end(name: str) -> None:
        nonlocal inside
        inside -= name in said
        if name in ends:
            text.add(ends[name])

    archive.parse(entry, start, end, lambda data: text.add(data) if inside else None)


_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "line-break": "\n", "s": " "}


def _read_docx(path: Path, text: Text) -> None:
    archive = _Archive(path)
    with archive.zip:
        _read_marked(
            archive, "word/document.xml", text, frozenset({"t"}), _BREAKS, {"p": "\n", "tc": "\t", "tr": "\n"}
        )


def _read_pptx(path: Path, text: Text) -> None:
    archive = _Archive(path)
    with archive.zip:
        for entry in archive.numbered(_SLIDE):
            _read_marked(archive, entry, text, frozenset({"t"}), _BREAKS, {"p": "\n", "sld": "\n\n"})


def _read_opendocument(path: Path, text: Text) -> None:
    archive = _Archive(path)
    with archive.zip:
        ends = {"p": "\n", "h": "\n", "table-cell": "\t", "table-row": "\n"}
        _read_marked(archive, "content.xml", text, frozenset({"p", "h"}), _BREAKS, ends)


def _read_xlsx(path: Path, text: Text) -> None:
    archive = _Archive(path)
    with archive.zip:
        strings = _shared_strings(archive)
        for entry in archive.numbered(_SHEET):
            _read_sheet(archive, entry, strings, text)
            text.add("\n\n")


def _shared_strings(archive: _Archive) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.zip.namelist():
        return []
    strings: list[list[str]] = []
    inside = aside = False

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside, aside
        if name == "si":
            strings.append([])
        aside = aside or name == "rPh"  # how a word is read aloud, beside the word
        inside = name == "t" and not aside

    def end(name: str) -> None:
        nonlocal inside, aside
        if name == "t":
            inside = False
        elif name == "rPh":
            aside = False

    def data(piece: str) -> None:
        if inside and strings:
            strings[-1].append(piece)

    archive.parse("xl/sharedStrings.xml", start, end, data)
    return ["".join(pieces) for pieces in strings]


def _read_sheet(archive: _Archive, entry: str, strings: list[str], text: Text) -> None:
    value: list[str] = []
    kind, inside = "", False

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal kind, inside
        if name == "c":
            kind = given.get("t", "")
            value.clear()
        inside = inside or name in {"v", "t"}

    def end(name: str) -> None:
        nonlocal inside
        if name in {"v", "t"}:
            inside = False
        elif name == "c":
            said = "".join(value)
            text.add((strings[int(said)] if kind == "s" and said.isdecimal() else said) + "\t")
        elif name == "row":
            text.add("\n")

    archive.parse(entry, start, end, lambda data: value.append(data) if inside else None)


READERS: dict[str, Callable[[Path, Text], None]] = {
    "pdf": _read_pdf,
    "docx": _read_docx,
    "pptx": _read_pptx,
    "xlsx": _read_xlsx,
    "opendocument": _read_opendocument,
    "html": _read_html,
    "text": _read_text,
}
"""By the name that `file_types.py` gives them."""
