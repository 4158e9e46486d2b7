"""Examples laid into what a model is asked.

Does: put each before the question, as a turn of both sides or as a part of the one message.
Does not: choose them; see `examples.py`.

Turns are the default, as where lm-evaluation-harness applies a chat template.
"""

from collections.abc import Mapping, Sequence

from causerie.evaluation.contract import Item, Layout, Message, Task

ANSWER = {"en": "Answer: {answer}", "fr": "Réponse : {answer}"}
"""Before the answer of an example that stands within a message."""


def layout_of(task: Task) -> Layout:
    """How the task shows its examples."""
    return task.shots.layout if task.shots else "turns"


def checked(task: Task) -> tuple[Item, ...]:
    """The items that a kind must be able to ask: those of the task, and those that stand before them."""
    return (*task.items, *task.shots.pool) if task.shots and task.shots.count else task.items


def after_examples(
    messages: Sequence[Message], shown: Sequence[tuple[str, str]], layout: Layout, language: str
) -> list[Message]:
    """A conversation with examples in it.

    Args:
        messages: The conversation that asks; its last message is the question.
        shown: Question and answer of each example.
        layout: As turns: behind the system messages that the conversation begins with. As one message: before the
            text of its last one, with a blank line between.
        language: Of the word before an answer, where all is one message.
    """
    if not shown:
        return list(messages)
    if layout == "message":
        answered = ANSWER.get(language, ANSWER["en"])
        parts = [f"{question}\n\n{answered.format(answer=answer)}" for question, answer in shown]
        last: Mapping[str, str] = {**messages[-1], "content": "\n\n".join([*parts, messages[-1]["content"]])}
        return [*messages[:-1], last]
    begins = next((place for place, each in enumerate(messages) if each["role"] != "system"), len(messages))
    turns: list[Message] = []
    for question, answer in shown:
        turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return [*messages[:begins], *turns, *messages[begins:]]
