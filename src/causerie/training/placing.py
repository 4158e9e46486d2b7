"""Where the paths of a recipe lead that somebody sends to a server.

Does: begin relative paths at the data folder, refuse those that leave it unless whoever asks owns the machine, and
say whether the data is there, or who builds it.
Does not: apply to `causerie train`: there, paths are those of the terminal.
"""

import json
import os
from importlib.util import find_spec
from pathlib import Path

from causerie.data.packages import missing
from causerie.errors import InvalidRequest
from causerie.settings import Settings
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import parse_recipe, toml_of
from causerie.training.run_folder import RECIPE
from causerie.training.shipped import build_command, data_recipe

PATHS = ("data.folder", "data.tokenizer", "model.start")
PACKAGES = ("numpy", "torch", "tokenizers", "tiktoken", "safetensors", "gguf", "jinja2")


def require_packages() -> None:
    """See to it that this machine can train, without loading what does.

    Raises:
        ConfigError: A package is not installed.
    """
    lacking = next((name for name in PACKAGES if find_spec(name) is None), None)
    if lacking:
        raise missing(lacking)


def placed(settings: Settings, recipe: Recipe, *, anywhere: bool) -> Recipe:
    """The recipe with paths that hold when it is trained in the data folder.

    Args:
        settings: For the data folder.
        recipe: As it was sent.
        anywhere: Paths may lead out of the data folder, and begin where the server was started, too.

    Raises:
        InvalidRequest: A path leads out, and may not.
    """
    changes = []
    for key in PATHS:
        table, _, name = key.partition(".")
        written = str(getattr(getattr(recipe, table), name))
        if not written:
            continue
        if not written.isprintable():
            raise _refused(key, written)
        if anywhere:
            here = Path.cwd() / written
            if not (settings.home / written).exists() and here.exists():
                changes.append(f"{key}={json.dumps(str(here))}")
        # By its letters alone: a link in the data folder was put there by whoever owns it.
        elif not Path(os.path.normpath(settings.home / written)).is_relative_to(settings.home):
            raise _refused(key, written)
    if recipe.writers.mlflow and not anywhere:
        raise _refused("writers.mlflow", recipe.writers.mlflow)
    return parse_recipe(toml_of(recipe), RECIPE, changes) if changes else recipe


def _refused(key: str, written: str) -> InvalidRequest:
    return InvalidRequest(
        "{key} {path!r} leads out of the server's data folder", key=key, path=written[:200], param=key,
        hint="whoever runs the server can put it there, or make a link to it there",
    )  # fmt: skip


def data_state(settings: Settings, recipe: Recipe) -> dict[str, bool | str]:
    """Whether the data of a recipe is there or will be built (`data_ready`), and how to build it (`data_hint`)."""
    if (settings.home / recipe.data.folder).is_dir() or data_recipe(recipe.data.folder):
        return {"data_ready": True, "data_hint": ""}
    where = settings.home / recipe.data.folder
    return {"data_ready": False, "data_hint": build_command(str(where))}
