"""Sizes of a recipe's new model, without torch.

Does: turn the recipe's table [model] into a `ModelConfig`.
Does not: build the network; see `networks.py`.
"""

from causerie.errors import ConfigError
from causerie.modeling.config import ModelConfig, from_depth
from causerie.training.recipe import Recipe


def config_of(recipe: Recipe, vocabulary: int) -> ModelConfig:
    """Sizes of a new model.

    Args:
        recipe: The run's.
        vocabulary: Token ids of its data (0 = not known; then the recipe must say).

    Raises:
        ConfigError: They cannot be built.
    """
    wanted = recipe.model.vocabulary or vocabulary
    if wanted < vocabulary or not wanted:
        raise ConfigError(
            "model.vocabulary {wanted} is less than the {ids} token ids of the data", wanted=wanted, ids=vocabulary,
            param="model.vocabulary", hint="remove the key, or give {ids} or more",
        )  # fmt: skip
    return from_depth(recipe.model.depth, vocabulary=wanted, context=recipe.model.context, **recipe.model.sizes())
