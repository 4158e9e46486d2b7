"""How long the answer is: in words, sentences and paragraphs."""

from causerie.evaluation.checks.options import Options
from causerie.evaluation.checks.splitting import paragraphs_by_rule, paragraphs_by_space, sentences, words


def number_words(answer: str, options: Options) -> bool:
    """It has `relation` `num_words` words."""
    return options.holds(len(words(answer)), "relation", "num_words")


def number_sentences(answer: str, options: Options) -> bool:
    """It has `relation` `num_sentences` sentences."""
    return options.holds(len(sentences(answer)), "relation", "num_sentences")


def number_paragraphs(answer: str, options: Options) -> bool:
    """It has exactly `num_paragraphs` paragraphs, with `***` between them."""
    wanted, found = options.number("num_paragraphs"), paragraphs_by_rule(answer)
    return found is not None and len(found) == wanted


def nth_paragraph_first_word(answer: str, options: Options) -> bool:
    """Of `num_paragraphs` paragraphs between empty lines, number `nth_paragraph` begins with `first_word`."""
    # All options are read first: one that is missing is found before any answer has so many paragraphs.
    paragraphs, number = options.number("num_paragraphs"), options.number("nth_paragraph")
    wanted, found = options.text("first_word").lower(), paragraphs_by_space(answer)
    if len(found) != paragraphs or not 1 <= number <= len(found):
        return False
    # Quotation marks and stars before it are no part of a word.
    return next((word.lower() for word in words(found[number - 1])), "") == wanted
