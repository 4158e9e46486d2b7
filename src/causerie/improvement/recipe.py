"""The recipe of a round's run: the one that ships for preferences, with what a round changes of it.

Does: parse it, with keys that people changed, so that a wrong one is told when it is asked for and not in the round.
Does not: know the base, the data or the folder; `candidate.py` does.
"""

from collections.abc import Mapping

from causerie.errors import ConfigError
from causerie.improvement.contract import Method
from causerie.training import shipped
from causerie.training.control import as_request
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import parse_recipe
from causerie.training.run_folder import RECIPE

CHANGES = {
    "batch.size": "8",
    "batch.micro_size": "2",
    "optimiser.matrices": "2e-4",
    "samples.every_steps": "0",
}
"""Beside `recipes/preferences.toml`: what people say of answers comes in hundreds, not in tens of thousands."""


def recipe_of(method: Method, changes: Mapping[str, str], own: Mapping[str, str] | None = None) -> Recipe:
    """The whole recipe.

    Args:
        method: What is learnt from; `auto` is not decided yet, and read as `dpo`.
        changes: Keys with other values, as behind `--set`.
        own: Keys that the round itself sets, unless they are changed (None = none yet).

    Raises:
        InvalidRequest: A change is wrong: the message says which.
        ConfigError: The recipes that ship are missing.
    """
    known = next((each for each in shipped.recipes() if each.name == "preferences"), None)
    if known is None:
        raise ConfigError("the recipe preferences.toml is missing", hint="install causerie again")
    asked = {"objective": "dpo" if method == "auto" else method, **(own or {})}
    sets = [f"{key}={value}" for key, value in {**CHANGES, **changes}.items()]
    sets += [f"{key}={value}" for key, value in asked.items() if key not in changes]
    try:
        return parse_recipe(known.text, RECIPE, sets)
    except ConfigError as error:
        raise as_request(error) from error
