"""The quality and repetition rules of Gopher.

Rae et al., "Scaling language models: methods, analysis and insights from training Gopher", 2021, appendix A.1.1,
table A1. The numbers are the paper's. A French text is asked for French stop words; one
in another language, for none.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from causerie.data.contract import Document, Outcome, Removed, Step
from causerie.data.steps.words import BULLETS, STOP_WORDS, lines, paragraphs, repeated_share

_TOP_NGRAMS: Mapping[int, float] = {2: 0.20, 3: 0.18, 4: 0.16}
"""Largest share of the characters that the commonest n-gram may have."""
_REPEATED_NGRAMS: Mapping[int, float] = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
"""Largest share of the characters that n-grams which came before may have."""


class Gopher(Step):
    """Gopher's rules: length, words, symbols, bullets, stop words, repetition."""

    use: Literal["gopher"] = "gopher"
    min_words: int = 50
    max_words: int = 100_000
    min_word_length: float = 3.0
    """Mean length of words, in characters."""
    max_word_length: float = 10.0
    max_symbols: float = 0.1
    """Hash signs, and ellipses, for each word."""
    max_bullet_lines: float = 0.9
    """Share of lines that begin with a bullet."""
    max_ellipsis_lines: float = 0.3
    """Share of lines that end with an ellipsis."""
    min_alphabetic: float = 0.8
    """Share of words with a letter in them."""
    min_stop_words: int = 2
    """Different stop words of the text's language."""
    repetition: bool = True
    """Apply the rules of repeated lines, paragraphs and n-grams too."""

    def apply(self, document: Document) -> Outcome:
        """The document, or the first rule that it breaks."""
        words = document.text.split()
        rules = self._quality(document, words)
        broken = next(rules, None)
        if broken is None and self.repetition:
            broken = next(_repetition(document.text, words), None)
        return broken or document

    def _quality(self, document: Document, words: list[str]) -> Iterator[Removed]:
        count = len(words)
        if not self.min_words <= count <= self.max_words:
            yield Removed("number of words", f"{count} words")
            return
        mean = sum(map(len, words)) / count
        if not self.min_word_length <= mean <= self.max_word_length:
            yield Removed("length of words", f"{mean:.1f} characters on average")
        text = document.text
        symbols = max(text.count("#"), text.count("...") + text.count("\u2026")) / count
        if symbols > self.max_symbols:
            yield Removed("symbols", f"{symbols:.2f} for each word")
        rows = lines(text)
        bullets = sum(row.startswith(BULLETS) for row in rows) / len(rows)
        if bullets > self.max_bullet_lines:
            yield Removed("bullets", f"{bullets:.0%} of the lines")
        ellipses = sum(row.endswith(("...", "\u2026")) for row in rows) / len(rows)
        if ellipses > self.max_ellipsis_lines:
            yield Removed("ellipses", f"{ellipses:.0%} of the lines")
        alphabetic = sum(any(map(str.isalpha, word)) for word in words) / count
        if alphabetic < self.min_alphabetic:
            yield Removed("words without letters", f"{1 - alphabetic:.0%} of the words")
        expected = STOP_WORDS.get(document.language or "en")
        if expected and len(expected & set(map(str.lower, words))) < self.min_stop_words:
            yield Removed("stop words", f"fewer than {self.min_stop_words}")


def _repetition(text: str, words: list[str]) -> Iterator[Removed]:
    for what, pieces in (("lines", lines(text)), ("paragraphs", paragraphs(text))):
        number, characters = repeated_share(pieces)
        if number > 0.30:
            yield Removed(f"repeated {what}", f"{number:.0%} of them")
        if characters > 0.20:
            yield Removed(f"repeated {what}", f"{characters:.0%} of the characters")
    letters = sum(map(len, words))
    for size, most in _TOP_NGRAMS.items():
        share = top_share(words, size, letters)
        if share > most:
            yield Removed(f"commonest {size}-gram", f"{share:.0%} of the characters")
    for size, most in _REPEATED_NGRAMS.items():
        share = repeated_ngram_share(words, size, letters)
        if share > most:
            yield Removed(f"repeated {size}-grams", f"{share:.0%} of the characters")


def top_share(words: list[str], size: int, characters: int) -> float:
    """Share of the characters in the commonest n-gram, if it comes twice."""
    counted = Counter(zip(*(words[start:] for start in range(size)), strict=False))
    if not counted:
        return 0.0
    ngram, times = counted.most_common(1)[0]
    return sum(map(len, ngram)) * times / characters if times > 1 else 0.0


def repeated_ngram_share(words: list[str], size: int, characters: int) -> float:
    """Share of the characters in n-grams that came before; each character counts once."""
    seen: set[tuple[str, ...]] = set()
    repeated = at = 0
    while at <= len(words) - size:
        ngram = tuple(words[at : at + size])
        if ngram in seen:
            repeated += sum(map(len, ngram))
            at += size
        else:
            seen.add(ngram)
            at += 1
    return repeated / max(characters, 1)
