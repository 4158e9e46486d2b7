"""The real program in a real terminal of its own, as a person sits before it.

Does: start `causerie` in a pseudo terminal, type, and wait for what the screen shows, its colours and moves left out.
Does not: draw; a line that is redrawn is there several times.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from select import select

PATIENCE_S = 150
"""Far longer than anything takes, on a busy machine too."""
PROMPT = "\u203a"
"""What `causerie chat` shows when it waits for a question."""
CTRL_C, ALT_ENTER, ENTER, UP = "\x03", "\x1b\r", "\r", "\x1b[A"

# Takes the terminal as the one whose Ctrl-C reaches this program, then becomes the program.
_SIT_DOWN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-_])")


class Screen:
    """A terminal and the program in it."""

    def __init__(self, process: subprocess.Popen[bytes], keyboard: int) -> None:
        self._process = process
        self._keyboard = keyboard
        self._raw = b""
        self._seen = 0

    @property
    def raw(self) -> str:
        """All that came, with colours and moves."""
        return self._raw.decode(errors="replace")

    @property
    def text(self) -> str:
        """All that came, as plain text."""
        return _ESCAPES.sub("", self.raw).replace("\r", "")

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._keyboard, keys.encode())

    def wait_for(self, words: str) -> None:
        """Wait until these words appear after those waited for before; a line may end at any single blank."""
        wanted = re.compile(r"\s+".join(re.escape(part) for part in re.split("(?<! ) (?! )", words)))
        while (found := wanted.search(self.text, self._seen)) is None:
            assert self._read(), f"{words!r} never came:\n{self.text[self._seen :]}"
        self._seen = found.end()

    def ask(self, keys: str) -> None:
        """Wait for the prompt, then press these keys and Enter."""
        self.wait_for(PROMPT)
        self.type(keys + ENTER)

    def leave(self) -> int:
        """Wait for the prompt, press Ctrl-D, and give the exit code."""
        self.wait_for(PROMPT)
        self.type("\x04")
        return self.exit_code()

    def exit_code(self) -> int:
        """Wait until the program has ended, and say how."""
        while self._read():
            pass
        return self._process.wait(PATIENCE_S)

    def _read(self) -> bool:
        """Whether more came; False when the program has left the terminal."""
        ready, _, _ = select([self._keyboard], [], [], PATIENCE_S)
        assert ready, f"nothing more came:\n{self.text[self._seen :]}"
        try:
            block = os.read(self._keyboard, 2**16)
        except OSError:  # Linux says so when the other side of a terminal is closed
            return False
        self._raw += block
        return bool(block)


@contextmanager
def screen(*arguments: str, **variables: str) -> Iterator[Screen]:
    """`causerie` with these arguments and further variables, in a terminal of 250 columns."""
    keyboard, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
    # A terminal of the tests answers no question about where its cursor is, and its width is its own.
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    environment = kept | {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"} | variables
    process = subprocess.Popen(
        [sys.executable, "-c", _SIT_DOWN, sys.executable, "-m", "causerie.cli.main", *arguments],
        stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    try:
        yield Screen(process, keyboard)
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
