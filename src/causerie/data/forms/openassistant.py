"""OpenAssistant's trees (Koepf et al., 2023): questions with several answers that people have ranked.

Does: read both published forms, a message a line with `parent_id`, and a tree a line with `replies`; make of each
tree the conversation of its best answers, or a pair of the best and the worst answer to each question.
Does not: take what its authors deleted, found to be spam, or did not pass; nor what hangs on it.

Messages of one file are in memory together, because a message may come before its parent.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from causerie.data.contract import Message, Removed, Role, Sample
from causerie.data.forms.turns import ROLE_OF, conversation, preference


@dataclass
class _Node:
    id: str
    role: Role
    text: str
    language: str
    rank: int | None
    replies: list["_Node"] = field(default_factory=list)

    def best_first(self) -> list["_Node"]:
        """Its replies, the best first; those without a rank last; the first in the file where nothing decides."""
        return sorted(self.replies, key=lambda node: (node.rank is None, node.rank or 0))


def samples(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """One conversation a tree: at each step the best reply."""
    roots, left_out = _trees(rows)
    yield from left_out
    for root in roots:
        said, node = [Message(root.role, root.text)], root
        while node.replies:
            node = node.best_first()[0]
            said.append(Message(node.role, node.text))
        yield conversation(root.id, said, root.language)


def pairs(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """The best and the worst ranked answer to each question that has two."""
    roots, left_out = _trees(rows)
    yield from left_out
    for root in roots:
        waiting: list[tuple[_Node, tuple[Message, ...]]] = [(root, (Message(root.role, root.text),))]
        while waiting:
            node, way = waiting.pop()
            ranked = [reply for reply in node.best_first() if reply.rank is not None and reply.role == "assistant"]
            if len(ranked) > 1 and ranked[0].rank != ranked[-1].rank:
                yield preference(node.id, way, ranked[0].text, ranked[-1].text, lang=root.language)
            waiting += [(reply, (*way, Message(reply.role, reply.text))) for reply in reversed(node.replies)]


def _trees(rows: Iterable[tuple[str, dict[str, Any]]]) -> tuple[list[_Node], list[Removed]]:
    """The first message of each tree, in the order of the file; and what is in none, with the reason."""
    nodes: dict[str, tuple[_Node, str]] = {}
    left_out: list[Removed] = []
    for key, row in rows:
        top = row.get("prompt") if isinstance(row.get("prompt"), dict) else row
        left_out += _gathered(key, top, nodes)
    roots = []
    for node, parent in nodes.values():
        if parent in nodes:
            nodes[parent][0].replies.append(node)
        elif parent:
            left_out.append(Removed("a reply to what is not there", node.id))
        else:
            roots.append(node)
    return roots, left_out


def _gathered(key: str, row: object, nodes: dict[str, tuple[_Node, str]]) -> Iterator[Removed]:
    """Put a message and all that hang on it among the nodes, with the ids of their parents (empty = it has none)."""
    waiting: list[tuple[object, str]] = [(row, "")]
    while waiting:
        message, above = waiting.pop()
        role = ROLE_OF.get(str(message.get("role"))) if isinstance(message, dict) else None
        if not isinstance(message, dict) or role is None or not isinstance(message.get("text"), str):
            yield Removed("no message of a tree", key)
            continue
        own = str(message.get("message_id", f"{len(nodes)}"))
        if message.get("deleted") or message.get("spam") or message.get("review_result") is False:
            yield Removed("deleted or refused", own)
            continue
        node = _Node(own, role, message["text"], str(message.get("lang") or ""), _rank(message.get("rank")))
        parent, replies = message.get("parent_id"), message.get("replies")
        nodes[own] = node, above if parent in (None, "") else str(parent)
        waiting += [(reply, own) for reply in reversed(replies if isinstance(replies, list) else [])]


def _rank(given: object) -> int | None:
    """Its place among the answers to one question, 0 for the best; tables may have it as digits or as 0.0."""
    whole = given.is_integer() if isinstance(given, float) else str(given).isdecimal()
    return int(given) if whole and isinstance(given, int | float | str) else None
