"""Recipes on disk: from TOML and `--set key=value` to a `Recipe`, and back.

Does: read one, or say what is wrong with its key, its line and the fix; write one out with all defaults.
Does not: know TOML's lines (`data/toml_recipe.py` does, for all recipes) or what the keys mean (`recipe.py`).
Try it: causerie train recipes/starter.toml --set schedule.step=10
"""

import json
from collections.abc import Sequence
from pathlib import Path

from causerie.data.toml_recipe import line_of, parsed
from causerie.data.toml_recipe import read_recipe as read_toml
from causerie.training.recipe import Recipe, Where, check


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """The recipe of a file, with single keys replaced.

    Args:
        path: The TOML file.
        changes: `key=value` each, as behind `--set`; the value is TOML, or a plain word.

    Raises:
        ConfigError: The file cannot be read, or a key is unknown, missing, of the wrong type or against another.
    """
    recipe = read_toml(Recipe, path, changes)
    check(recipe, _places(path.read_text(encoding="utf-8"), path.name, changes))
    return recipe


def parse_recipe(text: str, name: str, changes: Sequence[str] = ()) -> Recipe:
    """The recipe of a text; `name` is what errors call it. Raises as `read_recipe` does."""
    recipe = parsed(Recipe, text, name, changes)
    check(recipe, _places(text, name, changes))
    return recipe


def _places(text: str, name: str, changes: Sequence[str]) -> Where:
    """From a key to the option or the line that set it, or else to its table's."""

    def where(key: str) -> str:
        given = next((change for change in changes if change.split("=")[0].strip() == key), "")
        return f"--set {given}" if given else f"{name}, line {line_of(text, tuple(key.split('.')))}"

    return where


def toml_of(recipe: Recipe) -> str:
    """The whole recipe as TOML, the defaults too; `parse_recipe` gives the same recipe again."""
    said = recipe.model_dump(mode="json", exclude_none=True)
    lines = [f"{key} = {_toml(value)}" for key, value in said.items() if not isinstance(value, dict)]
    for name, table in said.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    # JSON's strings, numbers, arrays and truth values are TOML's too, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
