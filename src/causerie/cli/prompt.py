"""The line that a conversation in the terminal reads: history, several lines, completion of commands.

Does: read one question at a time; Enter sends, Alt-Enter begins a new line, Ctrl-C empties the line, Ctrl-D ends.
Does not: know what a line means; see `session.py`.
"""

import os
from collections.abc import Awaitable, Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output

from causerie.cli.session import COMMAND_NAMES
from causerie.settings import Settings

Read = Callable[[], Awaitable[str | None]]
"""Reads one question; None when the person leaves."""


def _keys() -> KeyBindings:
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)  # and not searching the history, where Enter takes what was found

    @keys.add("enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _history_file(settings: Settings) -> str:
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.home / "chat_history"
    # Questions are private: the file is the person's alone from its first byte.
    os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
    return str(path)


def prompt(settings: Settings, *, keyboard: Input | None = None, screen: Output | None = None) -> Read:
    """A reader whose history lasts over conversations; `keyboard` and `screen` are the terminal's unless given."""
    session: PromptSession[str] = PromptSession(
        history=FileHistory(_history_file(settings)),
        completer=WordCompleter(list(COMMAND_NAMES), sentence=True),
        complete_while_typing=False,
        multiline=True,
        key_bindings=_keys(),
        prompt_continuation="… ",
        input=keyboard,
        output=screen,
    )

    async def read() -> str | None:
        while True:
            try:
                return await session.prompt_async("› ")
            except KeyboardInterrupt:
                continue
            except EOFError:
                return None

    return read
