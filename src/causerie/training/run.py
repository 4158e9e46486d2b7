"""A whole run: from a recipe to a model in its folder.

Does: put together what the trainer works with, each part from its own file; export the model and write its lineage.
Does not: train (`trainer.py`) or show anything (the command line does).
Try it: causerie train recipes/starter.toml
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import torch
from safetensors import SafetensorError

from causerie.data.shards import read_manifest
from causerie.errors import CauserieError, CheckpointError, ConfigError, DiskFull, RunStopped
from causerie.modeling.config import learning_rates
from causerie.tokenization.tokenizer import Tokenizer
from causerie.training import machine
from causerie.training.at_work import alone_in
from causerie.training.checkpoint import Checkpoints
from causerie.training.contract import Objective
from causerie.training.conversations import tokenizer_of
from causerie.training.events import Event, Tell
from causerie.training.export import GGUF, export
from causerie.training.float8 import check_float8, to_float8
from causerie.training.lineage import finish
from causerie.training.networks import network_of, start_at, trained_flops
from causerie.training.new_tokens import start_afresh
from causerie.training.objectives.pretrain import shard_folders
from causerie.training.objectives.table import TABLE
from causerie.training.optimisers import Optimiser
from causerie.training.parallel import Processes, joined, spread
from causerie.training.permit import EVERYTHING, Permit
from causerie.training.plots import draw
from causerie.training.recipe import Recipe
from causerie.training.recipe_file import read_recipe
from causerie.training.run_folder import RECIPE, RunFolder, last_step, new_tokens_of
from causerie.training.samples import writer
from causerie.training.step import products_in
from causerie.training.tokens import make_tokens
from causerie.training.trainer import Trainer, Work
from causerie.training.writers.table import check_writers, written

COMPILE_FROM_FLOPS = 4e13
"""Runs with less to do are over before torch.compile has won back the time that it takes: 40 s on 2 cores."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_IN_WORDS = (f"os error {errno.ENOSPC})", "Not enough free space", "requested and")
"""Of safetensors and of NumPy, which give no number."""


def train(
    recipe: Recipe, *, resume: bool = False, tell: Tell | None = None, permit: Permit = EVERYTHING
) -> RunFolder:
    """Train a model as the recipe says.

    Args:
        recipe: The run.
        resume: Go on from its last good checkpoint, where there is one.
        tell: Told of each happening, in the first process.
        permit: How far the run may go.

    Raises:
        ConfigError: The recipe does not fit this machine, its data, or the run that is resumed.
        Conflict: There is a run in the folder, and it is not to be resumed; or another process trains there.
        DataError: The data is missing or damaged.
        DiskFull: Something other than a checkpoint found no room in the run's folder.
        ModelFileError: The model to go on from cannot be read.
        RunStopped: SIGTERM or Ctrl-C; a checkpoint is written.
        RunPaused: The permit does not reach as far as the run.
        RunError: Training failed, or a checkpoint could not be written or read.
    """
    check_writers(recipe)
    if recipe.compute.threads:
        torch.set_num_threads(recipe.compute.threads)
    with joined() as processes, _watched(recipe, processes, resume=resume, tell=tell) as (folder, everyone):
        if recipe.model.start:
            start_at(Path(recipe.model.start))  # before its tokenizer is missed
        if processes.first:
            make_tokens(recipe)
        processes.wait()
        objective = TABLE[recipe.objective](recipe, processes)
        tokenizer = _tokenizer(recipe)
        work = prepare(recipe, objective, processes, folder.checkpoints, tokenizer)
        if processes.first:
            folder.begin(machine.versions(), work.new_tokens)
        permit.refuse_at_start(recipe.run, work.flops_per_step * work.steps)
        with products_in(work.precision, processes.device):
            objective.begin(work.model, folder.path)
        with written(recipe, folder.path, everyone) if processes.first else nullcontext(everyone) as tell_all:
            progress = Trainer(work, tell_all, permit).run(resume=resume)
            exported = export(recipe, work.network, tokenizer, folder.path, processes) if tokenizer else None
            if processes.first:
                finish(folder, work, progress, tokenizer, exported)
                tell_all(Event("end", progress.step, {"seconds": progress.seconds, "gguf": str(exported or "")}))
        processes.wait()
        return folder


@contextmanager
def _watched(
    recipe: Recipe, processes: Processes, *, resume: bool, tell: Tell | None
) -> Iterator[tuple[RunFolder, Tell]]:
    """The run's folder with nobody else in it, and who is told; why the run fails is told too."""
    folder = RunFolder(recipe, resume=resume)

    def everyone(event: Event) -> None:
        folder.write(event)
        if event.kind == "evaluation":
            draw(folder.path)
        if tell is not None:
            tell(event)

    with _room_for(folder.path), alone_in(folder.path) if processes.first else nullcontext():
        try:
            with _room_for(folder.path):
                yield folder, everyone
        except RunStopped:
            raise
        except CauserieError as error:
            if processes.first and folder.begun:
                facts = {"code": error.code, "message": error.message, "hint": error.hint}
                with suppress(OSError):  # a full disk may have no room for that either
                    everyone(Event("failed", last_step(folder.path), facts))
            raise


@contextmanager
def _room_for(run: Path) -> Iterator[None]:
    """A full disk is said as one, whatever is being written into the run's folder."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        if getattr(error, "errno", None) not in _FULL and not any(words in str(error) for words in _FULL_IN_WORDS):
            raise
        raise DiskFull(
            "{file} cannot be written: {reason}", file=str(getattr(error, "filename", None) or run),
            reason=getattr(error, "strerror", None) or str(error),
            hint="what was written before is untouched; make room and try again, a run with --resume",
        ) from error  # fmt: skip


def export_last(run: Path) -> Path:
    """Export the model of a run's last good checkpoint, also where the run is not over; the GGUF's path.

    Raises:
        CheckpointError: There is none, or it cannot be read.
        ConfigError: The run has no tokenizer, so that nobody could talk with its model.
        Conflict: It is training now.
        DiskFull: There is no room for the model.
    """
    recipe = read_recipe(run / RECIPE)
    with joined() as processes, _room_for(run), alone_in(run, wait_s=0.5):
        tokenizer = _tokenizer(recipe)
        if tokenizer is None:
            raise ConfigError(
                "the run {folder} was trained on tokens without a tokenizer: nobody could talk with its model",
                folder=str(run), hint="give the folder of its tokenizer as data.tokenizer",
            )  # fmt: skip
        new = recipe.objective == "pretrain" and not recipe.model.start
        network = network_of(recipe, read_manifest(shard_folders(recipe)[0]).vocabulary_size if new else 0)
        start_afresh(network, tokenizer, new_tokens_of(run), recipe.seed)
        checkpoints = Checkpoints(run / "checkpoints", recipe.checkpoints.keep, processes)
        checkpoints.close()
        path, _ = checkpoints.last_good()
        if path is None:
            raise CheckpointError("the run {folder} has no checkpoint that is good", folder=str(run),
                                  hint="let it train a while first")  # fmt: skip
        checkpoints.read(
            path, {f"model.{name}": w.detach() for name, w in network.named_parameters() if w.requires_grad}
        )
        return export(recipe, network, tokenizer, run, processes) or run / "export" / GGUF


def prepare(
    recipe: Recipe, objective: Objective, processes: Processes, checkpoints: Path, tokenizer: Tokenizer | None
) -> Work:
    """All that the trainer works with."""
    precision = machine.precision_of(recipe.compute.autocast, processes.device)
    if recipe.compute.precision == "fp8":
        check_float8(processes.device)
    network = network_of(recipe, objective.vocabulary)
    new_tokens = start_afresh(network, tokenizer, objective.token_ids, recipe.seed) if tokenizer else ()
    network.to(processes.device)
    network.recompute = recipe.compute.recompute
    if recipe.compute.precision == "fp8":
        to_float8(network)
    steps = steps_of(recipe, objective.sequences)
    flops_per_token = trained_flops(network, recipe.model.context)
    if compiles(recipe, flops_per_token * steps * recipe.batch.size * recipe.model.context / processes.world):
        network.compile()
    kind = "ddp" if recipe.compute.parallel == "auto" else recipe.compute.parallel
    model = spread(network, kind, processes, precision)
    # Under FSDP no process has the weights to write with.
    writes = tokenizer if processes.world == 1 or kind == "ddp" else None
    return Work(
        recipe=recipe,
        network=network,
        model=model,
        objective=objective,
        optimiser=Optimiser(network, recipe.optimiser, learning_rates(network.config), precision),
        processes=processes,
        checkpoints=Checkpoints(checkpoints, recipe.checkpoints.keep, processes),
        precision=precision,
        steps=steps,
        flops_per_token=flops_per_token,
        peak_flops=machine.peak_flops(precision, str(processes.device)) * processes.world,
        write=writer(recipe, network, writes) if writes else None,
        new_tokens=new_tokens,
    )


def steps_of(recipe: Recipe, sequences: int) -> int:
    """How many steps the run has, with so many sequences to learn from."""
    return recipe.schedule.steps or max(1, round(recipe.schedule.epochs * sequences / recipe.batch.size))


def compiles(recipe: Recipe, flops: float) -> bool:
    """Whether torch.compile pays for so many operations of one process."""
    if recipe.compute.compile != "auto":
        return recipe.compute.compile == "on"
    return recipe.objective == "pretrain" and flops > COMPILE_FROM_FLOPS and machine.has_compiler()


def _tokenizer(recipe: Recipe) -> Tokenizer | None:
    """The tokenizer; None for token shards that came without one: then there are no samples and no export."""
    try:
        return tokenizer_of(recipe)
    except ConfigError:
        if recipe.objective == "pretrain" and not recipe.data.tokenizer:
            return None
        raise
