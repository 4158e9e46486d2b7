"""Recipes in TOML, checked against a pydantic model; what is wrong is told with its key, its line and the fix.

Does: read the file, lay `key=value` from the command line over it, and turn pydantic's first complaint into words.
Does not: know any recipe; `recipe.py` and `training/recipe.py` bring their models.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from causerie.errors import ConfigError

Recipe = TypeVar("Recipe", bound=BaseModel)
Where = tuple[str | int, ...]
"""Way to a value: keys, and numbers in lists, from 0."""
_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"^\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")


def read_recipe(model: type[Recipe], path: Path, changes: Sequence[str] = ()) -> Recipe:
    """A recipe from its file.

    Args:
        model: What it must be.
        path: The file.
        changes: `key=value` each, from the command line, with the values in TOML's form or as bare words.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or is not what the model says.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the recipe {path} cannot be read: {reason}", path=str(path),
            reason=getattr(error, "strerror", None) or str(error), hint="a recipe is a TOML file",
        ) from error  # fmt: skip
    return parsed(model, text, path.name, changes)


def parsed(model: type[Recipe], text: str, file: str, changes: Sequence[str] = ()) -> Recipe:
    """A recipe from its text; see `read_recipe`."""
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(
            "{file} is not TOML: {reason}", file=file, reason=str(error),
            hint="texts stand in double quotes, and each key has its line: key = value",
        ) from error  # fmt: skip
    for change in changes:
        _change(raw, change)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, model, raw, text, file, changes) from error


def _change(raw: dict[str, Any], change: str) -> None:
    key, sign, value = change.partition("=")
    if not sign or not key.strip():
        raise ConfigError("--set {change} must be key=value", change=change, param="--set")
    try:
        parsed_value = tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        parsed_value = value.strip()
    *way, last = key.strip().split(".")
    here: Any = raw
    try:
        for name in way:
            here = here[int(name)] if isinstance(here, list) else here.setdefault(name, {})
        here[int(last) if isinstance(here, list) else last] = parsed_value
    except (AttributeError, IndexError, TypeError, ValueError):
        raise ConfigError(
            "--set {change} does not lead anywhere in the recipe", change=change, param="--set"
        ) from None


def _explained(
    error: ValidationError, model: type[BaseModel], raw: object, text: str, file: str, changes: Sequence[str]
) -> ConfigError:
    first = error.errors(include_url=False)[0]
    where = _way(first["loc"], raw)
    key = _told(where) or "the recipe"
    line = line_of(text, where)
    known = sorted(_fields_at(model, raw, where[:-1]))
    change = _set_by(changes, where)
    values: dict[str, Any] = {"file": file, "line": line, "change": change, "key": key, "param": key}
    match first["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(str(where[-1]), known, 1, 0.6)
            return ConfigError(
                "--set {change}: the key {key} is not known"
                if change else "{file}, line {line}: the key {key} is not known",
                **values, near="".join(near),
                known=", ".join(known), hint="did you mean {near}?" if near else "here may stand: {known}",
            )  # fmt: skip
        case "missing" | "union_tag_not_found":
            name = key if first["type"] == "missing" else f"{key}.{_tag(first)}"
            return ConfigError(
                "--set {change}: the key {key} is missing"
                if change else "{file}, line {line}: the key {key} is missing",
                **(values | {"key": name, "param": name}),
                hint="write {key} = ...",
            )  # fmt: skip
        case "union_tag_invalid":
            expected = str(first["ctx"]["expected_tags"]).replace("'", "")
            near = difflib.get_close_matches(str(first["ctx"]["tag"]), expected.split(", "), 1, 0.5)
            return ConfigError(
                "--set {change}: there is no {key} {tag!r}"
                if change else "{file}, line {line}: there is no {key} {tag!r}",
                **(values | {"key": f"{key}.{_tag(first)}", "line": line_of(text, (*where, _tag(first)))}),
                tag=first["ctx"]["tag"], near="".join(near), known=expected,
                hint="did you mean {near}?" if near else "it can be {known}",
            )  # fmt: skip
    reason = first["msg"].removeprefix("Value error, ")
    return ConfigError(
        "--set {change}: {key} is not right: {reason}"
        if change else "{file}, line {line}: {key} is not right: {reason}",
        **values, reason=reason,
        given=repr(first["input"])[:80], hint="" if isinstance(first["input"], dict) else "it is {given}",
    )  # fmt: skip


def _set_by(changes: Sequence[str], where: Where) -> str:
    """The option that set a value, or a part of it (empty = the file did); the last one holds."""
    ways = [(change, change.partition("=")[0].strip().split(".")) for change in changes]
    at = [str(part) for part in where]
    return next((change for change, way in reversed(ways) if way == at[: len(way)] or at == way[: len(at)]), "")


def _tag(first: Mapping[str, Any]) -> str:
    return str(first["ctx"]["discriminator"]).strip("'")


def _way(loc: Sequence[str | int], raw: object) -> Where:
    """Pydantic's way to the fault, without the names of kinds that it puts between."""
    made: list[str | int] = []
    here: Any = raw
    for number, part in enumerate(loc):
        is_there = (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int))
        if is_there:
            here = here[part]
            made.append(part)
        elif isinstance(here, dict) and number == len(loc) - 1:
            made.append(part)
    return tuple(made)


def _told(where: Where) -> str:
    """`sources[2].path`, counted from 1 as people do."""
    told = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in where)
    return told.removeprefix(".")


def _fields_at(model: type[BaseModel], whole: object, where: Where) -> set[str]:
    """Which keys may stand in a table."""
    raw: Any = whole
    annotation: Any = model
    for part in where:
        raw = raw[part]
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[str(part)].annotation
        models = list(_models(annotation))
        fitting = [each for each in models if isinstance(raw, dict) and _fits(each, raw)]
        annotation = (fitting or models or [annotation])[0] if isinstance(raw, dict) else annotation
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return set(annotation.model_fields) if is_model else set()


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _fits(model: type[BaseModel], raw: dict[str, Any]) -> bool:
    """Whether the table says that it is of this kind, by `kind`, `use` or another key of fixed values."""
    fixed = {name: field for name, field in model.model_fields.items() if get_origin(field.annotation) is Literal}
    return any(raw.get(name) in get_args(field.annotation) for name, field in fixed.items())


def line_of(text: str, where: Where) -> int:
    """The line of a key, from 1; of the table that it is missing from, otherwise."""
    best, length = 1, 0
    for number, way in _ways(text):
        shared = len(way) if way == where[: len(way)] else 0
        if shared > length:
            best, length = number, shared
    return best


def _ways(text: str) -> Iterator[tuple[int, Where]]:
    """Each line that opens a table or sets a key, with the way to it."""
    table: Where = ()
    counts: dict[Where, int] = {}
    depth, in_text = 0, False
    for number, line in enumerate(text.splitlines(), 1):
        inside = depth > 0 or in_text
        if line.count('"""') % 2 or line.count("'''") % 2:
            in_text = not in_text
        found = None if inside else _TABLE.match(line)
        if found:
            way = _keys(found[2], counts)
            if found[1] == "[[":
                counts[way] = counts.get(way, -1) + 1
                way = (*way, counts[way])
            table = way
            yield number, table
            continue
        key = None if inside else _KEY.match(line)
        if key:
            yield number, (*table, *(part.strip().strip("\"'") for part in key[1].split(".")))
        bare = re.sub(r"\"(?:\\\\.|[^\"\\\\])*\"|'[^']*'|#.*", "", line)
        depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _keys(written: str, counts: Mapping[Where, int]) -> Where:
    """The way of a table's name; within a list of tables, in its last one."""
    names = [part.strip().strip("\"'") for part in written.split(".")]
    way: Where = ()
    for place, name in enumerate(names):
        way = (*way, name)
        if way in counts and place < len(names) - 1:
            way = (*way, counts[way])
    return way
