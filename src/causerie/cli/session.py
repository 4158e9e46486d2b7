"""A conversation in the terminal: its messages, and the commands that start with a slash.

Does: hold the messages, the model and the system prompt; obey `/model`, `/system`, `/save`, `/new`, `/help`, `/quit`.
Does not: read keys, ask a model or colour text; see `chat.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from causerie.cli.language import t
from causerie.errors import Conflict, InvalidRequest, ModelNotFound

Message = dict[str, str]


@dataclass(kw_only=True)
class Session:
    """What has been said so far, with which model."""

    model: str
    models: Sequence[str]
    """Names that `/model` accepts."""
    system: str = ""
    messages: list[Message] = field(default_factory=list)
    ended: bool = False

    def asked(self, question: str) -> list[Message]:
        """The messages to send for this question; it joins the conversation only with its answer (`answered`)."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, *self.messages, {"role": "user", "content": question}]

    def answered(self, question: str, answer: str) -> None:
        """Keep a question with its answer, also one that was stopped half-way."""
        self.messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]

    def obey(self, line: str) -> str:
        """Do what a line that starts with a slash says, and return what to tell the person.

        Raises:
            InvalidRequest: There is no such command, or it lacks its argument.
            ModelNotFound: `/model` names a model that is not here.
            Conflict: `/save` names a file that exists.
        """
        command, _, argument = line.strip().partition(" ")
        action = _COMMANDS.get(command)
        if action is None:
            raise InvalidRequest("there is no command {name}", name=command, hint="/help lists them")
        return action(self, argument.strip())


def _model(session: Session, name: str) -> str:
    if not name:
        return "\n".join(f"{'*' if name == session.model else ' '} {name}" for name in session.models)
    if name not in session.models:
        raise ModelNotFound("no model is named {name!r}", name=name, hint="/model alone lists those that are here")
    session.model = name
    return t("now with {model}", model=name)


def _system(session: Session, prompt: str) -> str:
    session.system = prompt
    return t("the system prompt is set") if prompt else t("the system prompt is gone")


def _save(session: Session, name: str) -> str:
    if not name:
        raise InvalidRequest("/save needs a file's name", hint="/save conversation.md")
    path = Path(name).expanduser()
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(as_markdown(session))
    except FileExistsError as error:
        raise Conflict(
            "{path} exists already", path=str(path), hint="give another name: nothing is replaced"
        ) from error
    except OSError as error:
        raise InvalidRequest("{path} cannot be written: {reason}", path=str(path), reason=str(error)) from error
    return t("saved as {path}", path=path)


def _new(session: Session, _: str) -> str:
    session.messages.clear()
    return t("a new conversation")


def _quit(session: Session, _: str) -> str:
    session.ended = True
    return ""


def _help(_session: Session, _: str) -> str:
    return "\n".join(
        (
            t("/model [NAME]    list the models, or go on with another"),
            t("/system [TEXT]   set the system prompt, or take it away"),
            t("/save FILE       write the conversation as Markdown"),
            t("/new             start a new conversation"),
            t("/quit            leave (Ctrl-D too)"),
            t("Enter sends; Alt-Enter begins a new line; Ctrl-C stops an answer"),
        )
    )


_COMMANDS = {"/model": _model, "/system": _system, "/save": _save, "/new": _new, "/help": _help, "/quit": _quit}

COMMAND_NAMES = tuple(_COMMANDS)
"""What a line may start with."""


def as_markdown(session: Session) -> str:
    """The conversation as a Markdown page, as `/save` writes it."""
    parts = [f"# causerie, {session.model}"]
    if session.system:
        parts.append("> " + session.system.replace("\n", "\n> "))
    names = {"user": t("You"), "assistant": session.model}
    parts += [f"## {names[message['role']]}\n\n{message['content']}" for message in session.messages]
    return "\n\n".join(parts) + "\n"
