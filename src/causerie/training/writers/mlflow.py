"""MLflow: a run with its settings, curves and samples, in a database of its own or where the recipe says.

Look at it:  mlflow ui --backend-store-uri sqlite:///runs/starter/writers/mlflow/mlflow.db
"""

import re
import time
from typing import Any

from causerie.training.events import Event
from causerie.training.writers.contract import Place, imported, kept_id, numbers

PACKAGE = "mlflow"
_PER_REQUEST = 500
"""Numbers that wait before they are sent: MLflow takes 1,000 at once, and one at a time would hold up the run."""
_LONGEST_SETTING = 500
_NO_LETTERS = re.compile(r"\W+")


class MLflow:
    """A run in MLflow."""

    def __init__(self, place: Place) -> None:
        imported(PACKAGE)
        from mlflow import MlflowClient

        address = place.address or f"sqlite:///{place.folder.resolve() / 'mlflow.db'}"
        self._client: Any = MlflowClient(tracking_uri=address)
        self._waiting: list[Any] = []
        self._ended = False
        self._run = kept_id(place.folder)
        if not self._run:
            self._run = self._begun(place)
            kept_id(place.folder, self._run)
        else:
            self._client.set_terminated(self._run, "RUNNING")

    def _begun(self, place: Place) -> str:
        experiment = self._client.get_experiment_by_name(place.project)
        if experiment is None:
            files = None if place.address else (place.folder / "artifacts").resolve().as_uri()
            number = self._client.create_experiment(place.project, artifact_location=files)
        else:
            number = experiment.experiment_id
        run: str = self._client.create_run(number, run_name=place.run).info.run_id
        for key, value in place.settings.items():
            self._client.log_param(run, key, str(value)[:_LONGEST_SETTING])
        return run

    def write(self, event: Event) -> None:
        """Numbers by the hundred; samples as texts."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [Metric(name, value, now, event.step) for name, value in numbers(event).items()]
        if len(self._waiting) >= _PER_REQUEST or event.kind in {"evaluation", "end"}:
            self._send()
        if event.kind == "sample":
            prompt = event.facts["prompt"]
            name = f"samples/{event.step:08}-{_NO_LETTERS.sub('-', prompt)[:40].strip('-')}.txt"
            self._client.log_text(self._run, f"{prompt}{event.facts['text']}\n", name)
        self._ended = self._ended or event.kind == "end"

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), _PER_REQUEST):
            self._client.log_batch(self._run, metrics=waiting[start : start + _PER_REQUEST])

    def close(self) -> None:
        """Send what waits, and say whether the run came to its end."""
        self._send()
        self._client.set_terminated(self._run, "FINISHED" if self._ended else "KILLED")
