"""A model held in torch: a checkpoint of ours, a Hugging Face folder, a GGUF file.

Does: give the probability of any text, exactly; answer too, slower than llama.cpp.
Does not: serve. It needs `causerie[train]`, and loads torch only when it is opened.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from causerie.errors import ContextLengthExceeded
from causerie.evaluation.contract import Ability, Answer, Message
from causerie.modeling.generate import Sampling, stream
from causerie.modeling.gguf_file import load_gguf
from causerie.modeling.hf_folder import load_folder
from causerie.modeling.transformer import Transformer
from causerie.tokenization.template import CHATML, ChatTemplate
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.vocabulary_gguf import load_tokenizer


@dataclass(frozen=True)
class Local:
    """See the top of this file. Implements `contract.Subject`."""

    name: str
    version: str
    network: Transformer
    tokenizer: Tokenizer
    abilities: frozenset[Ability] = frozenset({"chat", "next-token", "text"})
    at_once: int = 1

    async def chat(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0, seed: int | None = 0
    ) -> Answer:
        """As `contract.Subject`."""
        return await asyncio.to_thread(self._written, messages, max_tokens, temperature, seed or 0)

    async def next_token_log_probabilities(self, messages: Sequence[Message], candidates: Sequence[str]) -> Answer:
        """As `contract.Subject`."""
        return await asyncio.to_thread(self._next, messages, candidates)

    async def text_log_probability(self, text: str, *, after: str = "") -> Answer:
        """As `contract.Subject`; a text longer than the context is read in windows that overlap by half.

        Raises:
            ContextLengthExceeded: It is longer, and its beginning is given: the rest would not follow from all of it.
        """
        return await asyncio.to_thread(self._read, text, after)

    def _written(self, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int) -> Answer:
        ids = self._prompt(messages)
        stop = {each for each in (self.tokenizer.eos_id, self.tokenizer.document_end_id) if each is not None}
        sampling = Sampling(temperature=temperature, seed=seed)
        out = list(stream(self.network, ids, max_tokens=max_tokens, sampling=sampling, stop=stop))
        text = self.tokenizer.decode([each for each in out if each < self.tokenizer.size])
        finish = "length" if len(out) == max_tokens else "stop"
        return Answer(text=text, tokens_in=len(ids), tokens_out=len(out), finish=finish)

    @torch.inference_mode()
    def _next(self, messages: Sequence[Message], candidates: Sequence[str]) -> Answer:
        ids = self._prompt(messages)
        self._refuse_longer(len(ids))
        hidden = self.network.hidden(torch.tensor([ids], device=self._device))
        told = self.network.logits(hidden[0, -1]).float().log_softmax(dim=-1)
        values = [float(told[self._spellings(each)].logsumexp(0)) for each in candidates]
        return Answer(log_probabilities=tuple(values), scored_by="log-probabilities", tokens_in=len(ids))

    def _spellings(self, candidate: str) -> list[int]:
        """First token of the candidate, with a space before it and without."""
        return sorted({self.tokenizer.encode(form)[0] for form in (candidate.strip(), f" {candidate.strip()}")})

    @torch.inference_mode()
    def _read(self, text: str, after: str) -> Answer:
        ids = self.tokenizer.encode(text)
        given = _shared(ids, self.tokenizer.encode(after)) if after else 0
        start = self.tokenizer.document_end_id
        # What stands between two documents foretells the first token of one.
        whole = ids if start is None else [start, *ids]
        if after:
            self._refuse_longer(len(whole) - 1)  # the last token is only foretold
        offset = len(whole) - len(ids)
        total = 0.0
        for begin, end, first in windows(len(whole), self.network.config.context):
            counted = max(first, given + offset, 1)
            if counted >= end:
                continue
            inputs = torch.tensor([whole[begin : end - 1]], device=self._device)
            targets = torch.tensor([whole[begin + 1 : end]], device=self._device)
            told = self.network(inputs, None, targets, each=True)
            total += float(told[0, counted - begin - 1 :].double().sum())
        return Answer(log_probabilities=(total,), scored_by="log-probabilities", tokens_in=len(ids))

    def _refuse_longer(self, tokens: int) -> None:
        most = self.network.config.context
        if tokens > most:
            raise ContextLengthExceeded(
                "the prompt has {tokens} tokens; the model takes 1 to {most}", tokens=tokens, most=most
            )

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        return self._template.encode_conversation(self.tokenizer, messages, add_generation_prompt=True)[0]

    @cached_property
    def _template(self) -> ChatTemplate:
        return ChatTemplate(self.tokenizer.template or CHATML)

    @property
    def _device(self) -> torch.device:
        return self.network.embedding.weight.device


def open_local(path: Path, name: str, version: str) -> Local:
    """Load the model at a path: a GGUF file, or a folder with a config.json; on the GPU where there is one.

    Raises:
        ModelFileError: It cannot be read.
    """
    if path.is_file():
        network, tokenizer = load_gguf(path), load_tokenizer(path)
    else:
        network, tokenizer = load_folder(path), Tokenizer.load(path)
    network = network.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return Local(name, version, network.requires_grad_(requires_grad=False), tokenizer)


def windows(length: int, context: int) -> list[tuple[int, int, int]]:
    """Stretches of a text that fit the context: where each begins and ends, and the first token that is new in it."""
    found, new, begin = [], 0, 0
    while new < length:
        end = min(length, begin + context + 1)  # the last one is only a target
        found.append((begin, end, new))
        new, begin = end, end - max(1, context // 2)
    return found


def _shared(ids: Sequence[int], beginning: Sequence[int]) -> int:
    """How many tokens of a text are those of its beginning; one that crosses its end belongs to the rest."""
    for place, (one, other) in enumerate(zip(ids, beginning, strict=False)):
        if one != other:
            return place
    return min(len(ids), len(beginning))
