"""`causerie chat`: talk with a model in the terminal, or pipe text through it.

Does: one question and its answer (also in a pipe, then plain text only), or a conversation with history and commands.
Does not: run the model; a running server answers, or `inference` does in this process.
Try it: causerie chat "Say hello"        echo "Bonjour" | causerie chat "Translate into English:"
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causerie.cli.language import t
from causerie.cli.terminal import console, errors, print_error, print_json
from causerie.errors import CauserieError, InvalidRequest

if TYPE_CHECKING:
    from causerie.cli.session import Session


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to answer; None leaves it to the model or the settings."""

    model: str | None
    system: str
    temperature: float | None
    max_tokens: int | None
    seed: int | None

    def payload(self, model: str, messages: list[dict[str, str]]) -> dict[str, Any]:
        """The request for these messages, streamed, with its usage at the end."""
        wanted = {"temperature": self.temperature, "max_tokens": self.max_tokens, "seed": self.seed}
        given = {name: value for name, value in wanted.items() if value is not None}
        stream = {"stream": True, "stream_options": {"include_usage": True}}
        return {"model": model, "messages": messages, **stream, **given}


@dataclass(kw_only=True)
class Answer:
    """What came back, so far."""

    content: str = ""
    model: str = ""
    finish_reason: str = ""
    usage: dict[str, Any] | None = None


def chat(
    question: Annotated[
        str, typer.Argument(help=t("The question (empty = what is piped in, or else a conversation)."))
    ] = "",
    model: Annotated[
        str | None, typer.Option("--model", "-m", help=t("Model that answers (none = the default)."))
    ] = None,
    system: Annotated[str, typer.Option("--system", "-s", help=t("System prompt: what the model is to be."))] = "",
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help=t("Randomness, 0 to 2 (none = the model's own)."))
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help=t("Longest answer, in tokens (none = the setting max_tokens)."))
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help=t("Same seed, same answer (none = another each time)."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print one JSON object."))] = False,
) -> None:
    """Answer one question, or hold a conversation."""
    options = Options(model=model, system=system, temperature=temperature, max_tokens=max_tokens, seed=seed)
    text = _with_piped(question)
    if text:
        asyncio.run(_answer_once(text, options, as_json=as_json))
    elif sys.stdin.isatty() and not as_json:
        asyncio.run(_converse(options))
    else:
        raise InvalidRequest("there is no question", hint='causerie chat "Say hello"')


def _with_piped(question: str) -> str:
    """The question, followed by what is piped in."""
    if sys.stdin.isatty():
        return question.strip()
    try:
        # Bytes, because in the locale C Python lets through what is no UTF-8.
        piped = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("what is piped in is not UTF-8 text (byte {position})", position=error.start) from error
    return "\n\n".join(part for part in (question.strip(), piped.strip()) if part)


async def _answer_once(text: str, options: Options, *, as_json: bool) -> None:
    from causerie.cli.session import Session
    from causerie.cli.talk import talk
    from causerie.settings import load_settings

    async with talk(load_settings()) as talking:
        model = await talking.resolve(options.model)
        messages = Session(model=model, models=(), system=options.system).asked(text)
        events = talking.events(options.payload(model, messages))
        if as_json:
            answer = await _follow(events, lambda _: None)
            parts = {"content": answer.content, "finish_reason": answer.finish_reason, "usage": answer.usage}
            print_json({"model": answer.model or model, **parts})  # which of those that a released name stands for
        else:
            await _print(events)


async def _print(events: AsyncIterator[dict[str, Any]]) -> Answer:
    """Print an answer as it comes: rendered in a terminal, plain in a pipe."""
    if not sys.stdout.isatty():
        answer = await _follow(events, _write_plain)
        sys.stdout.write("\n")
        return answer
    from causerie.cli.markdown import MarkdownStream

    with MarkdownStream(console()) as stream:
        return await _follow(events, stream.write)


def _write_plain(piece: str) -> None:
    sys.stdout.write(piece)
    sys.stdout.flush()


async def _follow(events: AsyncIterator[dict[str, Any]], show: Callable[[str], None]) -> Answer:
    answer = Answer()
    async for event in events:
        answer.usage = event.get("usage") or answer.usage
        answer.model = event.get("model") or answer.model
        for choice in event.get("choices", ()):
            piece = choice.get("delta", {}).get("content") or ""
            answer.content += piece
            answer.finish_reason = choice.get("finish_reason") or answer.finish_reason
            if piece:
                show(piece)
    return answer


async def _converse(options: Options) -> None:
    from causerie.cli.prompt import prompt
    from causerie.cli.session import Session
    from causerie.cli.talk import talk
    from causerie.settings import load_settings

    settings = load_settings()
    async with talk(settings) as talking:
        session = Session(
            model=await talking.resolve(options.model), models=await talking.models(), system=options.system
        )
        errors().print(t("You talk with {model}. /help lists the commands, Ctrl-D leaves.", model=session.model))
        read = prompt(settings)
        while not session.ended:
            line = await read()
            if line is None:
                break
            if line.strip():
                await _turn(line.strip(), session, options, talking.events)


async def _turn(
    line: str,
    session: "Session",
    options: Options,
    ask: Callable[[dict[str, Any]], AsyncIterator[dict[str, Any]]],
) -> None:
    """One line of a conversation: a command, or a question and its answer; a failure ends the turn, not the talk."""
    try:
        if line.startswith("/"):
            if told := session.obey(line):
                errors().print(told, markup=False)
            return
        shown = Answer()
        await _until_interrupted(_tell(ask(options.payload(session.model, session.asked(line))), shown))
        if shown.content:
            session.answered(line, shown.content)
    except CauserieError as error:
        print_error(error)


async def _tell(events: AsyncIterator[dict[str, Any]], shown: Answer) -> None:
    from causerie.cli.markdown import MarkdownStream

    with MarkdownStream(console()) as stream:

        def show(piece: str) -> None:
            shown.content += piece
            stream.write(piece)

        await _follow(events, show)


async def _until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run until it is done or Ctrl-C is pressed, which stops this answer and nothing else."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        errors().print(f"[dim]{t('stopped')}[/]")
    finally:
        loop.remove_signal_handler(signal.SIGINT)
