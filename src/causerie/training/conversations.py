"""Conversations, preferences and judgements as token ids, laid out by the model's own chat template.

Does: read them from a built data folder, encode them, leave out what is too long or teaches nothing, and count that.
Does not: cut: an answer without its end would teach the model never to end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from causerie.data.contract import Conversation, Judgement, Message, Preference
from causerie.data.records import Split, samples
from causerie.errors import ConfigError, DataError, InvalidRequest
from causerie.tokenization.template import CHATML, ChatTemplate
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.vocabulary_gguf import load_tokenizer
from causerie.training.examples import Encoded
from causerie.training.recipe import Recipe

Example = TypeVar("Example")


@dataclass
class Encoder:
    """Encodes, and counts what it leaves out."""

    tokenizer: Tokenizer
    template: ChatTemplate
    context: int
    """Positions that an example may take."""
    left_out: dict[str, int] = field(default_factory=dict)
    """How many, by reason."""

    def encoded(self, messages: Iterable[Message]) -> Encoded | None:
        """One conversation; None where it is left out."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            ids, learnt = self.template.encode_conversation(self.tokenizer, turns)
        except InvalidRequest:
            reason = "the chat template refuses it"
        else:
            if len(ids) - 1 > self.context:
                reason = "longer than model.context"
            elif not any(learnt[1:]):
                reason = "nothing of it is the assistant's"
            else:
                return Encoded(tuple(ids), tuple(learnt))
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        return None

    def answered(self, messages: tuple[Message, ...], answer: str) -> Encoded | None:
        """Only this answer is learnt, not those before it."""
        whole = self.encoded((*messages, Message("assistant", answer)))
        if whole is None or not any(message.role == "assistant" for message in messages):
            return whole
        turns = [{"role": message.role, "content": message.content} for message in messages]
        before = len(self.template.encode_conversation(self.tokenizer, turns)[0])
        return Encoded(whole.ids, (False,) * before + whole.learnt[before:])


def tokenizer_of(recipe: Recipe) -> Tokenizer:
    """The tokenizer that the recipe names, or the model's, or the data folder's own.

    Raises:
        ConfigError: None of them has one.
        ModelFileError: It cannot be read.
    """
    start = Path(recipe.model.start)
    choices = [Path(recipe.data.tokenizer)] if recipe.data.tokenizer else []
    if recipe.model.start:
        choices += [start, start / "export" / "hf"]
    choices += [Path(recipe.data.folder) / "tokenizer"]
    for place in choices:
        if place.is_file():
            return load_tokenizer(place)
        if (place / "tokenizer.json").is_file():
            return Tokenizer.load(place)
    raise ConfigError(
        "no tokenizer is found in {folders}", folders=", ".join(map(str, choices)), param="data.tokenizer",
        hint="give the folder that has its tokenizer.json, or a GGUF file, as data.tokenizer",
    )  # fmt: skip


def encoder_of(recipe: Recipe) -> Encoder:
    """The encoder of a recipe's tokenizer; a tokenizer without a template gets ChatML."""
    tokenizer = tokenizer_of(recipe)
    return Encoder(tokenizer, ChatTemplate(tokenizer.template or CHATML), recipe.model.context)


def conversations(recipe: Recipe, encoder: Encoder, split: Split) -> Iterator[Encoded]:
    """Of the data folder, in its order."""
    for sample in samples(Path(recipe.data.folder), "conversations", split):
        if isinstance(sample, Conversation) and (made := encoder.encoded(sample.messages)):
            yield made


def pairs(recipe: Recipe, encoder: Encoder, split: Split) -> Iterator[tuple[Encoded, Encoded]]:
    """Better and worse answers; a pair of which one is too long is left out whole."""
    for sample in samples(Path(recipe.data.folder), "preferences", split):
        if isinstance(sample, Preference):
            better = encoder.answered(sample.messages, sample.chosen)
            worse = encoder.answered(sample.messages, sample.rejected)
            if better and worse:
                yield better, worse


def judgements(recipe: Recipe, encoder: Encoder, split: Split) -> Iterator[tuple[Encoded, bool]]:
    """Answers, each with whether it is good."""
    for sample in samples(Path(recipe.data.folder), "judgements", split):
        if isinstance(sample, Judgement) and (made := encoder.answered(sample.messages, sample.answer)):
            yield made, sample.good


def some(found: Iterable[Example], recipe: Recipe, kind: str) -> list[Example]:
    """All of them.

    Raises:
        DataError: There are none.
    """
    kept = list(found)
    if not kept:
        raise DataError(
            "{folder} has no {kind} that fit model.context {context}", folder=recipe.data.folder, kind=kind,
            context=recipe.model.context, hint="build them with `causerie data build`, or give a larger context",
        )  # fmt: skip
    return kept
