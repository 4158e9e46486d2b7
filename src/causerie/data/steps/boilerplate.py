"""Boilerplate: what stands around a text on thousands of pages, and is not the text.

Does: cut cookie notices, share and subscription lines and the like, in French and English; menus at either end of the
page, which are runs of short lines that end no sentence; and the notices around books of Project Gutenberg.
Does not: look at tags; `formats/html.py` has done that for pages.
"""

import re
from typing import Literal

from causerie.data.contract import Document, Edited, Outcome, Removed, Step
from causerie.data.steps.words import BULLETS, TERMINAL

NOTICES = (
    "accept all cookies", "accept cookies", "we use cookies", "cookie settings", "enable javascript",
    "javascript is disabled", "subscribe to our newsletter", "sign up for our newsletter", "share this post",
    "share this article", "share this page", "share on facebook", "share on twitter", "share on linkedin",
    "follow us on", "all rights reserved", "skip to content", "skip to main content", "back to top",
    "leave a comment", "leave a reply", "powered by wordpress",
    "accepter les cookies", "accepter tous les cookies", "nous utilisons des cookies", "gérer les cookies",
    "activer javascript", "inscrivez-vous à notre newsletter", "inscrivez-vous à la newsletter",
    "abonnez-vous à", "partager sur facebook", "partager sur twitter", "partager cet article", "suivez-nous sur",
    "tous droits réservés", "aller au contenu", "haut de page", "laisser un commentaire", "mentions légales",
)  # fmt: skip
"""Parts of lines that belong to the frame of a page, in lower case."""
_MAX_PHRASE_WORDS = 25
"""A longer line is a text that speaks of cookies."""
_MENU_LINES = 3
_MENU_WORDS = 4
_GUTENBERG = re.compile(
    r"\A.*?\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG[^\n]*\n"
    r"|\n[^\n]*\*\*\* ?END OF (?:THE|THIS) PROJECT GUTENBERG.*\Z",
    re.DOTALL,
)


class Boilerplate(Step):
    """Notices, menus and the frames of pages."""

    use: Literal["boilerplate"] = "boilerplate"

    def apply(self, document: Document) -> Outcome:
        """The text without its frame; removed when the frame was all."""
        counts: dict[str, int] = {}
        text = document.text
        if "PROJECT GUTENBERG" in text:
            text = _GUTENBERG.sub("", text)
        if text != document.text:
            counts["frame of Project Gutenberg"] = 1
        rows = text.split("\n")
        kept = [row for row in rows if not _is_notice(row)] if _has_notice(text.lower()) else rows
        if len(kept) < len(rows):
            counts["notices"] = len(rows) - len(kept)
        start, end = _menu(kept), len(kept) - _menu(kept[::-1])
        if start or end < len(kept):
            counts["menus"] = start + len(kept) - end
            kept = kept[start:end]
        if not counts:
            return document
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
        return Edited(Document(**(vars(document) | {"text": text})), counts) if text else Removed("nothing but frame")


def _is_notice(line: str) -> bool:
    return len(line.split()) <= _MAX_PHRASE_WORDS and _has_notice(line.lower())


def _has_notice(lowered: str) -> bool:
    return any(notice in lowered for notice in NOTICES)


def _menu(rows: list[str]) -> int:
    """How many lines from the first on are a menu: at least three items, blank lines between them allowed."""
    items = end = 0
    for number, row in enumerate(rows):
        line = row.strip()
        if not line:
            continue
        is_item = len(line.split()) <= _MENU_WORDS and not line.endswith((*TERMINAL, ":", ",", ";"))
        if not is_item or line.startswith(("#", "```", *BULLETS)):  # a heading, code, a list of the author's
            break
        items, end = items + 1, number + 1
    return end if items >= _MENU_LINES and end < len(rows) else 0
