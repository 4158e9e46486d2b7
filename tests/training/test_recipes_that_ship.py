"""Every recipe that ships is read, and fits together; the smallest of each kind is trained in other tests."""

from pathlib import Path

import pytest

from causerie.training.dry_run import plan
from causerie.training.recipe import accumulation
from causerie.training.recipe_file import parse_recipe, read_recipe, toml_of

FOLDER = Path(__file__).parents[2] / "recipes"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_recipe_that_ships_is_read_and_written(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.run == f"runs/{path.stem}"
    assert accumulation(recipe, recipe.money.processes) >= 1
    assert parse_recipe(toml_of(recipe), "again") == recipe


def test_the_fleets_recipe_is_planned_without_data_or_gpus() -> None:
    planned = plan(read_recipe(FOLDER / "fleet-7b.toml"))
    assert 7e9 < planned.parameters < 8e9
    assert sum(planned.memory_bytes.values()) < 60 * 2**30
    assert 5 < planned.seconds / 86400 < 30
    assert planned.price > 50_000


def test_the_starter_is_small() -> None:
    recipe = read_recipe(FOLDER / "starter.toml", ["model.vocabulary=4096", "data.folder=absent"])
    assert plan(recipe).parameters < 5_000_000
