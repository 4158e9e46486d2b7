"""Which language an answer is in.

Does: tell by the script, for those that one language uses; by function words for English, French, German, Spanish,
Italian, Portuguese and Dutch; by py3langid for all others (the extra `train`).
Does not: tell of a few words: with fewer than four, any language of that script is accepted.
The first two need no package, so that a figure is the same in every installation.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from causerie.data.packages import needed

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FEW_WORDS = 4
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")

FUNCTION_WORDS = {
    "en": "the of and to in is that it for was with as are be this have not but from they which you or by we he she"
    " an at my your his her has were can will there their what if would about so do no our who",
    "fr": "le la les de des du et un une en est que qui pour dans par sur pas plus ne se ce au aux il elle nous vous"
    " sont avec son sa ses mais ou où être je tu on cette ces leur leurs était si y a à d l qu n s c j m t mon votre",
    "de": "der die das und zu den von mit ist des sich auf für nicht ein eine als auch es an werden aus er hat dass"
    " sie nach bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur ich wir",
    "es": "el la los las de que y en un una es se no por con para su como más pero al lo del fue este ha si porque"
    " esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos yo",
    "it": "il lo la gli le di che e un una è in per non con si da come più ma al del della dei nel sono anche ha se"
    " alla questo quando molto senza tra io dove delle degli essere loro mio suo c dell",
    "pt": "o a os as de que e do da em um uma é para com não por mais dos das no na se como mas ao ele foi sua seu"
    " ou ser quando muito há nos já está eu também pelo pela até isso ela entre",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als maar bij of uit dan nog naar heeft"
    " ze hij door over je ik wordt deze die tot kan worden geen dit meer wij was",
}
"""Frequent words that carry no subject, written down by us."""
_FUNCTION_WORDS = {language: frozenset(listed.split()) for language, listed in FUNCTION_WORDS.items()}

SCRIPTS = {
    "el": (0x370, 0x3FF), "hy": (0x530, 0x58F), "he": (0x590, 0x5FF), "bn": (0x980, 0x9FF), "pa": (0xA00, 0xA7F),
    "gu": (0xA80, 0xAFF), "or": (0xB00, 0xB7F), "ta": (0xB80, 0xBFF), "te": (0xC00, 0xC7F), "kn": (0xC80, 0xCFF),
    "ml": (0xD00, 0xD7F), "si": (0xD80, 0xDFF), "th": (0xE00, 0xE7F), "lo": (0xE80, 0xEFF), "ka": (0x10A0, 0x10FF),
    "ko": (0xAC00, 0xD7AF),
}  # fmt: skip
"""Blocks of Unicode that one language uses, or nearly: first and last code point."""


def is_in(text: str, language: str) -> bool:
    """Whether a text is in a language, ISO 639-1.

    Raises:
        ConfigError: It takes py3langid to tell, which is not installed.
    """
    language = language.lower().split("-")[0]
    letters = _LETTER.findall(text)
    if not letters:
        return True  # nothing to tell by; IFEval's own program passes it too
    if language in SCRIPTS:
        first, last = SCRIPTS[language]
        return sum(first <= ord(letter) <= last for letter in letters) > len(letters) / 2
    if language in FUNCTION_WORDS:
        return _latin(letters) and _by_function_words(text, language)
    return bool(_identifier().classify(text)[0] == language)


def _latin(letters: list[str]) -> bool:
    # Latin with its accents ends at U+024F; what is beyond is another script (or a rare letter).
    return sum(ord(letter) <= 0x24F for letter in letters) > len(letters) / 2


def _by_function_words(text: str, language: str) -> bool:
    found = _WORD.findall(text.lower())
    if len(found) < FEW_WORDS:
        return True
    counts = {name: sum(word in listed for word in found) for name, listed in _FUNCTION_WORDS.items()}
    # Where no language has any (a list of names), there is nothing to tell by.
    return counts[language] == max(counts.values())


@cache
def _identifier() -> "LanguageIdentifier":
    """py3langid's model, once in each process (0.3 s)."""
    needed("numpy", "py3langid")
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
