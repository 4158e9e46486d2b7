"""The house is as the design draws it: signs at the doors, small files, imports one way, one family of errors."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from causerie import errors

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "causerie"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


def module_id(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_each_room_has_its_sign_and_no_code_at_the_door(room: Path) -> None:
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    sign = ast.get_docstring(tree) or ""
    assert "Comes in:" in sign
    assert "Goes out:" in sign
    named = re.search(r"Read first: `(\w+\.py)`", sign)
    assert named, "the sign says which file to read first"
    assert (room / named.group(1)).is_file()
    assert len(tree.body) == 1, "a sign holds no code"


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_a_file_is_one_idea_of_at_most_400_lines_with_a_docstring(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # errors.py is a table: a few lines for each way to fail.
    assert len(text.splitlines()) <= (600 if path.samefile(errors.__file__) else 400)
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} does not fit on a screen"


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_no_file_is_a_drawer_without_a_name(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}


FAMILY = [cls for cls in errors.family() if cls is not errors.CauserieError]


@pytest.mark.parametrize("cls", FAMILY, ids=lambda cls: cls.__name__)
def test_each_error_has_its_codes_and_says_when_it_is_raised(cls: type[errors.CauserieError]) -> None:
    assert cls.__module__ == "causerie.errors"
    assert 400 <= cls.status < 600 or (cls is errors.ConfigError)
    assert re.fullmatch(r"[a-z_]+", cls.code)
    assert cls.__doc__
    assert 0 < cls.exit_code < 64


def test_no_two_errors_share_a_code() -> None:
    codes = [cls.code for cls in FAMILY]
    assert len(codes) == len(set(codes))


def test_the_import_contract_names_every_room() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = " | ".join(pyproject["tool"]["importlinter"]["contracts"][0]["layers"])
    standing = set(re.findall(r"(?<!\()\b\w+\b(?!\))", layers))
    assert {room.name for room in ROOMS} <= standing


def test_versions_are_pinned_without_hosts_or_paths() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    for pin in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", pin), pin
