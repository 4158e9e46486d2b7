"""Markdown that arrives in pieces is shown whole, once."""

import io

import pytest
from rich.console import Console

from causerie.cli.markdown import MarkdownStream, finished_length

ANSWER = "# Title\n\nSome *text*.\n\n```python\nx = 1\n\ny = 2\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd."


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("", ""),
        ("one paragraph", ""),
        ("one\n\ntwo", "one\n\n"),
        ("```\na\n\nb", ""),
        ("one\n\n```\na\n\nb", "one\n\n"),
        ("```\na\n\nb\n```\n\nend", "```\na\n\nb\n```\n\n"),
    ],
)
def test_only_whole_blocks_are_finished(text: str, finished: str) -> None:
    assert text[: finished_length(text)] == finished


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_any_cut_into_pieces_shows_the_same_answer_once(size: int) -> None:
    screen = io.StringIO()
    with MarkdownStream(Console(file=screen, width=60, force_terminal=False)) as stream:
        for start in range(0, len(ANSWER), size):
            stream.write(ANSWER[start : start + size])
    shown = screen.getvalue()
    for word in ("Title", "Some text.", "x = 1", "y = 2", "End."):
        assert shown.count(word) == 1
    assert "*text*" not in shown
