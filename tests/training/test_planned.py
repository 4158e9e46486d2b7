"""A recipe's plan counts as training counts, without torch; what a plan cannot say is refused with the way out."""

import subprocess
import sys
from pathlib import Path

import pytest

from causerie.errors import ConfigError
from causerie.modeling.config import from_depth
from causerie.planning.asked import training_flops
from causerie.planning.calibration import calibrate
from causerie.planning.memory import Layout, activation_bytes, optimiser_bytes
from causerie.planning.plan import make_plan
from causerie.training.dry_run import activations, memory
from causerie.training.planned import run_of
from causerie.training.recipe_file import read_recipe
from causerie.training.run import train
from tests.training.runs import events, recipe_of

RECIPES = Path(__file__).parents[2] / "recipes"


def test_sizes_operations_and_memory_are_those_of_training() -> None:
    recipe = read_recipe(RECIPES / "fleet-7b.toml", ["compute.recompute=false", "compute.precision=bfloat16"])
    run = run_of(recipe, "fleet-7b")
    config = from_depth(32, vocabulary=128_256, context=4096, **recipe.model.sizes())
    assert run.network.parameters == config.parameters()
    assert run.tokens == 250_000 * 1024 * 4096
    assert run.steps == 250_000
    assert run.flops == run.tokens * config.flops_per_token(4096)
    weights = config.matrix_parameters() + config.vocabulary * config.width
    assert run.network.flops_per_token == training_flops(weights, 32, 4096, 2048)
    alone = Layout(tensor=1, pipeline=1, data=1, micro_batch=2, shard="none", recompute="none")
    assert activation_bytes(run, alone, 1) == activations(config, 2 * 4096, recipe)
    assert optimiser_bytes(run) == memory(recipe, config, 0, 1)["optimiser"]


def test_every_shipped_recipe_of_a_new_model_can_be_planned() -> None:
    for name in ("starter", "bilingual", "fleet-7b"):
        assert run_of(read_recipe(RECIPES / f"{name}.toml"), name).flops > 0
    assert run_of(read_recipe(RECIPES / "starter.toml"), "starter").precision == "bfloat16"


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("assistant-lora", [], "a plan is for a new model"),
        ("fleet-7b", ["schedule.steps=0", "schedule.epochs=1.0"], "cannot be counted in steps"),
        ("fleet-7b", ["model.vocabulary=0"], "does not say how many token ids"),
    ],
)
def test_what_a_plan_cannot_say(recipe: str, changes: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_of(read_recipe(RECIPES / f"{recipe}.toml", changes), recipe)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_real_run_calibrates_the_plan_of_the_same_run(language: Path, tmp_path: Path) -> None:
    recipe = recipe_of(language, tmp_path / "run", schedule__steps=40, model__vocabulary=48)
    last = events(train(recipe).path, "step")[-1]
    found = calibrate(tmp_path / "run")
    assert found.device.endswith(" cores")
    assert found.steps == 36
    assert 0 < found.utilisation.expected <= 1
    run = run_of(recipe, "run")
    assert run.flops == pytest.approx(last["flops"])
    plan = make_plan(run, found.machine(), 1, found.assumptions(transferred=False))
    steady_s = last["seconds"] - events(tmp_path / "run", "step")[4]["seconds"]
    assert plan.expected.useful_days * 86_400 == pytest.approx(steady_s * 40 / 35, rel=0.1)


def test_a_plan_needs_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from causerie.cli.main import run\n"
        "try: run(['plan', 'recipes/fleet-7b.toml', '--gpus', '64', '--json'])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "assert not {'torch', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=RECIPES.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
