"""Recipes that come with the program: of runs, and of the data that they learn from.

Does: find them, in an installed package or a checkout, give them with their titles, and say how their data is built.
Does not: parse them.
"""

from dataclasses import dataclass
from pathlib import Path

import causerie

_PACKAGE = Path(causerie.__file__).parent


@dataclass(frozen=True)
class Shipped:
    """A recipe of a run."""

    name: str
    title: str
    """Its first line of comment."""
    text: str


def folder() -> Path | None:
    """Where they are: inside the installed package, or beside `src` in a checkout (None = they are missing)."""
    places = (_PACKAGE / "recipes", _PACKAGE.parents[1] / "recipes")
    return next((place for place in places if (place / "starter.toml").is_file()), None)


def recipes() -> list[Shipped]:
    """All recipes of runs, by name; the starter first."""
    place = folder()
    paths = sorted(place.glob("*.toml"), key=lambda path: (path.stem != "starter", path.stem)) if place else []
    return [_read(path) for path in paths]


def _read(path: Path) -> Shipped:
    text = path.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    return Shipped(path.stem, first.removeprefix("#").strip() if first.startswith("#") else path.stem, text)


def data_recipe(wanted: str) -> Path | None:
    """The recipe that builds the data of a folder that is written `data/NAME`, as the recipes here write it."""
    place, path = folder(), Path(wanted)
    if place is None or path.parent != Path("data"):
        return None
    found = place / "data" / f"{path.name}.toml"
    return found if found.is_file() else None


def build_command(folder: str) -> str:
    """The command that builds the data of a folder: of a recipe that ships, as it is; of others, how it goes."""
    known = data_recipe(folder)
    if known is None:
        return f"causerie data build RECIPE.toml --out {folder}"
    here = Path.cwd()
    return f"causerie data build {known.relative_to(here) if known.is_relative_to(here) else known}"
