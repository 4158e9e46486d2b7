"""`causerie chat` in a real terminal, and in a pipe."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from causerie.settings import Settings
from tests.cli.screen import ALT_ENTER, CTRL_C, PROMPT, UP, screen
from tests.web.stub_upstream import LAYOUT


def chat(*arguments: str, given: str | bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
    """The program with something piped in (by default nothing), and its outputs in pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "causerie.cli.main", "chat", *arguments],
        input=given.encode() if isinstance(given, str) else given,
        env=os.environ | variables, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def sent(answer: str) -> dict[str, Any]:
    """The request, as the stub's model `echo` answers it."""
    request: dict[str, Any] = json.loads(answer)
    return request


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


# In a terminal.


def test_an_answer_is_rendered_while_it_streams(server: str) -> None:
    with screen("chat", "Show me everything", "--model", "layout") as terminal:
        assert terminal.exit_code() == 0
    assert "A heading" in terminal.text
    assert "# A heading" not in terminal.text
    assert "Some bold and slanted text" in terminal.text
    assert "\x1b[1mbold" in terminal.raw
    assert "    return number * 2" in terminal.text
    assert "```python" not in terminal.text
    assert "| Tea" not in terminal.text


def test_a_conversation_remembers_what_was_said_and_saves_it(server: str, tmp_path: Path) -> None:
    page = tmp_path / "talk.md"
    with screen("chat", "--system", "Be brief.") as terminal:
        terminal.wait_for("You talk with echo. /help lists the commands, Ctrl-D leaves.")
        terminal.ask("first")
        terminal.wait_for('"content": "first"}]')
        terminal.ask("/system")
        terminal.wait_for("the system prompt is gone")
        terminal.ask("second")
        terminal.wait_for('"content": "second"}]')
        terminal.ask(f"/save {page}")
        terminal.wait_for("saved as")
        assert terminal.leave() == 0
    _, first, answer, second, last = page.read_text().split("\n## ")
    assert (first, second) == ("You\n\nfirst\n", "You\n\nsecond\n")
    asked = sent(answer.removeprefix("echo"))["messages"]
    assert asked == [{"role": "system", "content": "Be brief."}, user("first")]
    told = sent(last.removeprefix("echo"))["messages"]
    assert [message["content"] for message in told] == ["first", answer.removeprefix("echo").strip(), "second"]


def test_commands_are_listed_and_a_wrong_one_ends_nothing(server: str) -> None:
    with screen("chat") as terminal:
        terminal.wait_for("You talk with echo")
        terminal.ask("/help")
        terminal.wait_for("/save FILE       write the conversation as Markdown")
        terminal.ask("/dance")
        terminal.wait_for("error: there is no command /dance")
        terminal.wait_for("hint: /help lists them")
        terminal.ask("/model")
        terminal.wait_for("* echo")
        terminal.ask("/model layout")
        terminal.wait_for("now with layout")
        terminal.ask("/quit")
        assert terminal.exit_code() == 0


def test_alt_enter_begins_a_new_line(server: str) -> None:
    with screen("chat") as terminal:
        terminal.wait_for("You talk with echo")
        terminal.ask(f"one{ALT_ENTER}two")
        terminal.wait_for(r'"content": "one\ntwo"}]')


def test_ctrl_c_stops_the_answer_and_not_the_conversation(server: str) -> None:
    with screen("chat", "--model", "slow") as terminal:
        terminal.wait_for("You talk with slow")
        terminal.ask("Count")
        terminal.wait_for("word3")
        terminal.type(CTRL_C)
        terminal.wait_for("stopped")
        terminal.ask("/model echo")
        terminal.wait_for("now with echo")
        terminal.wait_for(PROMPT)
        terminal.type(f"never mind{CTRL_C}")  # before a question it empties the line
        terminal.ask("And then?")
        terminal.wait_for('{"role": "assistant", "content": "word0 word1 word2 word3')
        terminal.wait_for('"content": "And then?"}]')
        assert "word599" not in terminal.text
        assert terminal.leave() == 0


def test_a_failed_answer_is_told_and_the_conversation_goes_on(server: str) -> None:
    with screen("chat", "--model", "broken") as terminal:
        terminal.wait_for("You talk with broken")
        terminal.ask("Hello")
        terminal.wait_for("no memory left")
        terminal.ask("/model echo")
        terminal.wait_for("now with echo")
        terminal.ask("Still here?")
        terminal.wait_for('[{"role": "user", "content": "Still here?"}]')


def test_the_questions_of_earlier_conversations_come_back(server: str, settings: Settings) -> None:
    with screen("chat") as terminal:
        terminal.wait_for("You talk with echo")
        terminal.ask("a question of yesterday")
        terminal.wait_for('"content": "a question of yesterday"}]')
        assert terminal.leave() == 0
    with screen("chat") as terminal:
        terminal.wait_for("You talk with echo")
        terminal.ask(f"{UP}")
        terminal.wait_for('"content": "a question of yesterday"}]')
    assert (settings.home / "chat_history").stat().st_mode & 0o777 == 0o600


def test_a_french_terminal_is_french(server: str) -> None:
    with screen("chat", LANG="fr_FR.UTF-8") as terminal:
        terminal.wait_for("Vous parlez avec echo")
        terminal.ask("/danse")
        terminal.wait_for("erreur: il n'y a pas de commande /danse")


# In a pipe.


def test_a_pipe_gets_plain_text_only(server: str) -> None:
    done = chat("Show me everything", "-m", "layout", FORCE_COLOR="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, LAYOUT + "\n", "")


def test_what_is_piped_in_follows_the_question(server: str) -> None:
    both = chat("Résume", given="Chère Ada,\nje pars demain.\n")
    assert sent(both.stdout)["messages"] == [user("Résume\n\nChère Ada,\nje pars demain.")]
    assert sent(chat(given="Alone").stdout)["messages"] == [user("Alone")]


def test_options_say_how_to_answer(server: str) -> None:
    done = chat("Hi", "--system", "Be brief.", "--temperature", "0.5", "--seed", "3", "--max-tokens", "7")
    request = sent(done.stdout)
    assert request["messages"] == [{"role": "system", "content": "Be brief."}, user("Hi")]
    assert (request["temperature"], request["seed"], request["max_tokens"]) == (0.5, 3, 7)


def test_json_holds_the_answer_and_what_it_took(server: str) -> None:
    answer = json.loads(chat("Hi", "--json").stdout)
    assert list(answer) == ["model", "content", "finish_reason", "usage"]
    assert (answer["model"], answer["finish_reason"]) == ("echo", "stop")
    assert sent(answer["content"])["messages"] == [user("Hi")]
    assert answer["usage"]["total_tokens"] == 21


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        ((), b"", 2, "there is no question"),
        (("Summarise",), b"\xff\xfe", 2, "is not UTF-8 text (byte 0)"),
        (("Hi", "-m", "gpt-9"), b"", 5, "no model is named 'gpt-9'"),
        (("Hi", "-m", "broken"), b"", 11, "no memory left"),
        (("Hi", "-m", "cut"), b"", 11, "broke off in the middle of this answer"),
    ],
)
def test_a_failure_is_a_sentence_and_an_exit_code(
    arguments: tuple[str, ...], given: bytes, code: int, said: str, server: str
) -> None:
    done = chat(*arguments, given=given)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# Without a server.


@pytest.mark.engine
def test_without_a_server_the_starter_is_loaded_for_this_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSERIE_PORT", "9")
    monkeypatch.setenv("CAUSERIE_MAX_TOKENS", "5")
    answer = json.loads(chat("Tell me a very long story.", "--json").stdout)
    assert answer["content"]
    assert answer["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 5
