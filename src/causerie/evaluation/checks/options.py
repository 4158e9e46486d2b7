"""The options of a check, as an item gives them: read with their type, or refused by name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causerie.errors import InvalidRequest

AT_LEAST, LESS_THAN, EXACTLY = "at least", "less than", "exactly"


@dataclass(frozen=True)
class Options:
    """What stands beside the name of a check in an item."""

    check: str
    given: Mapping[str, Any]

    def text(self, key: str) -> str:
        """A text that must be there and not be empty.

        Raises:
            InvalidRequest: It is not.
        """
        value = self.given.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts with at least one.

        Raises:
            InvalidRequest: It is not.
        """
        value = self.given.get(key)
        if not isinstance(value, list | tuple) or not value or not all(isinstance(one, str) and one for one in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def number(self, key: str) -> int:
        """A whole number of 0 or more; data sets that went through a table hold it as `3.0`.

        Raises:
            InvalidRequest: It is not.
        """
        value = self.given.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            whole = int(value)
            if whole == value and whole >= 0:
                return whole
        raise self._wrong(key, "a whole number")

    def holds(self, count: int, relation_key: str, number_key: str) -> bool:
        """Whether a count stands in the relation that is asked for.

        Raises:
            InvalidRequest: The relation is not known, or there is no number.
        """
        relation, number = self.given.get(relation_key) or AT_LEAST, self.number(number_key)
        match relation:
            case "at least":
                return count >= number
            case "less than":
                return count < number
            case "at most":
                return count <= number
            case "exactly":
                return count == number
        raise self._wrong(relation_key, "at least, at most, less than or exactly")

    def _wrong(self, key: str, wanted: str) -> InvalidRequest:
        return InvalidRequest(
            "the check {check} needs {key} as {wanted}, and has {given!r}",
            check=self.check, key=key, wanted=wanted, given=self.given.get(key), param=key,
            hint="docs/reference/suites.md lists the checks with their options",
        )  # fmt: skip
