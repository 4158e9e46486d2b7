"""Which writers there are, and all those of a run as one.

Does: open what the recipe names, tell each of every event, close them; go on without one that fails: a run of days
does not end because a server of curves did.
Does not: know what they write.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from causerie.training.events import Event, Tell
from causerie.training.recipe import Recipe, WriterName
from causerie.training.writers import mlflow, tensorboard, wandb
from causerie.training.writers.contract import Place, Writer, imported

TABLE: Mapping[WriterName, Callable[[Place], Writer]] = {
    "tensorboard": tensorboard.TensorBoard,
    "mlflow": mlflow.MLflow,
    "wandb": wandb.WeightsAndBiases,
}
PACKAGES: Mapping[WriterName, str] = {
    "tensorboard": tensorboard.PACKAGE,
    "mlflow": mlflow.PACKAGE,
    "wandb": wandb.PACKAGE,
}


def check_writers(recipe: Recipe) -> None:
    """See to it, before anything is built, that the recipe's writers are installed.

    Raises:
        ConfigError: One is not; the hint names the extra.
    """
    for name in recipe.writers.use:
        imported(PACKAGES[name])


@contextmanager
def written(recipe: Recipe, run: Path, tell: Tell) -> Iterator[Tell]:
    """A function that tells `tell` and then every writer of each event; they are closed at the end.

    Args:
        recipe: The run.
        run: Its folder.
        tell: Told first, and also when a writer is lost.
    """
    writers: dict[WriterName, Writer] = {}

    def lose(name: WriterName, step: int, error: Exception) -> None:
        writers.pop(name, None)
        tell(Event("writer lost", step, {"writer": name, "reason": f"{type(error).__name__}: {error}"[:500]}))

    def everyone(event: Event) -> None:
        tell(event)
        for name, writer in list(writers.items()):
            try:
                writer.write(event)
            except Exception as error:  # noqa: BLE001 - a program of others; the run goes on without it
                lose(name, event.step, error)

    for name in dict.fromkeys(recipe.writers.use):
        try:
            writers[name] = TABLE[name](_place(recipe, run, name))
        except Exception as error:  # noqa: BLE001 - as above
            lose(name, 0, error)
    try:
        yield everyone
    finally:
        for name, writer in list(writers.items()):
            try:
                writer.close()
            except Exception as error:  # noqa: BLE001 - as above
                lose(name, 0, error)


def _place(recipe: Recipe, run: Path, name: WriterName) -> Place:
    folder = run / "writers" / name
    folder.mkdir(parents=True, exist_ok=True)
    address = recipe.writers.mlflow if name == "mlflow" else ""
    return Place(folder, run.name, recipe.writers.project, settings_of(recipe), address)


def settings_of(recipe: Recipe) -> dict[str, str | int | float | bool]:
    """Every key of a recipe, its tables by dots; lists as texts."""
    found: dict[str, str | int | float | bool] = {}
    for key, value in recipe.model_dump(mode="json", exclude_none=True).items():
        for name, inner in value.items() if isinstance(value, dict) else [("", value)]:
            way = f"{key}.{name}" if name else key
            found[way] = inner if isinstance(inner, (str, int, float, bool)) else ", ".join(map(str, inner))
    return found
