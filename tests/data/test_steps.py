"""Each step does what its rules say, on texts made for each rule."""

import random
import time
from pathlib import Path
from typing import get_args

import pytest

from causerie.data.cleaning import apply
from causerie.data.contract import (
    Conversation,
    Document,
    Edited,
    Judgement,
    Message,
    Preference,
    Removed,
    Step,
    texts,
    with_texts,
)
from causerie.data.steps.boilerplate import Boilerplate
from causerie.data.steps.c4 import C4
from causerie.data.steps.check_digits import iban_length, is_card, is_nir
from causerie.data.steps.decontaminate import Decontaminate
from causerie.data.steps.fineweb import FineWeb
from causerie.data.steps.gopher import Gopher, repeated_ngram_share, top_share
from causerie.data.steps.language import Language
from causerie.data.steps.normalise import Normalise
from causerie.data.steps.personal_data import Detected, PersonalData, masked
from causerie.data.tally import StepTally
from causerie.errors import DataError

VOCABULARY = (
    "the house of stone stands and looks to a river that we have seen with great joy while birds sing over green "
    "fields where children play until evening comes slowly down from far blue hills behind old silent villages"
)
WORDS = VOCABULARY.split()


def prose(words: int = 120, seed: int = 0) -> str:
    """Sentences of eight words, two a line; no two alike."""
    draw = random.Random(seed)
    sentences = [" ".join(draw.choices(WORDS, k=8)).capitalize() + "." for _ in range(words // 8)]
    return "\n".join(" ".join(sentences[place : place + 2]) for place in range(0, len(sentences), 2))


def after(step: Step, text: str, language: str = "") -> str | Removed:
    outcome = step.apply(Document(id="d", text=text, language=language))
    if isinstance(outcome, Removed):
        return outcome
    return outcome.document.text if isinstance(outcome, Edited) else outcome.text


def reason(step: Step, text: str, language: str = "") -> str:
    outcome = after(step, text, language)
    return outcome.reason if isinstance(outcome, Removed) else "kept"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("e\u0301te\u0301", "été"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\u00a0b\u202fc", "a b c"),
        ("in\u00advi\u200bsi\x00ble\ufeff", "invisible"),
        ("a  \n\n\n\n b\t\n", "a\n\n b"),
        ("DÃ©jÃ\xa0 vu Ã  NoÃ«l", "DÃ©jÃ\xa0 vu Ã  NoÃ«l".replace("\xa0", " ")),
        ("DÃ©jÃ vu, l\u2019Ã©tÃ©", "DÃ©jÃ vu, l\u2019Ã©tÃ©"),
        ("dÃ©jÃ\xa0 vu", "déjà vu"),
        ("lâ€™Ã©tÃ©", "l\u2019été"),
        ("👩\u200d💻 x² « ½ »", "👩\u200d💻 x² « ½ »"),
    ],
)
def test_normalise(before: str, expected: str) -> None:
    assert after(Normalise(), before) == expected


def test_normalise_removes_what_is_no_text() -> None:
    assert reason(Normalise(), "\u200b \n") == "empty"
    assert reason(Normalise(), "a\ufffd" * 10) == "not text"
    assert reason(Normalise(), "a" * 100 + "\ufffd") == "kept"


def test_normalise_twice_is_once() -> None:
    once = after(Normalise(), "e\u0301 \u00a0x\r\n\r\n\r\n\r\ny  ")
    assert isinstance(once, str)
    assert Normalise().apply(Document(id="d", text=once)) == Document(id="d", text=once)


def test_boilerplate_cuts_notices_and_menus_at_the_ends() -> None:
    text = (
        "Home\nNews\nAbout us\n\n# Title\n\nWe went home.\nNous utilisons des cookies.\nThe end.\n\nPrev\nNext\nTop"
    )
    assert after(Boilerplate(), text) == "# Title\n\nWe went home.\nThe end."
    assert after(Boilerplate(), "All rights reserved.") == Removed("nothing but frame")


def test_boilerplate_leaves_texts_that_speak_of_it_and_lists_of_the_author() -> None:
    told = "In the report, the authors say that we use cookies " + "to remember what people have bought " * 4 + "."
    assert after(Boilerplate(), told) == told
    listed = "- bread\n- milk\n- eggs\n\nBuy these."
    assert after(Boilerplate(), listed) == listed
    short = "One\nTwo\nThree"
    assert after(Boilerplate(), short) == short


def test_boilerplate_cuts_the_frame_of_gutenberg() -> None:
    text = (
        "The Project Gutenberg eBook\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\nIt was.\n"
        "*** END OF THE PROJECT GUTENBERG EBOOK X ***\nlicence"
    )
    assert after(Boilerplate(), text) == "It was."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (prose(), "kept"),
        (prose(40), "number of words"),
        (prose() + " x" * 400, "length of words"),
        (prose() + " # #" * 20, "symbols"),
        ("\n".join(f"- {line}" for line in prose().split("\n")), "bullets"),
        ("\n".join(f"{line}.." for line in prose().split("\n")), "ellipses"),
        (prose() + " 1234" * 60, "words without letters"),
        ("\n".join(["Sudden thunder rolled across distant valleys."] * 2 + [prose()] * 3), "repeated lines"),
        ("\n".join(" ".join(random.Random(n).choices(["xqz", "vwk", "jjy", "kkp"], k=9)) for n in range(9)),
         "stop words"),
    ],
)  # fmt: skip
def test_gopher(text: str, expected: str) -> None:
    assert reason(Gopher(), text) == expected


def test_gopher_asks_for_the_stop_words_of_the_language() -> None:
    words = "le chat noir dort sous la grande table des voisins"
    french = " ".join(random.Random(1).choices(words.split(), k=80))
    step = Gopher(repetition=False)
    assert reason(step, french, "fr") == "kept"
    assert reason(step, french, "en") == "stop words"
    assert reason(step, french, "de") == "kept"


def test_gopher_counts_ngrams_by_hand() -> None:
    words = ["aa", "bb", "aa", "bb", "cc"]
    assert top_share(words, 2, 10) == 0.8  # "aa bb" twice: 8 of 10 characters
    assert top_share(["aa", "bb"], 2, 4) == 0.0
    assert top_share([], 2, 0) == 0.0
    assert repeated_ngram_share(words, 2, 10) == 0.4  # the second "aa bb"
    assert reason(Gopher(), prose() + " over green fields where" * 9) != "kept"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (prose(), "kept"),
        ("lorem ipsum " + prose(), "lorem ipsum"),
        ("f() { return }\n" + prose(), "curly bracket"),
        (prose(32), "too few sentences"),
    ],
)
def test_c4(text: str, expected: str) -> None:
    assert reason(C4(), text) == expected


def test_c4_keeps_the_lines_that_are_sentences() -> None:
    rows = ["Menu", "Two words.", "Turn JavaScript on to go on.", "Read our privacy policy here.", "It goes on..."]
    assert after(C4(), "\n".join([*rows, prose(), "A fact[12] is here."])) == f"{prose()}\nA fact is here."
    assert isinstance(after(C4(terminal_punctuation=False), "No stop in this line\n" + prose()), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (prose(), "kept"),
        ("\n".join(line.rstrip(".") for line in prose().split("\n")), "lines without a full stop"),
        ("\n".join([prose(16)] * 2), "repeated lines"),
        ("\n".join(f"Line {number}." for number in range(10)), "short lines"),
        ("", "empty"),
    ],
)
def test_fineweb(text: str, expected: str) -> None:
    assert reason(FineWeb(), text) == expected


FRENCH = "Il faisait froid ce matin-là et la vieille dame regardait tomber la neige derrière sa fenêtre."
GERMAN = "An jenem Morgen war es kalt, und die alte Dame sah hinter ihrem Fenster den Schnee fallen."


def test_language_names_and_keeps_what_is_wanted() -> None:
    outcome = Language().apply(Document(id="d", text=FRENCH))
    assert isinstance(outcome, Edited)
    assert outcome.document.language == "fr"
    assert Language().apply(outcome.document) == outcome.document
    assert reason(Language(), GERMAN) == "de"
    assert reason(Language(keep=("de",)), GERMAN) == "kept"
    assert reason(Language(keep=()), GERMAN) == "kept"
    assert reason(Language(), "7") == "unknown"
    assert reason(Language(keep_unknown=True), "7") == "kept"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Écrivez à jean.dupont+x@exemple.co.fr.", "Écrivez à [email]."),
        ("Appelez le 06 12 34 56 78 ou +33 (0)1 23 45 67 89.", "Appelez le [phone] ou [phone]."),
        ("Call (555) 234-5678 ext 12, or 020 7946 0958.", "Call [phone], or 020 7946 0958."),
        ("IBAN FR76 3000 6000 0112 3456 7890 189 BIC AGRI", "IBAN [iban] BIC AGRI"),
        ("IBAN FR76 3000 6000 0112 3456 7890 188", "IBAN FR76 3000 6000 0112 3456 7890 188"),
        ("carte 4111 1111 1111 1111, non 4111 1111 1111 1112", "carte [card], non 4111 1111 1111 1112"),
        ("NIR 2 69 05 49 588 157 80 et 1 84 12 2A 451 084 38", "NIR [nir] et [nir]"),
        ("from 192.168.0.1 and 2001:db8::1, not 999.1.1.1", "from [ip] and [ip], not 999.1.1.1"),
        ("v1.2.3.4.5 at 12:30:45 on 2024-01-15, std::abc", "v1.2.3.4.5 at 12:30:45 on 2024-01-15, std::abc"),
        ("pi is 3.14159265358979 and 1000000 people", "pi is 3.14159265358979 and 1000000 people"),
    ],
)
def test_personal_data(text: str, expected: str) -> None:
    assert after(PersonalData(), text) == expected


def test_only_what_is_named_is_masked_and_counted() -> None:
    step = PersonalData(mask=("email",))
    outcome = step.apply(Document(id="d", text="a@b.org c@d.org 192.168.0.1"))
    assert isinstance(outcome, Edited)
    assert outcome.counts == {"email": 2}
    assert outcome.document.text == "[email] [email] 192.168.0.1"


@pytest.mark.parametrize("signs", ["-", "a@", "/", "1"])
def test_personal_data_is_found_in_time_in_what_has_no_spaces(signs: str) -> None:
    text = f"{signs * 50_000}:{signs * 50_000}"
    before = time.process_time()
    assert masked(text, get_args(Detected)) == (text, {})
    assert time.process_time() - before < 5


def test_check_digits() -> None:
    assert is_card("371449635398431")
    assert not is_card("346412338913580")
    assert not is_card("411111111111")
    assert not is_card("1111111111111117")
    assert iban_length("GB82WEST12345698765432") == 22
    assert iban_length("gb82 west 1234 5698 7654 32 et") == 27
    assert iban_length("XX82WEST12345698765432") == iban_length("GB82WEST") == 0
    assert not is_nir("269054958815781")
    assert not is_nir("269135958815780")  # month 13


def key_of(nir: str) -> str:
    body = nir.replace("2A", "19").replace("2B", "18")
    return f"{97 - int(body) % 97:02}"


@pytest.mark.parametrize("body", ["1841276451089", "184122A451089", "284122B451089"])
def test_a_social_security_number_is_known_by_its_key_in_corsica_too(body: str) -> None:
    assert is_nir(body + key_of(body))
    assert not is_nir(body + f"{int(key_of(body)) % 97 + 1:02}")


QUESTION = "How many apples are left when Marie gives three of her twelve apples to each of her two brothers today"


def test_decontaminate_finds_a_run_of_an_evaluation_set(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(f'{{"question": "{QUESTION}?", "id": 3, "note": "yes"}}\n')
    step = Decontaminate(against=(str(tmp_path / "test.jsonl"),))
    assert reason(step, f"A riddle: {QUESTION.upper()}! Nobody knew.") == "in an evaluation set"
    assert reason(step, " ".join(QUESTION.split()[:12]) + " and more of another text that is long enough") == "kept"
    assert reason(Decontaminate(against=step.against, words=8), " ".join(QUESTION.split()[2:10])) != "kept"
    assert reason(Decontaminate(against=step.against, fields=("note",)), QUESTION) == "kept"


def test_decontaminate_is_not_misled_by_how_french_is_set(tmp_path: Path) -> None:
    said = "Dans quel roman de Victor Hugo le personnage de «\u00a0Gavroche\u00a0» meurt-il sur une barricade\u00a0?"
    (tmp_path / "questions.txt").write_text(said, encoding="utf-8")
    step = Decontaminate(against=(str(tmp_path / "questions.txt"),))
    plain = said.replace("\u00a0", " ")
    for text in (plain, plain.replace("« ", "“").replace(" »", "”"), said.replace("\u00a0", "\u202f")):
        assert reason(step, f"Un quiz. {text} Merci.") == "in an evaluation set"


def test_decontaminate_finds_a_short_question_of_a_conversation(tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_text("How many legs has a spider?")
    step = Decontaminate(against=(str(tmp_path / "questions.txt"),))
    turns = (Message("user", "How many legs has a spider?"), Message("assistant", "Eight."))
    counted = StepTally()
    assert isinstance(apply(step, Conversation(id="c", messages=turns), counted), Removed)
    assert "Eight." in counted.examples["in an evaluation set"][0].before
    other = (Message("user", "How many legs has it?"), turns[1])
    assert isinstance(apply(step, Conversation(id="d", messages=other), counted), Conversation)


def test_an_evaluation_set_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.jsonl cannot be read"):
        reason(Decontaminate(against=(str(tmp_path / "nothing.jsonl"),)), "x")
    (tmp_path / "bad.jsonl").write_text("no row\n")
    with pytest.raises(DataError, match=r"bad\.jsonl is damaged"):
        reason(Decontaminate(against=(str(tmp_path / "bad.jsonl"),)), "x")


TURNS = (Message("user", "a"), Message("assistant", "b"))


@pytest.mark.parametrize(
    "sample",
    [
        Document(id="d", text="a"),
        Conversation(id="c", messages=TURNS),
        Preference(id="p", messages=TURNS[:1], chosen="x", rejected="y"),
        Judgement(id="j", messages=TURNS[:1], answer="x", good=True),
    ],
)
def test_texts_of_a_sample_can_be_put_back(sample: Document | Conversation | Preference | Judgement) -> None:
    assert with_texts(sample, texts(sample)) == sample
    other = tuple(text.upper() for text in texts(sample))
    assert texts(with_texts(sample, other)) == other


def test_a_step_alone_does_nothing() -> None:
    with pytest.raises(NotImplementedError):
        Step().apply(Document(id="d", text="x"))
