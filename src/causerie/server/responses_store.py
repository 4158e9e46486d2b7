"""Responses that a later one can go on from, in the memory of this server.

Does: keep the newest within a number and a size; what was not used for longest leaves first.
Does not: outlive the server.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causerie.errors import ResponseNotFound
from causerie.server.openai_responses_items import Item

MAX_RESPONSES = 10_000
MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class StoredResponse:
    """A response with all that led to it, so that no other need be kept for it."""

    owner: str
    """The person who asked."""
    response: Mapping[str, Any]
    """As it was sent."""
    asked: tuple[Item, ...]
    """Its own input."""
    conversation: tuple[Item, ...]
    """What a next response goes on from: everything before, its input and its output."""
    size_bytes: int
    """Of `conversation` as JSON, about."""


class ResponseStore:
    """Responses by their ids."""

    def __init__(self, max_responses: int = MAX_RESPONSES, max_bytes: int = MAX_BYTES) -> None:
        self._kept: OrderedDict[str, StoredResponse] = OrderedDict()
        self._max_responses = max_responses
        self._max_bytes = max_bytes
        self._bytes = 0

    def put(self, kept: StoredResponse) -> None:
        """Keep a response under its id."""
        self._kept[kept.response["id"]] = kept
        self._bytes += kept.size_bytes
        while len(self._kept) > self._max_responses or self._bytes > self._max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size_bytes

    def get(self, owner: str, name: str, param: str | None = None) -> StoredResponse:
        """The response of this id.

        Args:
            owner: Who asks; what others asked does not exist for them.
            name: The id.
            param: The request field that holds the id.

        Raises:
            ResponseNotFound: There is none, or not any more.
        """
        if name not in self._kept or self._kept[name].owner != owner:
            raise ResponseNotFound(
                "no response {name!r} is kept", name=name, param=param,
                hint="responses are kept in memory: the oldest leave first, all when the server stops",
            )  # fmt: skip
        self._kept.move_to_end(name)
        return self._kept[name]

    def remove(self, owner: str, name: str) -> None:
        """Forget a response; those that went on from it stay whole.

        Raises:
            ResponseNotFound: There is none.
        """
        self._bytes -= self.get(owner, name).size_bytes
        del self._kept[name]
