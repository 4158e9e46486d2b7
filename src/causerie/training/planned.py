"""From a recipe to what `planning` plans: sizes, tokens, batch. No torch: a plan needs no training package.

Does: count by `modeling/config.py`, as training does; say what a recipe lacks for a plan.
Does not: look at data or weights; `causerie train --dry-run` does, and times steps on this machine.
"""

from causerie.errors import ConfigError
from causerie.modeling.config import ModelConfig
from causerie.planning.asked import Network, Precision, Run
from causerie.training.recipe import Recipe
from causerie.training.sizes import config_of


def run_of(recipe: Recipe, name: str) -> Run:
    """What a recipe asks to compute.

    Args:
        recipe: The recipe of a new model.
        name: Of the plan.

    Raises:
        ConfigError: It is about a model that is there already, or says its length or its vocabulary by its data.
    """
    if recipe.model.start:
        raise ConfigError(
            "a plan is for a new model, and {start} is there already", start=recipe.model.start, param="model.start",
            hint="`causerie train --dry-run` says what fine-tuning takes",
        )  # fmt: skip
    if not recipe.schedule.steps:
        raise ConfigError(
            "schedule.epochs cannot be counted in steps without the data", param="schedule.steps",
            hint="--set schedule.epochs=0 --set schedule.steps=...",
        )  # fmt: skip
    vocabulary = recipe.tokenizer.vocabulary if recipe.tokenizer else 0
    if not (recipe.model.vocabulary or vocabulary):
        raise ConfigError(
            "the recipe does not say how many token ids its model has", param="model.vocabulary",
            hint="--set model.vocabulary=32768",
        )  # fmt: skip
    config = config_of(recipe, vocabulary)
    precision: Precision = "bfloat16" if recipe.compute.precision == "auto" else recipe.compute.precision
    return Run(
        network=network_of(config, recipe.model.context),
        tokens=recipe.schedule.steps * recipe.batch.size * recipe.model.context,
        context=recipe.model.context,
        batch=recipe.batch.size,
        precision=precision,
        optimiser=recipe.optimiser.kind,
        keep=recipe.checkpoints.keep,
        name=name,
    )


def network_of(config: ModelConfig, context: int) -> Network:
    """The sizes of a network that decide what it costs, in sequences of so many tokens."""
    return Network(
        parameters=config.parameters(),
        active_parameters=config.parameters(),
        matrix_parameters=config.matrix_parameters(),
        layers=config.layers,
        width=config.width,
        heads=config.heads,
        kv_heads=config.kv_heads,
        head_width=config.head_width,
        hidden=config.hidden,
        vocabulary=config.vocabulary,
        flops_per_token=config.flops_per_token(context),
    )
