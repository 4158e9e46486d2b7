"""A command that is typed wrongly is told in one sentence, with a hint that helps."""

import pytest

from tests.cli.conftest import Causerie

QUOTE = "put a text of several words in quotation marks; see `causerie chat --help`"
MISTAKES = [
    ("dance", "there is no command dance", "`causerie --help` lists them"),
    ("chta", "there is no command chta", "did you mean chat?"),
    ("models dance", "there is no command dance", "`causerie models --help` lists them"),
    ("models sho starter", "there is no command sho", "did you mean show?"),
    ("--nope", "there is no option --nope", "`causerie --help` lists them"),
    ("chat --modle x", "there is no option --modle", "did you mean --model?"),
    ("chat -x", "there is no option -x", "`causerie chat --help` lists them"),
    ("chat one two three", "too much was given: two three", QUOTE),
    ("chat one (two)", "too much was given: (two)", QUOTE),
    ("up --port", "--port needs a value", "see `causerie --help`"),
    ("up --no-browser=3", "--no-browser takes no value", "see `causerie --help`"),
    ("up --port x", "--port must be a whole number", "see `causerie up --help`"),
    ("up --port 65536", "--port can be 65535 at most", "see `causerie up --help`"),
    ("chat -m x --max-tokens 0 Hi", "--max-tokens must be 1 or more", "see `causerie chat --help`"),
    ("chat --temperature hot Hi", "--temperature must be a number", "see `causerie chat --help`"),
    ("chat --temperature 2.5 Hi", "--temperature can be 2 at most", "see `causerie chat --help`"),
    ("pull", "SOURCE is missing", "see `causerie pull --help`"),
    ("models rename starter", "NEW_NAME is missing", "see `causerie models rename --help`"),
    ("models --json list", "--json belongs behind list", "see `causerie models list --help`"),
]  # fmt: skip
"""What was typed, the sentence, the hint."""


@pytest.mark.parametrize(("typed", "sentence", "hint"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_told_with_what_to_do(typed: str, sentence: str, hint: str, causerie: Causerie) -> None:
    assert causerie(*typed.split()) == (2, "", f"error: {sentence}\nhint: {hint}\n")


def test_in_french_too(causerie: Causerie, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    said = causerie("chta").err
    assert said == "erreur: il n'y a pas de commande chta\nconseil: vouliez-vous dire chat ?\n"
    assert causerie("pull").err == "erreur: il manque SOURCE\nconseil: voyez `causerie pull --help`\n"


def test_brackets_that_were_typed_are_shown_as_they_are(causerie: Causerie) -> None:
    assert causerie("[red]dance").err.startswith("error: there is no command [red]dance\n")
