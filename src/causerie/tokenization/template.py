"""Conversations laid out as a model reads them, by a chat template in Jinja, in a sandbox.

Does: render a template; give token ids, with those that the assistant wrote marked, as the template itself says.
Does not: run tools, cut what is too long, or choose a template.

What people wrote cannot end their message: a control token's name in their text is broken up by a character that is
in no text, so that it does not match, and whole again once the control tokens have been found.
Source of `{% generation %}`: https://huggingface.co/docs/transformers/chat_templating_writing
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from causerie.errors import InvalidRequest, ModelFileError
from causerie.tokenization.tokenizer import Tokenizer

CHATML = (
    "{%- for message in messages -%}\n"
    "{%- if message.role == 'assistant' -%}\n"
    "{{- '<|im_start|>assistant\\n' -}}\n"
    "{%- generation -%}{{- message.content + '<|im_end|>' -}}{%- endgeneration -%}\n"
    "{{- '\\n' -}}\n"
    "{%- else -%}\n"
    "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}\n"
    "{%- endif -%}\n"
    "{%- endfor -%}\n"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}\n"
)
"""The template of a new model: ChatML, with what the assistant says marked."""

Messages = Sequence[Mapping[str, Any]]
"""In OpenAI's form: each with `role` and `content`."""

_SEAL, _BEGIN, _END = "\ufdd0", "\ufdd1", "\ufdd2"
"""Noncharacters, which Unicode keeps out of all text: inside a control token's name, and around what is generated."""


class _Generation(Extension):
    """`{% generation %}...{% endgeneration %}`: what the assistant wrote."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's own way

    def parse(self, parser: Parser) -> nodes.Node:
        """The body between two signs."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_between"), [], [], body).set_lineno(line)

    @staticmethod
    def _between(caller: Any) -> str:  # noqa: ANN401 - Jinja's macro
        return f"{_BEGIN}{caller()}{_END}"


class ChatTemplate:
    """One template, ready to render."""

    def __init__(self, source: str) -> None:
        """Compile it.

        Raises:
            ModelFileError: It is not Jinja that can be read.
        """
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = lambda value, indent=None: json.dumps(
            value, ensure_ascii=False, indent=indent
        )
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: datetime.now().astimezone().strftime(form)
        self.source = source
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise ModelFileError("the chat template cannot be read: {reason}", reason=str(error)) from error

    def render(self, messages: Messages, *, add_generation_prompt: bool = False, **variables: object) -> str:
        """The whole conversation as text, with control tokens; for people to look at, not to encode.

        Raises:
            InvalidRequest: The template refuses the conversation.
        """
        return _plain(self._marked(messages, {"add_generation_prompt": add_generation_prompt, **variables}))

    def _marked(self, messages: Messages, variables: Mapping[str, object]) -> str:
        try:
            return self._template.render(messages=messages, **variables)
        except (TemplateError, TypeError) as error:
            raise InvalidRequest(
                "the chat template refuses this conversation: {reason}", reason=str(error)[:300], param="messages"
            ) from error

    def encode_conversation(
        self, tokenizer: Tokenizer, messages: Messages, *, add_generation_prompt: bool = False, **variables: object
    ) -> tuple[list[int], list[bool]]:
        """Token ids, and for each whether the assistant wrote it: the ones to learn.

        Where the template has no `{% generation %}`, an assistant's message is what it adds to the conversation
        before it with its generation prompt.

        Raises:
            InvalidRequest: The template refuses the conversation, or does not show what the assistant wrote.
        """
        sealed = _sealed(messages, tokenizer)
        given = {**_names(tokenizer), **variables}
        marked = self._marked(sealed, {**given, "add_generation_prompt": add_generation_prompt})
        if _BEGIN not in marked and any(message.get("role") == "assistant" for message in messages):
            marked = self._mark_by_prefix(sealed, given, marked)
        ids: list[int] = []
        mask: list[bool] = []
        for number, stretch in enumerate(marked.replace(_END, _BEGIN).split(_BEGIN)):
            part = encode_sealed(tokenizer, stretch)
            ids += part
            mask += [number % 2 == 1] * len(part)
        return ids, mask

    def _mark_by_prefix(self, messages: Messages, given: Mapping[str, object], whole: str) -> str:
        """Put the signs where each answer begins and ends, seen from what is before it."""
        marked, done = "", 0
        for number, message in enumerate(messages):
            if message.get("role") != "assistant":
                continue
            before = self._marked(messages[:number], {**given, "add_generation_prompt": True})
            after = self._marked(messages[: number + 1], {**given, "add_generation_prompt": False})
            if not (after.startswith(before) and whole.startswith(after)):
                raise InvalidRequest(
                    "the chat template does not show what the assistant wrote in message {number}", number=number,
                    param="messages", hint="put {{% generation %}} and {{% endgeneration %}} around it",
                )  # fmt: skip
            marked += whole[done : len(before)] + _BEGIN + whole[len(before) : len(after)] + _END
            done = len(after)
        return marked + whole[done:]


def encode_sealed(tokenizer: Tokenizer, text: str) -> list[int]:
    """Encode a stretch of a rendered template: control tokens are the template's, the rest loses its seals."""
    if _SEAL not in text:
        return tokenizer.encode_marked(text)
    ids: list[int] = []
    for number, piece in enumerate(tokenizer.marks.split(text)):
        ids += [tokenizer.control[piece]] if number % 2 else tokenizer.encode(piece.replace(_SEAL, ""))
    return ids


def _sealed(value: Any, tokenizer: Tokenizer) -> Any:  # noqa: ANN401 - any JSON
    """The same, with a seal inside each control token's name and without any sign of ours."""
    if isinstance(value, str):
        return tokenizer.marks.sub(lambda found: found[0][0] + _SEAL + found[0][1:], _plain(value))
    if isinstance(value, Mapping):
        return {key: _sealed(item, tokenizer) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sealed(item, tokenizer) for item in value]
    return value


def _plain(text: str) -> str:
    return text.replace(_SEAL, "").replace(_BEGIN, "").replace(_END, "")


def _names(tokenizer: Tokenizer) -> dict[str, object]:
    """Control tokens that templates call by their role."""
    ids = {"bos_token": tokenizer.bos_id, "eos_token": tokenizer.eos_id, "pad_token": tokenizer.pad_id}
    return {role: "" if each is None else tokenizer.token_bytes[each].decode() for role, each in ids.items()}


def _refuse(reason: str) -> None:
    """What templates call on a conversation that they cannot lay out."""
    raise TemplateError(reason)
