"""Documents made in memory, as small as their formats allow: for tests of what reads them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    """The same bytes whenever it is made: tests have them in their names, which all workers must agree on."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def docx(*paragraphs: str, before: str = "") -> bytes:
    said = "".join(f"<w:p><w:r><w:t>{each}</w:t><w:tab/><w:t>.</w:t></w:r></w:p>" for each in paragraphs)
    return zipped({"word/document.xml": f'{before}<w:document xmlns:w="{WORD}"><w:body>{said}</w:body></w:document>'})


def xlsx() -> bytes:
    """Two sheets: one of shared strings and a number, one of a text within its cell."""
    two_runs = "<si><r><t>un</t></r><r><t>deux</t></r></si>"
    strings = f'<sst xmlns="{SHEET}"><si><t>Été</t><rPh><t>no</t></rPh></si>{two_runs}</sst>'
    row = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c><v>3.5</v></c></row>'
    one = f'<worksheet xmlns="{SHEET}"><sheetData>{row}</sheetData></worksheet>'
    cell = '<c t="inlineStr"><is><t>inline</t></is></c>'
    two = f'<worksheet xmlns="{SHEET}"><sheetData><row>{cell}</row></sheetData></worksheet>'
    return zipped({
        "xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": strings,
        "xl/worksheets/sheet1.xml": one, "xl/worksheets/sheet2.xml": two,
    })  # fmt: skip


def pptx() -> bytes:
    slide = '<p:sld xmlns:p="p" xmlns:a="{drawing}"><a:p><a:r><a:t>Slide {n}</a:t></a:r></a:p></p:sld>'
    slides = {f"ppt/slides/slide{n}.xml": slide.format(drawing=DRAWING, n=n) for n in (10, 2)}
    return zipped({"ppt/presentation.xml": "<p/>", **slides})


def odt() -> bytes:
    body = "<text:h>Heading</text:h><text:p>A<text:s/>B<text:line-break/>C</text:p>"
    return zipped({"content.xml": f'<o:doc xmlns:o="{OFFICE}" xmlns:text="{TEXT}"><o:body>{body}</o:body></o:doc>'})


def pdf(text: str) -> bytes:
    """One page that says `text`."""
    said = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(said), said),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, end)


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    preview = b"\xff\xe1" + struct.pack(">H", 2000) + b"\0" * 1998
    return b"\xff\xd8" + preview + b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width) + b"\0" * 20


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0" * 10


def webp(form: bytes, width: int, height: int) -> bytes:
    head = b"RIFF\0\0\0\0WEBP" + form
    if form == b"VP8X":
        return head + b"\0" * 8 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    if form == b"VP8L":
        bits = (width - 1) | (height - 1) << 14
        return head + b"\0" * 4 + b"\x2f" + bits.to_bytes(4, "little")
    return head + b"\0" * 10 + struct.pack("<HH", width, height)
