"""What the routes of runs take and answer.

Does: describe; turn what a run's folder and its job say into what the page shows.
Does not: look into folders; see `training/runs.py`.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from causerie.server.accounts_schema import Asked, ModelName, Told
from causerie.training.runs import RunState

RunName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
"""Of a new run: it names a folder."""
RecipeText = Annotated[str, StringConstraints(min_length=1, max_length=65536)]
Changes = Annotated[
    dict[Annotated[str, StringConstraints(max_length=128)], Annotated[str, StringConstraints(max_length=4096)]],
    Field(max_length=64),
]
"""Keys of the recipe, such as `schedule.steps`, each with its new value in TOML's form or as a plain word."""


class RunTold(Told):
    """A run, in short."""

    name: str
    objective: str
    """`pretrain`, `sft`, `dpo` or `kto` (empty = its recipe cannot be read)."""
    state: RunState
    step: int
    """Steps taken."""
    steps: int
    """Steps that it has in all (0 = not known yet)."""
    loss: float | None
    """Of the last step, in nats."""
    bits_per_byte: float | None
    """Of the last step (null = not known for this data)."""
    tokens_per_s: float | None
    seconds_left: float | None
    """Until its end, as far as is known (null = it is over, or has not begun)."""
    started_at: datetime
    updated_at: datetime
    """When it last said something."""
    parameters: int
    """Number of weights (0 = not known yet)."""
    message: str
    """What it is at before its first step (empty = nothing else than training)."""
    error: str | None
    """Why it failed."""
    job_id: str | None
    """The last job that trained it (null = the command line)."""
    model: str | None
    """Name of the model that was made of it (null = none is installed)."""


class Checkpoint(Told):
    """A state that the run can go on from."""

    step: int
    at: datetime
    bytes: int


class RunWhole(RunTold):
    """All that is known of a run."""

    recipe: str
    """TOML, every key, the defaults too."""
    versions: dict[str, str]
    """Of packages, Python and machine."""
    data_sha256: str
    """Empty = not known yet, as the next."""
    tokenizer_sha256: str
    flops: float
    """Operations spent so far."""
    checkpoints: list[Checkpoint]
    """The oldest first."""
    has_export: bool
    """There is a model file of its last checkpoint."""
    model_name: str
    """What a model of it is called if nobody says otherwise."""


class Runs(Told):
    """All runs, the newest first."""

    runs: list[RunTold]


class RunMetrics(Told):
    """What a run said, and how it is now."""

    rows: list[dict[str, Any]]
    """As the trainer writes them: `kind`, `step`, `time` in seconds since 1970, and what belongs to the kind."""
    whole: bool
    """These rows are all there are, from the beginning: forget those that you have."""
    next: str
    """What `after` takes to get what is said from now on."""
    run: RunTold


class RecipeTold(Told):
    """A recipe that comes with the program."""

    name: str
    title: str
    """Its first line of comment."""
    text: str


class Recipes(Told):
    """Those that come with the program."""

    recipes: list[RecipeTold]


class RecipeAsked(Asked):
    """A recipe to be looked at."""

    recipe: RecipeText
    set: Changes = {}  # noqa: RUF012 - pydantic copies it


class RunAsked(RecipeAsked):
    """A run to be begun."""

    name: RunName


class ModelAsked(Asked):
    """What the model of a run is to be called."""

    name: ModelName | None = None
    """None = as the run."""


class ModelMade(Told):
    """A model that can be asked now."""

    model: str


class Facts(Told):
    """What a run will take."""

    parameters: int
    trained_parameters: int
    memory_bytes: int
    """Of one process."""
    memory: dict[str, int]
    """The same by part, in bytes."""
    steps: int
    tokens: int
    flops: float
    hours: float
    timed: bool
    """Whether steps were timed on this machine (otherwise a usual share of the peak is taken)."""
    share: float
    """What the timed steps had of the processor beside other programs (1 = all of it); `hours` is for all of it."""
    processes: int
    price: float
    currency: str
    """Empty where the recipe does not say what machines cost."""
    data_ready: bool
    """The data is there, or the run builds it."""
    data_hint: str
    """The command that builds it (empty = it is ready)."""


class Checked(Told):
    """A recipe that can be begun."""

    ok: bool
    facts: Facts
