"""Every sentence of the terminal is there in French and in English."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from causerie import errors
from causerie.cli.language import explain, language, t
from causerie.errors import ModelNotFound

PACKAGE = Path(__file__).parents[2] / "src" / "causerie"
SPOKEN = [
    *sorted((PACKAGE / "cli").glob("*.py")),
    *sorted((PACKAGE / "inference").glob("*.py")),
    PACKAGE / "accounts" / "people.py",
    PACKAGE / "accounts" / "passwords.py",
    *sorted((PACKAGE / "database").glob("*.py")),
    *sorted((PACKAGE / "jobs").glob("*.py")),
    *sorted((PACKAGE / "data").rglob("*.py")),
    *sorted((PACKAGE / "tokenization").glob("*.py")),
    *sorted((PACKAGE / "modeling").glob("*.py")),
    *sorted((PACKAGE / "training").rglob("*.py")),
    *sorted((PACKAGE / "planning").glob("*.py")),
    *sorted((PACKAGE / "evaluation").rglob("*.py")),
    *sorted((PACKAGE / "improvement").glob("*.py")),
    *sorted((PACKAGE / "registry").glob("*.py")),
    PACKAGE / "settings.py",
    PACKAGE / "server" / "serve.py",
]
"""Files whose sentences can reach a terminal."""


def constants(*nodes: ast.expr | None) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from constants(node.body, node.orelse)


def sentences(path: Path) -> Iterator[str]:
    """What a file says: first argument of `t` and of errors, their hints, and the values of a table `SENTENCES`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and _names(node) == ["SENTENCES"]:
            yield from constants(*node.value.values)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        if node.func.id == "t":
            yield from constants(node.args[0])
        cls = getattr(errors, node.func.id, None)
        if isinstance(cls, type) and issubclass(cls, errors.CauserieError):
            yield from constants(node.args[0], *(word.value for word in node.keywords if word.arg == "hint"))


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def said() -> set[str]:
    # A sentence that is nothing but a field passes on what someone else said.
    return {text for path in SPOKEN for text in sentences(path) if text and not re.fullmatch(r"\{\w+\}", text)}


def french() -> dict[str, str]:
    table = tomllib.loads((PACKAGE / "cli" / "fr.toml").read_text(encoding="utf-8"))
    return {english: text for section in table.values() for english, text in section.items()}


def fields(text: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)[^}]*\}", text))


def test_no_sentence_lacks_its_french() -> None:
    missing = sorted(said() - french().keys())
    assert not missing, "fr.toml lacks:\n" + "\n".join(missing)


def test_no_french_is_left_over() -> None:
    assert not sorted(french().keys() - said())


def test_french_fills_the_same_fields() -> None:
    wrong = {english: text for english, text in french().items() if fields(english) != fields(text)}
    assert not wrong


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_CA"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "fr_BE"}, "fr"),
        ({}, "en"),
    ],
)
def test_the_locale_decides(variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANG")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_an_error_is_explained_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    error = ModelNotFound("no model is named {name!r}", name="gpt-9", hint="/model alone lists those that are here")
    message, hint = explain(error)
    assert message == "aucun modèle ne s'appelle 'gpt-9'"
    assert hint.startswith("/model")
    assert hint != error.hint


def test_a_sentence_without_french_stays_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    unknown = "never said: {value}"
    assert t(unknown, value=3) == "never said: 3"
