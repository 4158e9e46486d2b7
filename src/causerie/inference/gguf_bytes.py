"""Steps through the bytes of a GGUF header without ever believing a number.

Does: read numbers, strings and values at a position that only moves forward, within limits.
Does not: know what the values mean; see `gguf.py`.
"""

import struct
from dataclasses import dataclass
from io import RawIOBase
from typing import Any, BinaryIO, Final

from causerie.errors import ModelFileError
from causerie.inference.gguf_types import ARRAY, BOOL, SCALARS, STRING

MAX_HEADER_BYTES: Final = 2**26
"""Largest header read, in bytes; vocabularies of 260,000 entries take about 15 MiB."""
MAX_STRING_BYTES: Final = 2**24
"""Longest single string; the longest chat templates are below 1 MiB."""
MAX_ITEMS: Final = 2**22
"""Longest list; the largest vocabularies have about a million entries."""
KEPT_ITEMS: Final = 1024
"""Lists up to this long are kept (per-layer numbers, languages); longer ones are only counted."""
KEPT_ITEMS_IN_ALL: Final = 2**16
"""Items kept over all lists of one header, so that many short lists cannot fill the memory either."""
_FIRST_BYTES: Final = 2**21


@dataclass(frozen=True)
class List:
    """A list in the metadata."""

    length: int
    items: tuple[int | float | bool | str, ...]
    """Empty when there are more than are kept."""
    at: int
    """Byte of the first item."""
    form: str
    """Of `struct`, of one item (empty = they are strings)."""


# Lists of lists are in the specification, but llama.cpp neither writes nor loads them: they are refused.
Value = int | float | bool | str | List


class Cursor:
    """A position in the header of a file.

    Args:
        file: Opened for reading bytes, at its beginning.
        size: Of the file, in bytes.
        name: What errors call it.
    """

    def __init__(self, file: BinaryIO | RawIOBase, size: int, name: str) -> None:
        self.size = size
        self.offset = 0
        self._name = name
        self._file = file
        self._bytes = bytearray()
        self._kept = 0

    def where(self, at: int | None = None) -> dict[str, Any]:
        """The fields `file` and `offset` of an error (None = here)."""
        return {"file": self._name, "offset": self.offset if at is None else at}

    def _need(self, count: int) -> None:
        """See to it that `count` bytes from here are in memory."""
        end = self.offset + count
        if end <= len(self._bytes):
            return
        if end > self.size:
            raise ModelFileError(
                "{file} is cut off: its header goes on past its end (byte {offset})",
                **self.where(),
                hint="fetch the file again",
            )
        if end > MAX_HEADER_BYTES:
            raise ModelFileError(
                "{file} has a header of more than {limit} bytes (byte {offset})",
                **self.where(),
                limit=MAX_HEADER_BYTES,
            )
        wanted = min(max(end, 2 * len(self._bytes), _FIRST_BYTES), MAX_HEADER_BYTES)
        while len(self._bytes) < wanted:
            block = self._file.read(wanted - len(self._bytes))
            if not block:
                break
            self._bytes += block
        if len(self._bytes) < end:
            raise ModelFileError("{file} became shorter while it was read (byte {offset})", **self.where())

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes."""
        self._need(count)
        taken = bytes(self._bytes[self.offset : self.offset + count])
        self.offset += count
        return taken

    def number(self, form: str) -> int:
        """The next number, of a form of `struct`."""
        size = struct.calcsize(form)
        self._need(size)
        value: int = struct.unpack_from(form, self._bytes, self.offset)[0]
        self.offset += size
        return value

    def count(self, limit: int, *, smallest: int) -> int:
        """The next number, as a count of things that take at least `smallest` bytes each."""
        at = self.offset
        count = self.number("<Q")
        if count > limit or count * smallest > self.size - self.offset:
            raise ModelFileError(
                "{file} announces {count} entries, more than it can hold (byte {offset})",
                **self.where(at), count=count,
            )  # fmt: skip
        return count

    def text(self, limit: int = MAX_STRING_BYTES) -> str:
        """The next string; bytes that are not UTF-8 become replacement characters."""
        at = self.offset
        length = self.number("<Q")
        if length > limit:
            raise ModelFileError(
                "{file} has a string of {length} bytes (byte {offset})", **self.where(at), length=length
            )
        return self.bytes(length).decode("utf-8", "replace")

    def value(self) -> Value:
        """The next value of the metadata, its type before it."""
        at = self.offset
        type_number = self.number("<I")
        return self._list() if type_number == ARRAY else self._item(type_number, at)

    def _item(self, type_number: int, at: int) -> int | float | bool | str:
        if type_number == STRING:
            return self.text()
        form = SCALARS.get(type_number)
        if form is None:
            raise ModelFileError(
                "{file} has a value of the unknown type {number} (byte {offset})",
                **self.where(at),
                number=type_number,
            )
        number = self.number(form)
        return bool(number) if type_number == BOOL else number

    def _list(self) -> List:
        at = self.offset
        item_type = self.number("<I")
        form = SCALARS.get(item_type)
        if form is None and item_type != STRING:
            raise ModelFileError(
                "{file} has a list of values of type {number} (byte {offset})", **self.where(at), number=item_type
            )
        item_bytes = struct.calcsize(form) if form else 8
        length = self.count(MAX_ITEMS, smallest=item_bytes)
        first = self.offset
        if length <= KEPT_ITEMS and self._kept + length <= KEPT_ITEMS_IN_ALL:
            self._kept += length
            return List(length, tuple(self._item(item_type, at) for _ in range(length)), first, form or "")
        if form:
            self._need(length * item_bytes)
            self.offset += length * item_bytes
        else:
            self._skip_strings(length)
        return List(length, (), first, form or "")

    def chosen(self, strings: List, numbers: List, wanted: int) -> list[str]:
        """Of a list of strings those at whose places a list of numbers has the one that is wanted.

        Both lists have been read, with this cursor (none is found where one is of another kind).
        """
        if strings.form or not numbers.form:
            return []
        end, found, before = self.offset, [], 0
        size = min(strings.length, numbers.length) * struct.calcsize(numbers.form)
        values = struct.iter_unpack(numbers.form, bytes(self._bytes[numbers.at : numbers.at + size]))
        self.offset = strings.at
        for place, (value,) in enumerate(values):
            if value == wanted:
                self._skip_strings(place - before)
                found.append(self.text())
                before = place + 1
        self.offset = end
        return found

    def _skip_strings(self, count: int) -> None:
        """A vocabulary is hundreds of thousands of strings: a tight loop, with no call for each."""
        unpack = struct.Struct("<Q").unpack_from
        held = len(self._bytes)
        for _ in range(count):
            after = self.offset + 8
            if after > held:
                self._need(8)
                held = len(self._bytes)
            length = unpack(self._bytes, self.offset)[0]
            if length > MAX_STRING_BYTES:
                raise ModelFileError(
                    "{file} has a string of {length} bytes (byte {offset})", **self.where(), length=length
                )
            if after + length > held:
                self._need(8 + length)
                held = len(self._bytes)
            self.offset = after + length
