"""What the answer is as a whole: its case, its language, how it begins and ends, what it repeats."""

from causerie.evaluation.checks.languages import is_in
from causerie.evaluation.checks.options import Options
from causerie.evaluation.checks.splitting import words

BETWEEN_ANSWERS = "******"
"""What stands between two answers (IFEval: six stars)."""
_QUOTES = (('"', '"'), ("«", "»"), ("“", "”"))


def english_capital(answer: str, _options: Options) -> bool:
    """All in capitals, and in English."""
    return answer.isupper() and is_in(answer, "en")


def english_lowercase(answer: str, _options: Options) -> bool:
    """All in small letters, and in English."""
    return answer.islower() and is_in(answer, "en")


def french_capital(answer: str, _options: Options) -> bool:
    """All in capitals, and in French; capitals may keep their accents or lose them."""
    return answer.isupper() and is_in(answer, "fr")


def french_lowercase(answer: str, _options: Options) -> bool:
    """All in small letters, and in French."""
    return answer.islower() and is_in(answer, "fr")


def capital_word_frequency(answer: str, options: Options) -> bool:
    """`capital_relation` `capital_frequency` words are all in capitals."""
    count = sum(word.isupper() for word in words(answer))
    return options.holds(count, "capital_relation", "capital_frequency")


def response_language(answer: str, options: Options) -> bool:
    """The answer is in `language`, ISO 639-1."""
    return is_in(answer, options.text("language"))


def end_checker(answer: str, options: Options) -> bool:
    """It ends with exactly `end_phrase`, whatever the case; quotation marks around all of it do not count."""
    return answer.strip().strip('"«»“” ').lower().endswith(options.text("end_phrase").strip().lower())


def quotation(answer: str, _options: Options) -> bool:
    """All of it stands in quotation marks, English or French."""
    text = answer.strip()
    return len(text) > 1 and any(text.startswith(one) and text.endswith(other) for one, other in _QUOTES)


def repeat_prompt(answer: str, options: Options) -> bool:
    """It begins with `prompt_to_repeat`, word for word."""
    return answer.strip().lower().startswith(options.text("prompt_to_repeat").strip().lower())


def two_responses(answer: str, _options: Options) -> bool:
    """Two different answers with six stars between them, neither of them empty."""
    parts = [part.strip() for part in answer.split(BETWEEN_ANSWERS)]
    inner = parts[0 if parts[0] else 1 : None if parts[-1] else -1]
    return len(inner) == len({"", *inner}) - 1 == 2


def no_comma(answer: str, _options: Options) -> bool:
    """No comma anywhere."""
    return not any(comma in answer for comma in ",\u060c\uff0c")
