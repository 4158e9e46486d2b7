"""What the model thought of each answer before it learnt anything: computed once, and kept in the run's folder.

Does: log-probabilities of whole answers; those of the start, shared among processes, in `reference.safetensors`.
Does not: keep a second model in memory, nor run it beside the first at each step.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from causerie.training.examples import Encoded, padded_rows, sha256_of
from causerie.training.parallel import Processes

FILE = "reference.safetensors"


def answer_log_probabilities(model: nn.Module, tokens_BT: Tensor, targets_BT: Tensor) -> Tensor:
    """Log-probability of all targets of a row together, in nats, shape (B,), float32."""
    each_BT: Tensor = model(tokens_BT, None, targets_BT, each=True)
    return each_BT.float().sum(dim=1)


@torch.no_grad()
def of_the_start(
    model: nn.Module, examples: Sequence[Encoded], folder: Path, processes: Processes, at_once: int
) -> Tensor:
    """Log-probability of each example under the model as it is now, in nats, shape (examples,), float32.

    Args:
        model: As it starts.
        examples: Each of them once.
        folder: Where they are kept; what is there already for the same examples is taken from there.
        processes: Who computes together.
        at_once: Examples in one batch.
    """
    sha256 = sha256_of(examples)
    kept = _kept(folder / FILE, sha256)
    # All must agree, because all must compute together.
    if not int(processes.sum(torch.tensor([int(kept is None)]))) and kept is not None:
        return kept
    # Examples of about one length together: little is filled up.
    order = sorted(range(len(examples)), key=lambda number: len(examples[number].ids))
    found = torch.zeros(len(examples), dtype=torch.float64)
    model.eval()
    batches = [order[start : start + at_once] for start in range(0, len(order), at_once)]
    for number in range(0, len(batches), processes.world):
        # One batch a process; those that are left without one compute the last again and do not count it.
        mine = number + processes.rank
        batch = batches[min(mine, len(batches) - 1)]
        rows = padded_rows([examples[each] for each in batch])
        values = answer_log_probabilities(
            model, rows["tokens"].to(processes.device), rows["targets"].to(processes.device)
        )
        if mine < len(batches):
            found[batch] = values.double().cpu()
    model.train()
    reference = processes.sum(found).float().cpu()
    if processes.first:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / (FILE + ".part")
        save_file({"log_probabilities": reference}, part, {"examples_sha256": sha256})
        part.replace(folder / FILE)
    processes.wait()
    return reference


def _kept(path: Path, sha256: str) -> Tensor | None:
    try:
        with safe_open(path, "pt") as file:
            if file.metadata()["examples_sha256"] == sha256:
                found: Tensor = file.get_tensor("log_probabilities")
                return found
    except (OSError, SafetensorError, KeyError, TypeError):
        pass
    return None
