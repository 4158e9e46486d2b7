"""What is known of one request while it is answered: the slip that travels with it.

Does: hold the facts that the access line, the metrics and the trace are made of; any stage may write on it.
Does not: log or count; `observation.py` does, once, when the answer has ended.
"""

import time
from dataclasses import dataclass, field

from starlette.types import Scope

from causerie.accounts.identity import Caller

KEY = "causerie.record"
"""Name of the record in the ASGI scope."""


@dataclass(slots=True)
class Record:
    """Facts of one request; never its text."""

    request_id: str
    method: str
    route: str = "unmatched"
    """Path template, so that its values are few: `/v1/models/{model}`."""
    status: int = 0
    """HTTP status sent (0 = none yet)."""
    model: str = ""
    """Canonical name of the model that was asked (empty = none)."""
    operation: str = ""
    """GenAI operation: `chat`, `text_completion`, `embeddings` (empty = none)."""
    streamed: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    caller: Caller | None = None
    """Who asked a model (None = no model was asked)."""
    prompt_most: int = 0
    """Tokens that the prompt has at most (0 = not estimated: no quota counts)."""
    pieces: int = 0
    """Events of a stream that were sent, or quarters of a whole answer's bytes: about one for each token."""
    first_token_s: float = 0.0
    """Seconds from the request to the first piece of the answer (0 = there was none)."""
    error: str = ""
    """Code of the error that ended it (empty = none)."""
    cancelled: bool = False
    """The client went away."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Further headers of the answer: what the limits leave."""
    started: float = field(default_factory=time.perf_counter)

    def elapsed_s(self) -> float:
        """Seconds since the request came."""
        return time.perf_counter() - self.started

    def used(self) -> tuple[int, int]:
        """Tokens in and out; where the engine did not come to say them, or never does, about as many."""
        answered = self.status == 200 or self.cancelled
        if self.tokens_in or self.tokens_out or not answered:
            return self.tokens_in, self.tokens_out
        return self.prompt_most, 0 if self.operation == "embeddings" else self.pieces

    def first_token(self) -> None:
        """The first piece of the answer is here."""
        if not self.first_token_s:
            self.first_token_s = self.elapsed_s()


def record_of(scope: Scope) -> Record:
    """The record of this request; a fresh one when nothing observes it (an application without its middleware)."""
    record = scope.get(KEY)
    if isinstance(record, Record):
        return record
    fresh = Record(request_id="", method=scope.get("method", ""))
    scope[KEY] = fresh
    return fresh
