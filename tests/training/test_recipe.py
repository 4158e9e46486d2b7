"""Recipes: the keys that are wrong are named, with their line and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.errors import ConfigError
from causerie.training.recipe import Recipe, accumulation
from causerie.training.recipe_file import parse_recipe, toml_of

GOOD = """\
objective = "pretrain"
run = "runs/x"

[data]
folder = "data/x"

[model]
depth = 2

[schedule]
steps = 10
"""


def refused(text: str, *changes: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_recipe(text, "x.toml", changes)
    return caught.value


def test_what_is_not_said_has_its_default() -> None:
    recipe = parse_recipe(GOOD, "x.toml")
    assert (recipe.batch.size, recipe.optimiser.kind, recipe.lora) == (32, "muon", None)


def test_set_replaces_a_key_and_makes_tables() -> None:
    recipe = parse_recipe(GOOD, "x.toml", ["schedule.steps=20", "batch.size=8", "run=runs/y"])
    assert (recipe.schedule.steps, recipe.batch.size, recipe.run) == (20, 8, "runs/y")


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_one() -> None:
    error = refused(GOOD.replace("steps = 10", "stepz = 10"))
    assert error.message == "x.toml, line 11: the key schedule.stepz is not known"
    assert error.hint == "did you mean steps?"


def test_a_wrong_type_is_named_with_its_line() -> None:
    error = refused(GOOD.replace("depth = 2", 'depth = "two"'))
    assert error.message.startswith("x.toml, line 8: model.depth is not right:")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "schedule.steps=ten",
            "--set schedule.steps=ten: schedule.steps is not right: Input should be a valid integer",
        ),
        ("schedule.stepz=1", "--set schedule.stepz=1: the key schedule.stepz is not known"),
        ("optimiser=1", "--set optimiser=1: optimiser is not right: Input should be"),
    ],
)
def test_what_the_command_line_set_is_told_as_its_option(change: str, message: str) -> None:
    assert refused(GOOD, "schedule.steps=20", change).message.startswith(message)


def test_a_matrix_that_no_block_has_is_named_with_its_line() -> None:
    error = refused(GOOD + '\n[lora]\ntargets = ["q", "z"]\n')
    assert error.message.startswith("x.toml, line 14: lora.targets[2] is not right: Input should be 'q', 'k',")
    assert error.hint == "it is 'z'"


@pytest.mark.parametrize("key", ["run", "data.folder"])
def test_an_empty_folder_is_not_the_folder_one_stands_in(key: str) -> None:
    assert f"{key} is not right" in refused(GOOD, f"{key}=").message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("depth = 2", 'depth = 2\nstart = "m"', "x.toml, line 8: a model is either new"),
        ("depth = 2", 'start = "m"\nwidth = 64', "x.toml, line 9: the sizes of a model that is gone on from"),
        ('"pretrain"', '"sft"', "x.toml, line 8: the objective sft teaches a model that speaks already"),
        ("steps = 10", "steps = 10\n[lora]\nrank = 4", "x.toml, line 12: [lora] trains beside a model"),
        ("steps = 10", "steps = 10\nepochs = 1", "x.toml, line 11: a run is as long as"),
        ("steps = 10", "steps = 10\ndecay = 0.99", "x.toml, line 12: schedule.warm_up 0.02 and schedule.decay 0.99"),
        ('"data/x"', '"data/x"\ntokenizer = "t"\n[tokenizer]', "x.toml, line 7: [tokenizer] makes a new one"),
        ("steps = 10", "steps = 10\n[batch]\nsize = 20", "x.toml, line 13: batch.size 20 is not a multiple of"),
    ],
)
def test_a_contradiction_is_named_with_its_line_and_a_fix(old: str, new: str, message: str) -> None:
    error = refused(GOOD.replace(old, new))
    assert error.message.startswith(message)
    assert error.hint


def test_a_contradiction_of_the_command_line_names_the_option() -> None:
    error = refused(GOOD, "batch.size=20")
    assert error.message == "--set batch.size=20: batch.size 20 is not a multiple of batch.micro_size 8"
    assert error.hint == "use a batch.size of 16 or 24"


def test_a_batch_is_shared_evenly_or_refused() -> None:
    recipe = parse_recipe(GOOD, "x.toml")
    assert accumulation(recipe, 2) == 2
    with pytest.raises(ConfigError, match="8 x 3 processes = 24") as caught:
        accumulation(recipe, 3)
    assert caught.value.hint == "use a batch.size of 24"


def test_every_key_is_explained() -> None:
    for name, table in Recipe.model_fields.items():
        for key, field in getattr(table.annotation, "model_fields", {}).items():
            assert field.description, f"{name}.{key}"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(0, 1e9), st.booleans())
def test_a_recipe_written_out_is_the_same_when_read(text: str, number: float, choice: bool) -> None:
    recipe = parse_recipe(GOOD + "\n[lora]\nrank=2\n[samples]\n", "x.toml", ["model.depth=0", 'model.start="m"'])
    recipe = recipe.model_copy(
        update={
            "samples": recipe.samples.model_copy(update={"prompts": (text, "b")}),
            "money": recipe.money.model_copy(update={"per_hour": number}),
            "data": recipe.data.model_copy(update={"verify": choice}),
        }
    )
    assert parse_recipe(toml_of(recipe), "again") == recipe
