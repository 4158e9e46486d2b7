"""What the forms of conversations have in common: roles by their many names, and which turns make a sample."""

from collections.abc import Iterable, Mapping

from causerie.data.contract import Conversation, Judgement, Message, Preference, Removed, Role

ROLE_OF: Mapping[str, Role] = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "chatgpt": "assistant", "model": "assistant",
    "tool": "tool", "function": "tool", "observation": "tool",
}  # fmt: skip
"""Every name of a role that is met in public data sets."""


class NotInThisForm(ValueError):
    """A row is not what its form says; its words are the reason in the report."""


def content(value: object) -> str:
    """Text of a message: a string, or OpenAI's list of parts, of which only text can be learned from."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in value):
        return "".join(str(part.get("text", "")) for part in value)
    msg = "a message that is not text"
    raise NotInThisForm(msg)


def turns(rows: object, role: str = "role", text: str = "content") -> tuple[Message, ...]:
    """Messages of a list of objects that have these fields.

    Raises:
        NotInThisForm: It is no such list, or a role is not known.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        msg = "no list of messages"
        raise NotInThisForm(msg)
    made = []
    for row in rows:
        name = str(row.get(role, "")).lower()
        if name not in ROLE_OF:
            msg = f"an unknown role: {name[:40]}"
            raise NotInThisForm(msg)
        made.append(Message(ROLE_OF[name], content(row.get(text))))
    return tuple(made)


def checked(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The messages up to the last answer.

    Raises:
        NotInThisForm: There is no question, no answer, or an empty one.
    """
    kept = list(messages)
    while kept and kept[-1].role != "assistant":
        kept.pop()
    if not kept:
        msg = "no answer"
        raise NotInThisForm(msg)
    if any(not message.content.strip() for message in kept):
        msg = "an empty message"
        raise NotInThisForm(msg)
    spoken = [message.role for message in kept if message.role != "system"]
    if spoken[0] != "user":
        msg = "an answer before any question"
        raise NotInThisForm(msg)
    return tuple(kept)


def conversation(key: str, messages: Iterable[Message], language: str = "") -> Conversation | Removed:
    """A conversation, or why it is none; a language such as `pt-BR` is kept as `pt`."""
    try:
        return Conversation(id=key, messages=checked(messages), language=language.partition("-")[0])
    except NotInThisForm as error:
        return Removed(str(error), key)


def preference(
    key: str, messages: tuple[Message, ...], chosen: str, rejected: str, **meta: object
) -> Preference | Removed:
    """A pair, or why it is none."""
    if not messages or messages[-1].role == "assistant":
        return Removed("no question", key)
    if not chosen.strip() or not rejected.strip():
        return Removed("an empty answer", key)
    if chosen == rejected:
        return Removed("two equal answers", key)
    return Preference(id=key, messages=messages, chosen=chosen, rejected=rejected, meta=_plain(meta))


def judgement(
    key: str, messages: tuple[Message, ...], answer: str, *, good: bool, **meta: object
) -> Judgement | Removed:
    """A judged answer, or why it is none."""
    if not messages or messages[-1].role == "assistant":
        return Removed("no question", key)
    if not answer.strip():
        return Removed("an empty answer", key)
    return Judgement(id=key, messages=messages, answer=answer, good=good, meta=_plain(meta))


def _plain(meta: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in meta.items() if value not in (None, "")}
