"""Every sentence of the terminal, and of the server that the page shows, is there in French and in English."""

import ast
import json
import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from causerie import errors
from causerie.cli.language import explain, language, retold, t
from causerie.data.sentences import Sentences
from causerie.errors import ModelNotFound
from causerie.planning.gpus import gpus
from causerie.planning.thresholds import THRESHOLDS
from causerie.registry import lineage, notes, standing, watching
from causerie.training import job

PACKAGE = Path(__file__).parents[2] / "src" / "causerie"
SPOKEN = [
    *sorted((PACKAGE / "cli").glob("*.py")),
    *sorted((PACKAGE / "inference").glob("*.py")),
    *sorted((PACKAGE / "accounts").glob("*.py")),
    *sorted((PACKAGE / "chat").glob("*.py")),
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
    *sorted((PACKAGE / "server").glob("*.py")),
]
"""Files whose sentences can reach a terminal or the page."""
KEPT = [
    *sorted((PACKAGE / "evaluation").rglob("*.py")),
    *sorted((PACKAGE / "improvement").glob("*.py")),
    *sorted((PACKAGE / "jobs").glob("*.py")),
    *sorted((PACKAGE / "registry").glob("*.py")),
    *(PACKAGE / "training" / name for name in ("job.py", "recovery.py", "conversations.py")),
]
"""Files whose sentences are kept with their values filled in: with a job, an evaluation, a finding, a release."""
FILLED = {"evidence", "message", "hint", "why", "where", "reason", "notes"}
"""Names that such sentences have in them."""
TABLES = {
    standing.UNREGISTERED,
    *notes.KEYS.values(),
    *watching.REASONS.values(),
    *(f"{what} of {{of}}" for what in lineage.SENTENCES),
    "licence of the weights",
    "an evaluation",
    "round {job} of the loop",
    "Released as `{alias}` by an override of {lines}, decided by two people on {day} until {until}: {reason}",
    *(each.source for each in gpus().values()),
    *job.STAGES.values(),
    *(text for each in THRESHOLDS for text in (each.name, each.duty, each.source)),
}
"""Of the same kind, in no call: what cards lack, why releases fall back, where figures are from."""


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


def kept(path: Path, filled: Collection[str] = FILLED) -> Iterator[str]:
    """The shapes of sentences that a file leaves behind: what a job says, notes, evidence, messages."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and not set(_names(node)).isdisjoint(filled):
            yield from shapes(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from shapes(value) if isinstance(key, ast.Constant) and key.value in filled else ()
        elif isinstance(node, ast.keyword) and node.arg in filled and node.arg != "hint":  # errors are `said`
            yield from shapes(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            name = ast.unparse(node.func)
            if name.endswith(".say") or name == "notes.append":
                yield from shapes(node.args[0])
            elif name.endswith(".progress"):
                yield from shapes(node.args[-1])
        elif isinstance(node, ast.FunctionDef) and node.name == "reason":
            yield from shapes(*(inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)))


def shapes(*nodes: ast.expr | None) -> Iterator[str]:
    """Sentences with `{}` in the place of each field; what is nothing but fields is none."""
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from shapes(node.body, node.orelse)
        elif isinstance(node, ast.Tuple | ast.List):
            yield from shapes(*node.elts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield shape_of(node.value)
        elif isinstance(node, ast.JoinedStr):
            words = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            shape = "".join(map(str, words))
            if sum(map(str.isalpha, shape)) > 2:
                yield shape


def shape_of(template: str) -> str:
    return re.sub(r"\{\w+[^}]*\}", "{}", template)


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


def test_no_sentence_that_is_kept_lacks_its_french() -> None:
    sentences = Sentences(french())
    found = {shape for path in KEPT for shape in kept(path)}
    assert len(found) > 40
    missing = sorted(shape for shape in found if sentences.french(shape.replace("{}", "7")) is None)
    missing += sorted(TABLES - french().keys())
    assert not missing, "fr.toml lacks ({} stands for a field, to be named):\n" + "\n".join(missing)


def test_no_french_is_left_over() -> None:
    found = {shape for path in KEPT for shape in kept(path)}
    left = french().keys() - said() - TABLES
    assert not sorted(text for text in left if shape_of(text) not in found)


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


CASES = json.loads(Path(__file__).with_name("retold.json").read_text(encoding="utf-8"))
"""Filled sentences and their French; the page's tests have the same."""


@pytest.mark.parametrize(("english", "expected"), CASES["sentences"].items())
def test_a_sentence_that_was_kept_is_retold(english: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert retold(english) == english
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert retold(english) == expected


@pytest.mark.parametrize(("english", "expected"), CASES["lists"].items())
def test_several_sentences_in_a_row_are_retold_one_by_one(english: str, expected: str) -> None:
    assert Sentences(french()).french_list(english) == expected


@pytest.mark.parametrize("text", CASES["unknown"])
def test_what_no_template_makes_stays_as_it_is(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert retold(text) == text
