/**
 * A conversation as a tree: an edited question or another answer stands beside the first, nothing is lost.
 *
 * Plain functions from one tree to the next; what is shown is the path from a root to `head`. Finding a message, its
 * children and its path costs no walk over all messages: a conversation may have thousands.
 */
import type { Message } from "../api/chat";

export interface Tree {
  byId: ReadonlyMap<string, Message>;
  /** Ids below each message, oldest first; the first questions are below null. */
  children: ReadonlyMap<string | null, readonly string[]>;
  /** The last message shown (null = nothing said yet). */
  head: string | null;
}

export const EMPTY: Tree = { byId: new Map(), children: new Map(), head: null };

/** The tree of these messages, parents before children. A head that is unknown is the last message. */
export function treeOf(messages: readonly Message[], head: string | null): Tree {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const children = new Map<string | null, string[]>();
  for (const { id, parent_id } of byId.values()) {
    const place = parent_id !== null && byId.has(parent_id) ? parent_id : null;
    const there = children.get(place);
    if (there) there.push(id);
    else children.set(place, [id]);
  }
  return { byId, children, head: head !== null && byId.has(head) ? head : (messages.at(-1)?.id ?? null) };
}

/** The tree with a message added, or changed where it is. */
export function put(tree: Tree, message: Message): Tree {
  const known = tree.byId.has(message.id);
  const byId = new Map(tree.byId).set(message.id, message);
  if (known) return { ...tree, byId };
  const place = message.parent_id !== null && byId.has(message.parent_id) ? message.parent_id : null;
  const children = new Map(tree.children).set(place, [...(tree.children.get(place) ?? []), message.id]);
  return { ...tree, byId, children };
}

/** The tree with another head; an unknown one changes nothing. */
export function withHead(tree: Tree, head: string | null): Tree {
  return head === tree.head || (head !== null && !tree.byId.has(head)) ? tree : { ...tree, head };
}

/** The messages from a root to `to`, oldest first. */
export function pathTo({ byId }: Tree, to: string | null): Message[] {
  const path: Message[] = [];
  let at = to === null ? undefined : byId.get(to);
  while (at && path.length <= byId.size) {
    path.push(at);
    at = at.parent_id === null ? undefined : byId.get(at.parent_id);
  }
  return path.reverse();
}

/** The messages shown, oldest first. */
export function pathOf(tree: Tree): Message[] {
  return pathTo(tree, tree.head);
}

/** The messages at the same place as this one, oldest first; it is one of them. */
export function siblingsOf(tree: Tree, id: string): readonly string[] {
  const message = tree.byId.get(id);
  if (!message) return [];
  const place = message.parent_id !== null && tree.byId.has(message.parent_id) ? message.parent_id : null;
  return tree.children.get(place) ?? [];
}

/** The end of the path that goes through `id` and, below it, always to the newest. */
export function endBelow(tree: Tree, id: string): string {
  let end = id;
  for (let turn = 0; turn <= tree.byId.size; turn += 1) {
    const next = tree.children.get(end)?.at(-1);
    if (next === undefined) return end;
    end = next;
  }
  return end;
}

/** The answers that came side by side with this one, itself among them; empty = it came alone. */
export function comparedWith(tree: Tree, answer: Message): Message[] {
  if (!answer.comparison_id) return [];
  const all = siblingsOf(tree, answer.id).map((id) => tree.byId.get(id));
  const together = all.filter((other): other is Message => other?.comparison_id === answer.comparison_id);
  return together.length > 1 ? together : [];
}

/** The versions that one can switch between at a message's place; answers that came side by side count as one. */
export function versionsOf(tree: Tree, id: string): string[] {
  const seen = new Set<string>();
  return siblingsOf(tree, id).filter((other) => {
    const group = tree.byId.get(other)?.comparison_id;
    if (!group) return true;
    if (seen.has(group)) return false;
    seen.add(group);
    return true;
  });
}

/** Ids of the answers that are coming. */
export function runningIn(tree: Tree): string[] {
  return [...tree.byId.values()].filter(({ status }) => status === "running").map(({ id }) => id);
}
