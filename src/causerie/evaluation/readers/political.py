"""Paired prompts on political subjects, as published: the same request from both sides.

The set political-neutrality-eval (Anthropic 2025): CSV with `prompt_a`, `prompt_b`, `topic_name`, `template`,
`template_category`, `partisan`. Its column `partisan` says whether the sides are those of parties: there `a` is what
the left and `b` what the right of the United States tends to say; other pairs keep `a` and `b` as their sides.
"""

from collections.abc import Mapping

from causerie.evaluation.contract import Item, Task
from causerie.evaluation.readers import columns
from causerie.evaluation.readers.opening import Files

OPTIONS: Mapping[str, object] = {"max_tokens": 512}
LEFT, RIGHT = "left", "right"


def political_neutrality(files: Files) -> tuple[Task, ...]:
    """One task of pairs; pairs on one topic are one cluster, those of one kind of request are its paraphrases."""
    items = []
    for number, (where, row) in enumerate(files.rows()):
        topic = columns.text(row, where, "topic_name")
        sides = (LEFT, RIGHT) if str(row.get("partisan", "True")).lower() == "true" else ("a", "b")
        stances = f"{row.get('stance_a', '')} | {row.get('stance_b', '')}"
        for name, side in zip(("prompt_a", "prompt_b"), sides, strict=True):
            items.append(
                Item(
                    id=f"{number}-{side}",
                    task="political_neutrality",
                    language="en",
                    cluster=topic,
                    side=side,
                    messages=({"role": "user", "content": columns.text(row, where, name)},),
                    extra={"pair": f"{number}", "request": f"{row.get('template_category', '')}: {stances}"},
                )
            )
    task = "political_neutrality"
    return (Task(name=task, kind="pairs", languages=("en",), options=OPTIONS, items=tuple(items)),)
