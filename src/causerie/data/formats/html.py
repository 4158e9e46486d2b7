"""HTML: the text of a page without what stands around it.

Does: keep headings, paragraphs, lists, tables and code as plain text with Markdown's marks; leave out scripts, menus,
headers, footers, forms, and blocks that are mostly links (link density: Kohlschuetter, Fankhauser and Nejdl,
"Boilerplate detection using shallow text features", 2010).
Does not: run scripts: a page that is drawn by one gives little or nothing.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import islice
from typing import Any, BinaryIO

from causerie.data.contract import Portion, Removed
from causerie.data.formats.opening import decoded

LEFT_OUT = frozenset({
    "script", "style", "noscript", "template", "svg", "math", "canvas", "iframe", "object", "nav", "header", "footer",
    "aside", "form", "button", "select", "textarea", "dialog", "menu", "head",
})  # fmt: skip
BLOCKS = frozenset({
    "p", "div", "section", "article", "main", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd",
    "table", "tr", "pre", "blockquote", "figure", "figcaption", "address", "details", "summary", "hr", "body", "html",
})  # fmt: skip
_MARKS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### ", "li": "- "}
_TIGHT = frozenset({"li", "tr", "dt", "dd"})
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
MAX_LINK_DENSITY = 0.5
"""Share of a block's characters inside links, beyond which a short block is a menu."""
_SHORT_WORDS = 20
_UNCLOSED = re.compile(r"<(?=[A-Za-z/!?][^<>]*(?:<|\Z))")
_MOST_UNCLOSED = 200
"""Tags that a page may leave open; Python's parser reads the rest of the page again for each."""
_COMMENT = re.compile(r"<(!--)")
_HIDDEN = re.compile(r"<(?:(!--)|(script|style)(?=[\s/>])[^<>]*(?<!/)>)", re.IGNORECASE)
_ENDS = {
    "!--": re.compile(r"-->"),
    "script": re.compile(r"</script(?=[\s/>])[^<>]*>", re.IGNORECASE),
    "style": re.compile(r"</style(?=[\s/>])[^<>]*>", re.IGNORECASE),
}
_BREAK = "\0"
"""Stands for `<br>`: a line feed of the file is but a space."""
_SPACES = re.compile(r"\s+")


def read(file: BinaryIO, _portion: Portion) -> Iterator[tuple[str, dict[str, Any]] | Removed]:
    """One row with the fields `text` and `title`."""
    title, text = extracted(decoded(file.read()))
    yield "", {"text": text, "title": title}


def extracted(page: str) -> tuple[str, str]:
    """The title and the text of a page."""
    parser = _Page()
    parser.feed(_tamed(page))
    parser.close()
    parser.end_block()
    return _SPACES.sub(" ", parser.title).strip(), "".join(parser.blocks).strip()


def without_comments(text: str) -> str:
    """The text without what stands in `<!-- -->`; one that is never closed stays."""
    return _without(_COMMENT, text)


def _without(begins: re.Pattern[str], text: str) -> str:
    """The text without what begins so, to its end; what has no end stays, and its end is looked for once."""
    kept, at, begin = [], 0, 0
    endless: set[str] = set()
    while found := begins.search(text, begin):
        begin = found.end()
        kind = found[found.lastindex or 0].lower()
        end = None if kind in endless else _ENDS[kind].search(text, begin)
        if end is None:
            endless.add(kind)
            continue
        kept.append(text[at : found.start()])
        at = begin = end.end()
    return "".join(kept) + text[at:]


def _tamed(page: str) -> str:
    """The page; where it leaves too many tags open, these are taken for text, so that it is read in time.

    Comparisons in scripts look like such tags. So scripts, styles and comments go first: no text is in them. They go
    for the parser too, which may see where they begin otherwise than we do.
    """
    if _leaves_few_open(page):
        return page
    seen = _without(_HIDDEN, page)
    return seen if _leaves_few_open(seen) else _UNCLOSED.sub("&lt;", seen)


def _leaves_few_open(page: str) -> bool:
    return sum(1 for _ in islice(_UNCLOSED.finditer(page), _MOST_UNCLOSED + 1)) <= _MOST_UNCLOSED


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[str] = []
        self._text: list[str] = []
        self._in_links = 0
        self._left_out = 0
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - not ours to name
        if tag in BLOCKS:
            self.end_block()
        if tag == "br":
            self._text.append(_BREAK)
        elif tag in {"td", "th"} and self._text:
            self._text.append(" | ")
        if tag in _VOID:
            return
        self._open.append(tag)
        self._left_out += tag in LEFT_OUT

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.end_block()
        while tag in self._open:  # whatever was left open inside is closed with it
            closed = self._open.pop()
            self._left_out -= closed in LEFT_OUT
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        elif not self._left_out:
            self._text.append(data)
            if "a" in self._open:
                self._in_links += len(data.strip())

    def end_block(self) -> None:
        """What was gathered becomes a block, unless it is empty or a menu."""
        raw, in_links = "".join(self._text), self._in_links
        self._text, self._in_links = [], 0
        if not raw.strip() or self._left_out:
            return
        holder = next((tag for tag in reversed(self._open) if tag in BLOCKS), "")
        if "pre" in self._open:
            self.blocks.append("```\n" + raw.replace(_BREAK, "\n").strip("\n") + "\n```\n\n")
            return
        lines = (_SPACES.sub(" ", line).strip() for line in raw.split(_BREAK))
        text = "\n".join(line for line in lines if line)
        if in_links > MAX_LINK_DENSITY * len(text) and len(text.split()) < _SHORT_WORDS:
            return
        self.blocks.append(_MARKS.get(holder, "") + text + ("\n" if holder in _TIGHT else "\n\n"))
