"""OpenAssistant's trees (Koepf et al., 2023): questions with several answers that people have ranked.

Does: read both published forms, a message a line with `parent_id`, and a tree a line with `replies`; make of each
tree the conversation of its best answers, or a pair of the best and the worst answer to each question.
Does not: take what its authors deleted, found to be spam, or did not pass.

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
    for root in _trees(rows):
        said, node = [Message(root.role, root.text)], root
        while node.replies:
            node = node.best_first()[0]
            said.append(Message(node.role, node.text))
        yield conversation(root.id, said, root.language)


def pairs(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Sample | Removed]:
    """The best and the worst ranked answer to each question that has two."""
    for root in _trees(rows):
        waiting: list[tuple[_Node, tuple[Message, ...]]] = [(root, (Message(root.role, root.text),))]
        while waiting:
            node, way = waiting.pop()
            ranked = [reply for reply in node.best_first() if reply.rank is not None and reply.role == "assistant"]
            if len(ranked) > 1 and ranked[0].rank != ranked[-1].rank:
                yield preference(node.id, way, ranked[0].text, ranked[-1].text, lang=root.language)
            waiting += [(reply, (*way, Message(reply.role, reply.text))) for reply in reversed(node.replies)]


def _trees(rows: Iterable[tuple[str, dict[str, Any]]]) -> list[_Node]:
    """The first message of each tree, in the order of the file."""
    nodes: dict[str, tuple[_Node, str | None]] = {}
    for _, row in rows:
        top = row.get("prompt") if isinstance(row.get("prompt"), dict) else row
        _gather(top or {}, None, nodes)
    roots = []
    for node, parent in nodes.values():
        if parent in nodes:
            nodes[parent][0].replies.append(node)
        elif parent is None:
            roots.append(node)
    return roots


def _gather(row: dict[str, Any], parent: str | None, nodes: dict[str, tuple[_Node, str | None]]) -> None:
    """A message and all that hang on it."""
    waiting = [(row, parent)]
    while waiting:
        message, above = waiting.pop()
        role = ROLE_OF.get(str(message.get("role")))
        refused = message.get("deleted") or message.get("spam") or message.get("review_result") is False
        if role is None or refused or not isinstance(message.get("text"), str):
            continue
        own = str(message.get("message_id", f"{len(nodes)}"))
        rank = message.get("rank")
        node = _Node(own, role, message["text"], str(message.get("lang") or ""), None if rank is None else int(rank))
        nodes[own] = node, message.get("parent_id") or above
        waiting += [(reply, own) for reply in reversed(message.get("replies") or [])]
