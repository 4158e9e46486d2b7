"""Groups of commands of which one needs no name: `causerie release MODEL` beside `causerie release status`.

Does: put the name of that command before arguments that begin with none.
Does not: parse them; the command does.
"""

from typing import Any

from typer.core import TyperGroup


class WithDefault(TyperGroup):
    """A group whose first command runs where the first argument names none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own copy of click
        """As the parent's, of arguments with the name in its place."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [next(iter(self.commands)), *args]
        return list(super().parse_args(ctx, args))
