"""Options of a task, as a suite's file gives them: taken one by one, each of the right type, none left over.

Does: give a value or its default; refuse what is not known.
Does not: know what the options mean.
"""

from typing import Any, TypeVar

from causerie.errors import DataError
from causerie.evaluation.contract import Task

Value = TypeVar("Value", str, int, bool)


class TaskOptions:
    """Those of one task. Take all that the kind knows, then `end`."""

    def __init__(self, task: Task) -> None:
        self._task = task.name
        self._left: dict[str, Any] = dict(task.options)

    def take(self, name: str, default: Value, *, one_of: tuple[Value, ...] = ()) -> Value:
        """The option of this name.

        Args:
            name: Of the option.
            default: Where it is not given; its type is what is wanted.
            one_of: The values that it may have (none = any).

        Raises:
            DataError: It has another type or value.
        """
        value = self._left.pop(name, default)
        right = type(value) is type(default)
        if not right or (one_of and value not in one_of):
            raise DataError(
                "the task {task} has the option {name} = {value!r}", task=self._task, name=name, value=value,
                hint="it takes {wanted}",
                wanted=", ".join(map(str, one_of)) if one_of else f"a {type(default).__name__}",
            )  # fmt: skip
        return value  # type: ignore[no-any-return]

    def tokens(self, default: int) -> int:
        """The option `max_tokens`: the longest answer, 1 to 32,768 tokens."""
        value = self.take("max_tokens", default)
        if not 1 <= value <= 32_768:
            raise DataError(
                "the task {task} has the option {name} = {value!r}", task=self._task, name="max_tokens", value=value,
                hint="it takes {wanted}", wanted="1 to 32768",
            )  # fmt: skip
        return value

    def end(self) -> None:
        """Nothing more is known.

        Raises:
            DataError: Something is left.
        """
        if self._left:
            raise DataError(
                "the task {task} has options that its kind does not know: {names}", task=self._task,
                names=", ".join(sorted(self._left)),
            )  # fmt: skip
