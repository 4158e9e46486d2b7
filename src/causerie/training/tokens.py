"""From a built data folder to token shards, where there are none yet: so that two commands make a model.

Does: learn the tokenizer that the recipe asks for, encode the documents; both only where they are not there already.
Does not: clean text (`causerie data build` does).
"""

from collections.abc import Iterator
from pathlib import Path

from causerie.data.contract import Document
from causerie.data.encode import encode
from causerie.data.records import samples
from causerie.errors import ConfigError, DataError
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.train import train_bpe
from causerie.training.conversations import tokenizer_of
from causerie.training.objectives.pretrain import shard_folders
from causerie.training.recipe import Recipe
from causerie.training.shipped import build_command


def make_tokens(recipe: Recipe) -> None:
    """See to it that there are token shards to pretrain on.

    Raises:
        ConfigError: There are none, and no tokenizer to make them with.
        DataError: There are no documents to make them of.
    """
    folder = Path(recipe.data.folder)
    if recipe.objective != "pretrain":
        return
    has_text = (folder / "card.json").is_file()
    has_tokens = (shard_folders(recipe)[0] / "shards.json").is_file()
    if not has_text and not has_tokens:
        raise DataError(
            "there is no data in {folder}", folder=recipe.data.folder, hint="build it first: {command}",
            command=build_command(recipe.data.folder),
        )  # fmt: skip
    if not has_text or (recipe.tokenizer is None and has_tokens):
        return
    tokenizer = _tokenizer(recipe, folder)
    if tokenizer.document_end_id is None:
        raise ConfigError(
            "the tokenizer has no token that ends a document", param="data.tokenizer",
            hint="give another tokenizer, or make one by the table [tokenizer]",
        )  # fmt: skip
    encode(
        folder, tokenizer.encode_batch, vocabulary_size=tokenizer.size, end_of_text=tokenizer.document_end_id,
        tokenizer_sha256=tokenizer.sha256,
    )  # fmt: skip


def _tokenizer(recipe: Recipe, folder: Path) -> Tokenizer:
    """The one that is there, or a new one."""
    wanted = recipe.tokenizer
    if wanted is None:
        return tokenizer_of(recipe)
    own = folder / "tokenizer"
    if (own / "tokenizer.json").is_file():
        known = Tokenizer.load(own)
        if known.size <= wanted.vocabulary:  # few texts may give fewer ids than were asked for
            return known
    return train_bpe(_texts(folder), own, vocabulary=wanted.vocabulary, pre_tokenizer=wanted.pre_tokenizer)


def _texts(folder: Path) -> Iterator[str]:
    return (sample.text for sample in samples(folder, "documents", "train") if isinstance(sample, Document))
