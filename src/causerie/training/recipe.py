"""Recipes: one TOML file says all that a run does, and the same recipe gives the same model.

Does: name every key, its unit, its default and what its special values mean; refuse contradictions.
Does not: read the file (see `recipe_file.py`, which also says the line and the fix), or build anything.
Try it: causerie train recipes/starter.toml --dry-run
"""

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from causerie.errors import ConfigError

ObjectiveName = Literal["pretrain", "sft", "dpo", "kto"]
Target = Literal["q", "k", "v", "o", "gate", "up", "down"]
WriterName = Literal["tensorboard", "mlflow", "wandb"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Data(_Table):
    """What is learnt from: token shards for `pretrain`, the samples that `data build` made for the others."""

    folder: str = Field(min_length=1)
    """The folder that `causerie data build` made, or one of token shards."""
    validation: bool = True
    """Keep the folder's validation part out of training, and measure on it."""
    tokenizer: str = ""
    """Folder of the tokenizer, or a GGUF file that holds it (empty = the model's, or else the data folder's own)."""
    separate_documents: bool = True
    """No attention from one document into the one before it (false = plain causal attention, which is faster)."""
    verify: bool = False
    """Hash every shard before the first step: about a second a gigabyte."""


class NewTokenizer(_Table):
    """A tokenizer of the run's own, learnt from its data. It is made once, and kept in the data folder."""

    vocabulary: int = Field(4096, ge=264)
    """Token ids: more make texts shorter and the embedding larger."""
    pre_tokenizer: str = "llama-bpe"
    """How words are split, by llama.cpp's name: llama-bpe, qwen2, gpt-2 and others."""


class Model(_Table):
    """The network: a new one by its depth, or one to go on from."""

    start: str = ""
    """Folder of the Hugging Face format, GGUF file or run folder to go on from (empty = a new model)."""
    depth: int = Field(0, ge=0)
    """Layers of a new model; every other size follows from it (0 = there is a `start`)."""
    vocabulary: int = Field(0, ge=0)
    """Token ids of a new model (0 = as many as its data has)."""
    context: int = Field(1024, ge=2)
    """Tokens that the model reads at once."""
    width: int | None = Field(None, ge=1)
    """Length of the vector that stands for a token (64 times the depth)."""
    heads: int | None = Field(None, ge=1)
    """Query heads (the width by 64)."""
    kv_heads: int | None = Field(None, ge=1)
    """Key and value heads (as many as query heads, or a quarter of them in wide models)."""
    head_width: int | None = Field(None, ge=2)
    """Length of a head's vectors (64, or 128 in wide models)."""
    hidden: int | None = Field(None, ge=1)
    """Inner length of the feed-forward network (8/3 of the width)."""
    rope_theta: float | None = Field(None, gt=0)
    """Base of the wavelengths of RoPE (10,000)."""
    tied: bool | None = None
    """The output head is the embedding (true in models less than 2,048 wide)."""

    def sizes(self) -> dict[str, object]:
        """Sizes of the recipe's own, for `from_depth`."""
        names = ("width", "heads", "kv_heads", "head_width", "hidden", "rope_theta", "tied")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class Lora(_Table):
    """Train small matrices beside the model's own, which stay as they are (Hu et al., 2021)."""

    rank: int = Field(16, ge=1)
    """Inner width of the added matrices."""
    alpha: float = Field(32.0, gt=0)
    """What they add is scaled by this over the rank."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of their inputs that is dropped while training."""
    targets: tuple[Target, ...] = Field(("q", "k", "v", "o", "gate", "up", "down"), strict=False, min_length=1)
    """Which matrices of each block get a pair."""


class Batch(_Table):
    """How much is seen in one step. A sequence is a window of `context` tokens, a pair (dpo) or an answer (kto)."""

    size: int = Field(32, ge=1)
    """Sequences of a step, over all processes: what the gradient is a mean of."""
    micro_size: int = Field(8, ge=1)
    """Sequences that one process computes at once: more needs more memory and changes nothing else."""


class Optimiser(_Table):
    """Who turns gradients into steps."""

    kind: Literal["muon", "adamw"] = "muon"
    """`muon`: Muon for the blocks' matrices, AdamW for the rest; `adamw`: AdamW for all."""
    matrices: float | None = Field(None, gt=0)
    """Learning rate of the blocks' matrices (from the model's width)."""
    embedding: float | None = Field(None, gt=0)
    """Learning rate of the embedding (from the model's width)."""
    head: float | None = Field(None, gt=0)
    """Learning rate of the output head, where it is not the embedding (from the model's width)."""
    vectors: float | None = Field(None, gt=0)
    """Learning rate of norms and biases (from the model's width)."""
    weight_decay: float = Field(0.0, ge=0)
    """Share by which matrices shrink in a step, times their learning rate."""
    momentum: float = Field(0.95, ge=0, lt=1)
    """Of Muon."""
    beta1: float = Field(0.9, ge=0, lt=1)
    """Of AdamW: how long the mean gradient is remembered."""
    beta2: float = Field(0.95, ge=0, lt=1)
    """Of AdamW: how long the mean square is remembered."""
    epsilon: float = Field(1e-10, gt=0)
    """Of AdamW: added to the root of the mean square."""
    clip: float = Field(1.0, ge=0)
    """Longest gradient, all weights together; longer ones are scaled down to it (0 = never)."""
    z_loss: float = Field(0.0, ge=0)
    """Weight of the squared log of the softmax's denominator: keeps logits from drifting (PaLM: 1e-4)."""


class Schedule(_Table):
    """How long, and how the learning rate goes over the run."""

    steps: int = Field(0, ge=0)
    """Steps of the optimiser (0 = by `epochs`)."""
    epochs: float = Field(0.0, ge=0)
    """Times that all data is seen (0 = by `steps`)."""
    kind: Literal["wsd", "cosine", "constant"] = "wsd"
    """`wsd`: up, level, down (warm-up, stable, decay); `cosine`: up, then down along half a wave; or `constant`."""
    warm_up: float = Field(0.02, ge=0, le=1)
    """Share of the steps in which the rate rises from 0."""
    decay: float = Field(0.3, ge=0, le=1)
    """Share of the steps, at the end, in which a `wsd` rate falls."""
    final: float = Field(0.0, ge=0, le=1)
    """What is left of the rate at the end, as a share."""


class Compute(_Table):
    """How it is computed; none of it changes what is learnt, but for rounding."""

    precision: Literal["auto", "float32", "bfloat16", "fp8"] = "auto"
    """Of products (auto = bfloat16 where the hardware multiplies it faster). Weights and sums stay float32.
    fp8: the blocks' matrices in 8 bits, the rest in bfloat16; needs an NVIDIA GPU of Ada, Hopper or later."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Join operations by torch.compile (auto = in runs long enough to win back the minute that it takes)."""
    recompute: bool = False
    """Keep no activations but compute them twice: less memory for a third more time."""
    parallel: Literal["auto", "ddp", "fsdp"] = "auto"
    """Several processes: `ddp` keeps the model whole in each, `fsdp` a part in each (auto = ddp)."""
    threads: int = Field(0, ge=0)
    """Processor threads (0 = as torch finds)."""

    @property
    def autocast(self) -> Literal["auto", "float32", "bfloat16"]:
        """The precision of all that is not computed in 8 bits."""
        return "bfloat16" if self.precision == "fp8" else self.precision


class Checkpoints(_Table):
    """What is kept, so that nothing is lost."""

    every_steps: int = Field(500, ge=1)
    """Steps between checkpoints; there is always one at the start and one at the end."""
    keep: int = Field(3, ge=1)
    """How many of the last ones stay."""


class Evaluation(_Table):
    """Measuring on the validation part."""

    every_steps: int = Field(250, ge=0)
    """Steps between measurements (0 = only at the end). What is gone on from is also measured before step 1."""
    sequences: int = Field(128, ge=1)
    """Sequences that are measured, the same each time; fewer if there are fewer."""


class Samples(_Table):
    """What the model writes along the way."""

    every_steps: int = Field(250, ge=0)
    """Steps between samples (0 = none)."""
    prompts: tuple[str, ...] = Field(("The", "A function"), strict=False)
    """Beginnings that it goes on from."""
    tokens: int = Field(48, ge=1)
    """Length of each."""
    temperature: float = Field(0.7, ge=0)
    """0 = always the likeliest token."""


class Recovery(_Table):
    """What happens when the loss jumps, or is no number any more."""

    spike: float = Field(6.0, gt=0)
    """A loss this many standard deviations above the mean of the last `window` is a spike."""
    window: int = Field(50, ge=5)
    """Steps that mean and deviation are taken of; before so many there are no spikes."""
    skip: int = Field(1, ge=1)
    """Batches that are skipped after going back to the last checkpoint: the bad one, and those before it."""
    most: int = Field(5, ge=0)
    """After so many times the run ends with an error (0 = at the first)."""


class Preferences(_Table):
    """Of the objectives dpo and kto."""

    beta: float = Field(0.1, gt=0)
    """How strongly the model is held to its start."""
    good_weight: float = Field(1.0, ge=0)
    """kto: weight of good answers."""
    bad_weight: float = Field(1.0, ge=0)
    """kto: weight of bad ones."""


class Writers(_Table):
    """Programs that keep the curves too, from the extra causerie[writers]. The run's folder has them in any case."""

    use: tuple[WriterName, ...] = Field((), strict=False)
    """Which: tensorboard, mlflow, wandb (empty = none). They write into `writers` of the run's folder."""
    project: str = Field("causerie", min_length=1)
    """Under this name: MLflow's experiment, the project of Weights & Biases."""
    mlflow: str = ""
    """Where MLflow keeps its runs: a server's address or a database (empty = a database in the run's folder)."""


class Money(_Table):
    """What machines cost, for the dry run."""

    processes: int = Field(1, ge=1)
    """How many processes the run is meant for: a GPU each."""
    flops_per_s: float = Field(0.0, ge=0)
    """Operations a second of one of them that training reaches (0 = as measured on this machine)."""

    per_hour: float = Field(0.0, ge=0)
    """Price of an hour of all processes together (0 = not said)."""
    currency: str = "EUR"
    """As it is printed."""


class Recipe(_Table):
    """One run."""

    objective: ObjectiveName
    """`pretrain`: the next token of any text; `sft`: answers; `dpo`: the better of two; `kto`: good or bad ones."""
    run: str = Field(min_length=1)
    """Folder of the run, made if need be."""
    seed: int = Field(1, ge=0)
    """Decides first weights, order and samples."""
    data: Data
    tokenizer: NewTokenizer | None = None
    model: Model
    lora: Lora | None = None
    batch: Batch = Batch()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule
    compute: Compute = Compute()
    checkpoints: Checkpoints = Checkpoints()
    evaluation: Evaluation = Evaluation()
    samples: Samples = Samples()
    recovery: Recovery = Recovery()
    preferences: Preferences = Preferences()
    writers: Writers = Writers()
    money: Money = Money()

    @property
    def rows(self) -> int:
        """Rows that the network reads for a sequence: both answers of a pair; in kto, the answer and another."""
        return 2 if self.objective in {"dpo", "kto"} else 1


Where = Callable[[str], str]
"""From a key to the place where it stands, as messages say it."""


def check(recipe: Recipe, where: Where) -> None:
    """See to it that the keys fit together.

    Raises:
        ConfigError: One is against another; the message says where it stands, and the hint what to do.
    """
    _check_model(recipe, where)
    _check_length(recipe, where)
    size, micro = recipe.batch.size, recipe.batch.micro_size
    if size % micro:
        fitting = max(micro, size // micro * micro)
        raise ConfigError(
            "{where}: batch.size {size} is not a multiple of batch.micro_size {micro}", where=where("batch.size"),
            param="batch.size", size=size, micro=micro, hint="use a batch.size of {fitting} or {next}",
            fitting=fitting, next=fitting + micro,
        )  # fmt: skip


def _check_model(recipe: Recipe, where: Where) -> None:
    model = recipe.model
    if bool(model.start) == bool(model.depth):
        raise ConfigError(
            "{where}: a model is either new, by model.depth, or goes on from model.start: give one of them",
            where=where("model.depth"), param="model.depth",
            hint="for a new model give model.depth alone, to fine-tune give model.start alone",
        )  # fmt: skip
    own = next(iter(model.sizes()), "")
    if model.start and own:
        raise ConfigError(
            "{where}: the sizes of a model that is gone on from are its own: model.{name} cannot be given",
            where=where(f"model.{own}"), param=f"model.{own}", name=own,
            hint="remove the key, or begin a new model with model.depth",
        )  # fmt: skip
    if recipe.objective != "pretrain" and not model.start:
        raise ConfigError(
            "{where}: the objective {objective} teaches a model that speaks already", where=where("model.depth"),
            param="model.depth", objective=recipe.objective, hint="give the model to go on from as model.start",
        )  # fmt: skip
    if recipe.lora is not None and not model.start:
        raise ConfigError(
            "{where}: [lora] trains beside a model that is there already, and this one is new", where=where("lora"),
            param="lora", hint="give model.start, or remove the table [lora]",
        )  # fmt: skip
    if recipe.tokenizer is not None and (model.start or recipe.data.tokenizer):
        raise ConfigError(
            "{where}: [tokenizer] makes a new one, and {other} brings one already", where=where("tokenizer"),
            param="tokenizer", other="model.start" if model.start else "data.tokenizer",
            hint="remove the table [tokenizer]",
        )  # fmt: skip


def _check_length(recipe: Recipe, where: Where) -> None:
    schedule = recipe.schedule
    if bool(schedule.steps) == bool(schedule.epochs):
        raise ConfigError(
            "{where}: a run is as long as schedule.steps or schedule.epochs says: give one of them",
            where=where("schedule.steps"), param="schedule.steps",
            hint="give schedule.steps alone or schedule.epochs alone",
        )  # fmt: skip
    if schedule.kind == "wsd" and schedule.warm_up + schedule.decay > 1:
        raise ConfigError(
            "{where}: schedule.warm_up {warm_up} and schedule.decay {decay} are more than the whole run",
            where=where("schedule.decay"), param="schedule.decay", warm_up=schedule.warm_up, decay=schedule.decay,
            hint="let them add up to 1 at most",
        )  # fmt: skip


def accumulation(recipe: Recipe, processes: int) -> int:
    """Micro-batches of one process in a step.

    Raises:
        ConfigError: The batch cannot be shared evenly.
    """
    together = recipe.batch.micro_size * processes
    if recipe.batch.size % together:
        raise ConfigError(
            "batch.size {size} is not a multiple of batch.micro_size {micro} x {processes} processes = {together}",
            size=recipe.batch.size, micro=recipe.batch.micro_size, processes=processes, together=together,
            hint="use a batch.size of {fitting}", fitting=max(1, recipe.batch.size // together) * together,
        )  # fmt: skip
    return recipe.batch.size // together
