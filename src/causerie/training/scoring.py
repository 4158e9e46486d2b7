"""How probable models find answers that were held out: what a preference is measured by.

Does: log-probabilities of whole answers, under several models one after the other, by the same tokens for each.
Does not: judge them; whoever asked compares.
"""

# Shape letters: B rows, T positions.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from causerie.data.contract import Judgement, Preference
from causerie.data.records import kinds_in, samples
from causerie.training.conversations import Encoder, encoder_of
from causerie.training.examples import Encoded, padded_rows
from causerie.training.machine import device_here
from causerie.training.networks import started
from causerie.training.objectives.reference import answer_log_probabilities
from causerie.training.recipe import Recipe

AT_ONCE = 4


@dataclass(frozen=True)
class Scored:
    """A held-out sample."""

    id: str
    good: bool | None
    """Of a single answer (None = a pair)."""
    values: Mapping[str, tuple[float, ...]]
    """By model: log-probabilities in nats of the better and the worse answer, or of the single one."""


def scored(recipe: Recipe, models: Mapping[str, str]) -> Iterator[Scored]:
    """Every held-out pair or answer of a recipe's data that fits its context.

    Args:
        recipe: Where the samples are, and whose tokenizer and template lay them out.
        models: By name, where each is: a GGUF file, a Hugging Face folder, or a run.

    Raises:
        ConfigError: A model is not there.
        ModelFileError: It cannot be read.
    """
    if recipe.compute.threads:
        torch.set_num_threads(recipe.compute.threads)
    found = list(_held_out(recipe, encoder_of(recipe)))
    flat = [answer for _, _, answers in found for answer in answers]
    values = {name: _log_probabilities(Path(path), flat) for name, path in models.items()} if flat else {}
    place = 0
    for identity, good, answers in found:
        end = place + len(answers)
        yield Scored(identity, good, {name: tuple(each[place:end]) for name, each in values.items()})
        place = end


def _held_out(recipe: Recipe, encoder: Encoder) -> Iterator[tuple[str, bool | None, tuple[Encoded, ...]]]:
    folder = Path(recipe.data.folder)
    for kind in kinds_in(folder):
        for sample in samples(folder, kind, "validation"):
            if isinstance(sample, Preference):
                better = encoder.answered(sample.messages, sample.chosen)
                worse = encoder.answered(sample.messages, sample.rejected)
                if better and worse:
                    yield sample.id, None, (better, worse)
            elif isinstance(sample, Judgement) and (answer := encoder.answered(sample.messages, sample.answer)):
                yield sample.id, sample.good, (answer,)


@torch.no_grad()
def _log_probabilities(path: Path, examples: Sequence[Encoded]) -> list[float]:
    device = device_here()
    network = started(path).to(device).eval()
    made = [0.0] * len(examples)
    # Examples of about one length together: little is filled up.
    order = sorted(range(len(examples)), key=lambda number: len(examples[number].ids))
    for start in range(0, len(order), AT_ONCE):
        numbers = order[start : start + AT_ONCE]
        rows = padded_rows([examples[number] for number in numbers])
        found_B = answer_log_probabilities(network, rows["tokens"].to(device), rows["targets"].to(device))
        for number, value in zip(numbers, found_B.tolist(), strict=True):
            made[number] = value
    return made
