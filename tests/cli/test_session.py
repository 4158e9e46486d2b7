"""What a conversation in the terminal holds, and what its slash commands do."""

from pathlib import Path

import pytest

from causerie.cli.session import Session
from causerie.errors import Conflict, InvalidRequest, ModelNotFound


@pytest.fixture
def session() -> Session:
    return Session(model="small", models=("small", "large"))


def test_a_question_is_sent_after_the_system_prompt_and_what_was_said(session: Session) -> None:
    session.obey("/system Be brief.")
    session.answered("Hi", "Hello!")
    assert session.asked("And now?") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": "And now?"},
    ]


def test_a_question_without_an_answer_is_not_kept(session: Session) -> None:
    session.asked("Hi")
    assert session.messages == []


def test_model_lists_and_changes_the_model(session: Session) -> None:
    assert session.obey("/model") == "* small\n  large"
    assert session.obey("/model large") == "now with large"
    assert session.model == "large"
    with pytest.raises(ModelNotFound, match="'huge'"):
        session.obey("/model huge")


def test_system_sets_and_takes_away_the_system_prompt(session: Session) -> None:
    assert session.obey("/system Speak French.") == "the system prompt is set"
    assert session.system == "Speak French."
    assert session.obey("/system") == "the system prompt is gone"
    assert session.asked("Hi")[0]["role"] == "user"


def test_save_writes_markdown_and_never_replaces_a_file(session: Session, tmp_path: Path) -> None:
    session.obey("/system Be\nbrief.")
    session.answered("Hi", "Hello!")
    path = tmp_path / "talk.md"
    assert session.obey(f"/save {path}") == f"saved as {path}"
    assert path.read_text() == "# causerie, small\n\n> Be\n> brief.\n\n## You\n\nHi\n\n## small\n\nHello!\n"
    with pytest.raises(Conflict, match="exists already"):
        session.obey(f"/save {path}")
    with pytest.raises(InvalidRequest, match="needs a file's name"):
        session.obey("/save")
    with pytest.raises(InvalidRequest, match="cannot be written"):
        session.obey(f"/save {tmp_path}/none/talk.md")


def test_new_forgets_what_was_said_and_keeps_the_rest(session: Session) -> None:
    session.obey("/system Be brief.")
    session.answered("Hi", "Hello!")
    session.obey("/new")
    assert session.asked("Again") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Again"},
    ]


def test_help_names_every_command_and_quit_ends(session: Session) -> None:
    text = session.obey("/help")
    assert all(name in text for name in ("/model", "/system", "/save", "/new", "/quit", "Ctrl-C"))
    session.obey("/quit")
    assert session.ended


def test_an_unknown_command_is_refused(session: Session) -> None:
    with pytest.raises(InvalidRequest, match="there is no command /dance"):
        session.obey("/dance now")
