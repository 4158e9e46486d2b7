"""What kinds of task ask a model that judges, and what is noted of it beside the item.

Does: ask; count the judge's tokens, which have their own price; keep why it gave no verdict.
Does not: read a verdict or a grade; the kinds do.

A question that the judge cannot take, such as one longer than its context, is no verdict. It is the judge's failure:
the model that is judged did answer, and does not get a wrong answer for it.
"""

from collections.abc import Sequence
from typing import Any

from causerie.errors import CauserieError
from causerie.evaluation.contract import OF_THE_QUESTION, Answer, Subject

JUDGE_TOKENS, JUDGE_ERROR = "judge_tokens", "judge_error"
"""In `Answer.extra`: tokens that the judge read and wrote; why there is a verdict less."""


async def judged(judge: Subject, questions: Sequence[str], *, max_tokens: int) -> tuple[list[str], dict[str, Any]]:
    """What the judge says to each question (empty = nothing), and what is to be noted in `Answer.extra`.

    Raises:
        CauserieError: The judge does not answer.
    """
    said: list[Answer] = []
    noted: dict[str, Any] = {}
    for question in questions:
        try:
            said.append(await judge.chat([{"role": "user", "content": question}], max_tokens=max_tokens))
        except CauserieError as error:
            if error.status not in OF_THE_QUESTION:
                raise
            said.append(Answer())
            noted[JUDGE_ERROR] = f"{error.code}: {error.message}"
    noted[JUDGE_TOKENS] = [sum(each.tokens_in for each in said), sum(each.tokens_out for each in said)]
    return [each.text for each in said], noted
