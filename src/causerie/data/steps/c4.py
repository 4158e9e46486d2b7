"""The rules of C4, the Colossal Clean Crawled Corpus.

Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020, section 2.2.
Lines that are no sentence go; then pages that have too few of them. C4 also drops every page with a word of a list of
obscene ones, which takes out much that is harmless (Dodge et al., 2021): that rule is not here.
"""

import re
from typing import Literal

from causerie.data.contract import Document, Edited, Outcome, Removed, Step
from causerie.data.steps.words import TERMINAL, sentences

_CITATION = re.compile(r"\[(?:\d{1,3}|edit|citation needed|modifier|r\u00e9f\. n\u00e9cessaire)\]")
_POLICY = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies",
    "conditions d'utilisation", "politique de confidentialit\u00e9", "utilise des cookies", "utilisation de cookies",
)  # fmt: skip


class C4(Step):
    """C4's rules: lines that are sentences, on pages that are prose."""

    use: Literal["c4"] = "c4"
    terminal_punctuation: bool = True
    """Keep only lines that end a sentence (FineWeb found that this costs 30 % of the tokens, and left it out)."""
    min_line_words: int = 3
    min_sentences: int = 5
    curly_brackets: bool = False
    """Keep pages with a curly bracket, such as code."""

    def apply(self, document: Document) -> Outcome:
        """The sentences of the page, or the rule that the page breaks."""
        text = document.text
        lowered = text.lower()
        if "lorem ipsum" in lowered:
            return Removed("lorem ipsum")
        if "{" in text and not self.curly_brackets:
            return Removed("curly bracket", text[max(0, text.index("{") - 40) :][:80])
        counts: dict[str, int] = {}
        kept = []
        for line in _CITATION.sub("", text).split("\n"):
            reason = self._wrong(line.strip())
            if reason:
                counts[reason] = counts.get(reason, 0) + 1
            else:
                kept.append(line)
        cleaned = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
        found = sentences(cleaned)
        if found < self.min_sentences:
            return Removed("too few sentences", f"{found} left")
        if cleaned == text:
            return document
        return Edited(Document(**(vars(document) | {"text": cleaned})), counts or {"citations": 1})

    def _wrong(self, line: str) -> str:
        """Why a line goes (empty = it stays; blank lines do)."""
        if not line:
            return ""
        lowered = line.lower()
        if "javascript" in lowered:
            return "lines about JavaScript"
        if any(phrase in lowered for phrase in _POLICY):
            return "lines about policies"
        if self.terminal_punctuation and (not line.endswith(TERMINAL) or line.endswith(("...", "\u2026"))):
            return "lines that end no sentence"
        return "short lines" if len(line.split()) < self.min_line_words else ""
