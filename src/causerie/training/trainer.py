"""The loop: draw a batch, take a step, keep what was reached, measure, and go back when it went wrong.

Does: everything that is the same for all objectives, on one process or many.
Does not: know what is learnt (`objectives/`), where files are (`run_folder.py`), or who watches (`events.py`).
Read `Trainer.run` first.

Nothing is lost: a step depends on the weights, the optimiser's state, the place in the data and the step's number,
and on nothing else; all of it is in a checkpoint, so a resumed run computes the same bits as one that never stopped.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from causerie.errors import CheckpointError, RunError, RunStopped
from causerie.modeling.transformer import Transformer
from causerie.training.checkpoint import Checkpoints, step_of
from causerie.training.contract import Objective
from causerie.training.events import Event, EventKind, Tell
from causerie.training.optimisers import Optimiser
from causerie.training.parallel import Processes
from causerie.training.permit import EVERYTHING, Permit
from causerie.training.recipe import Recipe, accumulation
from causerie.training.recovery import Spikes
from causerie.training.schedule import share
from causerie.training.step import Outcome, clip, gradients, measured
from causerie.training.stopping import StopFlag, asked_to_stop


@dataclass
class Progress:
    """How far a run is: what a checkpoint holds beside tensors and the place in the data."""

    step: int = 0
    """Steps taken."""
    drawn: int = 0
    """Batches drawn, the skipped ones too: the number of the next batch."""
    tokens: int = 0
    """Tokens that passed through the network."""
    seconds: float = 0.0
    """Time spent, over all resumed parts."""
    losses: list[float] = field(default_factory=list)
    """The last ones, by which a spike is seen."""
    skipped: list[int] = field(default_factory=list)
    """Numbers of the batches that are not learnt from."""
    rewinds: int = 0
    """Times that the run went back."""


@dataclass(frozen=True)
class Work:
    """All that a run works with."""

    recipe: Recipe
    network: Transformer
    """The network itself, whose weights have the names that checkpoints use."""
    model: nn.Module
    """The same as all processes train it together."""
    objective: Objective
    optimiser: Optimiser
    processes: Processes
    checkpoints: Checkpoints
    precision: torch.dtype
    steps: int
    flops_per_token: float
    peak_flops: float
    """Operations a second that all processes could do at most (0 = not known)."""
    write: Callable[[str], str] | None = None
    """Goes on from a prompt (None = no samples)."""
    new_tokens: tuple[int, ...] = ()
    """Ids of those that the model to go on from never met: their rows were drawn anew."""

    @property
    def flops_per_step(self) -> float:
        """Operations of one step at most: where no row is padded."""
        return self.flops_per_token * self.recipe.batch.size * self.recipe.rows * self.recipe.model.context


class Trainer:
    """One run.

    Args:
        work: What it works with.
        tell: Who is told of each happening.
        permit: How far the run may go.
    """

    def __init__(self, work: Work, tell: Tell, permit: Permit = EVERYTHING) -> None:
        self.work, self._tell, self._permit = work, tell, permit
        self.progress = Progress()
        self._micro_batches = accumulation(work.recipe, work.processes.world)

    def run(self, *, resume: bool = False) -> Progress:
        """Train to the end.

        Args:
            resume: Go on from the last good checkpoint, where there is one.

        Raises:
            RunStopped: SIGTERM or Ctrl-C; a checkpoint is written.
            RunPaused: The next step would pass what is permitted; a checkpoint is written.
            CheckpointError: One could not be written, or none can be read.
            RunError: The loss jumped more often than `recovery.most`.
        """
        checkpoints, every = self.work.checkpoints, self.work.recipe
        try:
            with asked_to_stop() as flag:
                self._begin(resume=resume)
                if self._at_limit:  # what it goes on from is a checkpoint already
                    self._leave(paused=True)
                while self.progress.step < self.work.steps:
                    started = time.perf_counter()
                    outcome, trouble = self._step()
                    self.progress.seconds += time.perf_counter() - started
                    if trouble is not None:
                        self._go_back(trouble)
                        continue
                    self._tell_step(outcome, time.perf_counter() - started)
                    self._keep(stop=self._all_stop(flag))
                    if self._due(every.evaluation.every_steps) or self._over:
                        self.evaluate()
                    if self._due(every.samples.every_steps) or self._over:
                        self._sample()
        finally:
            checkpoints.close()
        return self.progress

    @property
    def _over(self) -> bool:
        return self.progress.step >= self.work.steps

    def _due(self, every_steps: int) -> bool:
        return bool(every_steps) and self.progress.step % every_steps == 0

    def _begin(self, *, resume: bool) -> None:
        self._say(
            "start", steps=self.work.steps, sequences=self.work.objective.sequences,
            parameters=self.work.network.config.parameters(),
        )  # fmt: skip
        for reason, count in self.work.objective.left_out.items():
            self._say("left out", reason=reason, count=count)
        if resume and self._load():
            return
        # The checkpoint of step 0 is what a spike in the first steps goes back to, and it finds a full disk at once.
        self._checkpoint()
        if self.work.recipe.model.start:
            self.evaluate()  # what the model can do before it is taught: the figure to beat

    def _step(self) -> tuple[Outcome, str | None]:
        """One batch: what it gave, and why its step was not taken (None where it was)."""
        work, progress = self.work, self.progress
        while progress.drawn in progress.skipped:
            work.objective.skip(self._micro_batches)
            progress.drawn += 1
        # All that is random in a step comes from here, so there is no random state to lose.
        torch.manual_seed(((work.recipe.seed * 1_000_003 + progress.drawn) * 4093 + work.processes.rank) % 2**63)
        batches = [work.objective.next() for _ in range(self._micro_batches)]
        progress.drawn += 1
        outcome = gradients(work.model, work.objective, batches, work.processes, work.precision)
        spikes = Spikes(work.recipe.recovery, progress.losses)
        trouble = spikes.reason(outcome.loss, outcome.gradient_norm)
        if trouble is not None:
            work.optimiser.forget()
            return outcome, trouble
        clip(work.model, outcome.gradient_norm, work.recipe.optimiser.clip)
        work.optimiser.step(share(work.recipe.schedule, progress.step, work.steps))
        progress.step += 1
        progress.tokens += outcome.tokens
        progress.losses = spikes.losses
        return outcome, None

    def _go_back(self, reason: str) -> None:
        """To the last checkpoint, and round the batch that went wrong."""
        progress, settings = self.progress, self.work.recipe.recovery
        bad, step, rewinds = progress.drawn - 1, progress.step, progress.rewinds + 1
        if rewinds > settings.most:
            raise RunError(
                "step {step}: {reason}, and the run has gone back {most} times already", step=step + 1, reason=reason,
                most=settings.most, hint="lower the learning rates or look at the data; the checkpoints are kept",
            )  # fmt: skip
        skipped = {*progress.skipped, *range(max(0, bad - settings.skip + 1), bad + 1)}
        self.work.checkpoints.wait()
        if not self._load():
            raise CheckpointError("step {step}: {reason}, and no checkpoint is left to go back to", step=step + 1,
                                  reason=reason, hint="begin the run again")  # fmt: skip
        self.progress.skipped, self.progress.rewinds = sorted(skipped), rewinds
        self._say("rewind", reason=reason, from_step=step + 1, batch=bad, times=rewinds, most=settings.most)

    def _all_stop(self, flag: StopFlag) -> bool:
        """Whether any process was asked to stop: all must leave after the same step."""
        return bool(self.work.processes.sum(torch.tensor([int(flag.raised)])).item())

    def _keep(self, *, stop: bool) -> None:
        """A checkpoint where one is due; it comes before anything else that could fail."""
        paused = self._at_limit
        if stop or paused or self._over or self._due(self.work.recipe.checkpoints.every_steps):
            self._checkpoint()
        if stop or paused:
            self._leave(paused=paused)

    @property
    def _at_limit(self) -> bool:
        """Whether the next step would pass what is permitted; the same in every process."""
        spent = self.progress.tokens * self.work.flops_per_token
        return not self._over and self._permit.is_reached(spent, self.work.flops_per_step)

    def _leave(self, *, paused: bool) -> None:
        if self._over:
            return
        self.work.checkpoints.wait()
        self._say("stop")
        if paused:
            raise self._permit.pause(self.work.recipe.run, self.work.flops_per_step * self.work.steps)
        raise RunStopped(
            "the run was asked to stop: step {step} of {steps} is kept", step=self.progress.step,
            steps=self.work.steps, hint="go on with --resume",
        )  # fmt: skip

    def _tensors(self) -> dict[str, Tensor]:
        """Every tensor that training changes, by the same name in every process."""
        weights = {f"model.{name}": w.detach() for name, w in self.work.network.named_parameters() if w.requires_grad}
        return weights | {f"optimiser.{name}": tensor for name, tensor in self.work.optimiser.state().items()}

    def _checkpoint(self) -> None:
        state = asdict(self.progress) | {"objective": self.work.objective.state()}
        self.work.checkpoints.write(self.progress.step, self._tensors(), state)
        self._say("checkpoint")

    def _load(self) -> bool:
        """Go on from the last good checkpoint; False where there is none at all.

        Raises:
            CheckpointError: There are some, and none is good.
        """
        checkpoints = self.work.checkpoints
        path, damaged = checkpoints.last_good()
        for each in damaged:
            self._say("damaged", path=str(each.path), reason=each.reason)
        if path is None and damaged:
            raise CheckpointError(
                "no checkpoint in {folder} is good; of the last: {reason}", folder=str(checkpoints.folder),
                reason=damaged[0].reason, hint="remove the folder to begin the run again",
            )  # fmt: skip
        if path is None:
            return False
        state = checkpoints.read(path, self._tensors())
        self.work.objective.load(state.pop("objective"))
        self.progress = Progress(**state)
        self._say("resumed", path=str(path), checkpoint_step=step_of(path))
        return True

    def evaluate(self) -> Outcome | None:
        """Measure on what was held out."""
        outcome = measured(self.work.model, self.work.objective, self.work.processes, self.work.precision)
        if outcome is not None:
            self._say("evaluation", loss=outcome.loss, **self._shown(outcome.means), count=outcome.count)
        return outcome

    def _sample(self) -> None:
        if self.work.write is None or not self.work.processes.first:
            return
        for prompt in self.work.recipe.samples.prompts:
            self._say("sample", prompt=prompt, text=self.work.write(prompt))

    def _shown(self, means: Mapping[str, float]) -> dict[str, float]:
        per_target = self.work.objective.bytes_per_target
        shown = dict(means)
        if per_target and "cross_entropy" in means:
            shown["bits_per_byte"] = means["cross_entropy"] / math.log(2) / per_target
        return shown

    def _tell_step(self, outcome: Outcome, seconds: float) -> None:
        work, progress = self.work, self.progress
        tokens_per_s = outcome.tokens / seconds
        self._say(
            "step", loss=outcome.loss, **self._shown(outcome.means), gradient_norm=outcome.gradient_norm,
            rate_share=share(work.recipe.schedule, progress.step - 1, work.steps), tokens=progress.tokens,
            tokens_per_s=tokens_per_s, flops=progress.tokens * work.flops_per_token,
            peak_share=tokens_per_s * work.flops_per_token / work.peak_flops if work.peak_flops else 0.0,
            seconds=progress.seconds, seconds_left=(work.steps - progress.step) * progress.seconds / progress.step,
            epoch=progress.drawn * work.recipe.batch.size / work.objective.sequences,
        )  # fmt: skip

    def _say(self, kind: EventKind, **facts: Any) -> None:  # noqa: ANN401 - numbers and strings
        if self.work.processes.first:
            self._tell(Event(kind, self.progress.step, facts))
