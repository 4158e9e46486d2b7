"""Pretraining: tell the next token, everywhere.

Does: turn windows of token shards into micro-batches, and take the cross-entropy of every target.
Does not: read files; `data.reader` does, and resumes at the exact window.
"""

# Shape letters: B windows, T context.

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from causerie.data.reader import Batch, Reader
from causerie.data.shards import TokenShards
from causerie.training.contract import Loss, MicroBatch
from causerie.training.parallel import Processes
from causerie.training.recipe import Recipe

TRAIN, VALIDATION = "train", "validation"


def shard_folders(recipe: Recipe) -> tuple[Path, Path | None]:
    """Where the tokens to learn from are, and those to measure on (None = there are none)."""
    folder = Path(recipe.data.folder)
    if (folder / "tokens").is_dir():
        folder = folder / "tokens"
    if not (folder / TRAIN).is_dir():
        return folder, None
    measured = recipe.data.validation and (folder / VALIDATION / "shards.json").is_file()
    return folder / TRAIN, folder / VALIDATION if measured else None


class Pretrain:
    """The objective.

    Args:
        recipe: Where the shards are, how many windows at once.
        processes: Which of them are this process's.

    Raises:
        DataError: A shard is missing or damaged, or there are too few tokens.
    """

    def __init__(self, recipe: Recipe, processes: Processes) -> None:
        self._recipe, self._processes = recipe, processes
        self.left_out: dict[str, int] = {}
        self.token_ids: frozenset[int] = frozenset()
        train, validation = shard_folders(recipe)
        shards = TokenShards(train, verify=recipe.data.verify)
        self.manifest = shards.manifest
        self._measured = TokenShards(validation) if validation is not None else None
        self.bytes_per_target = self.manifest.text_bytes / max(1, self.manifest.tokens)
        self._reader = self._read(shards, recipe.batch.micro_size, shuffle=True)
        self.sequences, self.vocabulary = self._reader.windows, self.manifest.vocabulary_size

    def _read(self, shards: TokenShards, windows: int, *, shuffle: bool) -> Reader:
        return Reader(
            shards, self._recipe.model.context, windows, self._recipe.seed, self._processes.rank,
            self._processes.world, shuffle=shuffle,
        )  # fmt: skip

    def begin(self, model: nn.Module, folder: Path) -> None:
        """Nothing is needed."""

    def next(self) -> MicroBatch:
        """The next windows."""
        return self._micro(self._reader.next())

    def _micro(self, batch: Batch) -> MicroBatch:
        separate = self._recipe.data.separate_documents
        tensors = {
            "tokens": torch.from_numpy(batch.inputs),
            "targets": torch.from_numpy(batch.targets if separate else batch.tokens[:, 1:]),
        }
        if separate:
            tensors["documents"] = torch.from_numpy(batch.documents[:, :-1])
        return MicroBatch(tensors, int((tensors["targets"] >= 0).sum()), batch.inputs.size)

    def skip(self, batches: int) -> None:
        """Without the next windows."""
        self._reader.skip(batches)

    def state(self) -> dict[str, Any]:
        """Of the reader."""
        return self._reader.state()

    def load(self, state: dict[str, Any]) -> None:
        """Of the reader."""
        self._reader.load(state)

    def held_out(self) -> Iterator[MicroBatch]:
        """Windows of the validation part, in its order."""
        if self._measured is None:
            return
        world = self._processes.world
        windows = min((len(self._measured) - 1) // self._recipe.model.context, self._recipe.evaluation.sequences)
        at_once = min(self._recipe.batch.micro_size, windows // world)
        if at_once < 1:
            return
        reader = self._read(self._measured, at_once, shuffle=False)
        for _ in range(windows // (at_once * world)):
            yield self._micro(reader.next())

    def loss(self, model: nn.Module, batch: MicroBatch) -> Loss:
        """Cross-entropy of the targets, in nats, and the z-loss where it is wanted."""
        given = batch.tensors
        z_loss = self._recipe.optimiser.z_loss
        summed = model(given["tokens"], given.get("documents"), given["targets"], z_loss=z_loss)
        return Loss(summed.total, {"cross_entropy": summed.cross_entropy})
