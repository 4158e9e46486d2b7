"""The network of a run: a new one, or one that is gone on from, with adapters beside it where the recipe wants them.

Does: read Hugging Face folders, GGUF files and the models of other runs; say how many operations a token takes.
Does not: train.
"""

from pathlib import Path

import torch

from causerie.errors import ConfigError
from causerie.modeling.gguf_file import load_gguf
from causerie.modeling.hf_folder import load_folder
from causerie.modeling.lora import LoraConfig, apply_lora
from causerie.modeling.transformer import Transformer
from causerie.training.recipe import Recipe
from causerie.training.sizes import config_of
from causerie.training.start_files import EXPORTED


def network_of(recipe: Recipe, vocabulary: int) -> Transformer:
    """A new network, or the one to go on from; the recipe's seed decides all that is drawn.

    Raises:
        ConfigError: It cannot be built, or does not fit the data.
        ModelFileError: What is to be gone on from cannot be read.
    """
    torch.manual_seed(recipe.seed)
    if not recipe.model.start:
        return Transformer(config_of(recipe, vocabulary))
    network = started(Path(recipe.model.start))
    own = network.config
    if recipe.model.context > own.context:
        raise ConfigError(
            "model.context {context} is more than the {most} that {start} is made for", context=recipe.model.context,
            most=own.context, start=recipe.model.start, param="model.context", hint="give {most} or less",
        )  # fmt: skip
    if vocabulary > own.vocabulary:
        raise ConfigError(
            "the data has {ids} token ids and {start} has {known}", ids=vocabulary, known=own.vocabulary,
            start=recipe.model.start, param="data.folder", hint="make the data with the model's own tokenizer",
        )  # fmt: skip
    if recipe.lora is not None:
        apply_lora(network, lora_config(recipe))
    return network


def lora_config(recipe: Recipe) -> LoraConfig:
    """What the adapters are like; the recipe has some."""
    settings = recipe.lora
    if settings is None:
        raise ConfigError("the recipe has no table [lora]")
    return LoraConfig(rank=settings.rank, alpha=settings.alpha, targets=settings.targets, dropout=settings.dropout)


def started(path: Path) -> Transformer:
    """The model at a path: a GGUF file, a Hugging Face folder, or a run's folder.

    Raises:
        ConfigError: There is none.
        ModelFileError: It cannot be read.
    """
    place = start_at(path)
    return load_gguf(place) if place.is_file() else load_folder(place)


def start_at(path: Path) -> Path:
    """The GGUF file or Hugging Face folder that a path stands for; for a run's folder, its export.

    Raises:
        ConfigError: There is none.
    """
    if path.is_file():
        return path
    for folder in (path, path / EXPORTED):
        if (folder / "config.json").is_file():
            return folder
    raise ConfigError(
        "model.start {path} is no model", path=str(path), param="model.start",
        hint="give a folder with a config.json, a GGUF file, or the folder of a run that is over",
    )  # fmt: skip


def trained_flops(network: Transformer, context: int) -> float:
    """Operations for a token, forward and backward: a third of them are for the gradients of weights that train."""
    trained = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    share = trained / max(1, sum(weight.numel() for weight in network.parameters()))
    return network.config.flops_per_token(context) * (2 + share) / 3
