/**
 * The conversation that is open: its tree, and what was asked and not yet acknowledged.
 *
 * Does: hold it, and take in what the server answers and tells; each may come first, and twice.
 * Does not: ask the server; see `opening.ts` and `asking.ts`.
 */
import type { Ask, Attachment, Comparison, Conversation, Message, Parameters, Summary } from "../api/chat";
import type { ApiFailure } from "../api/types";
import { createStore } from "./store";
import { begin, end } from "./streams";
import { EMPTY, type Tree, pathOf, put, runningIn, treeOf, withHead } from "./tree";

/** A question on its way to the server. */
export interface Pending {
  ask: Ask;
  attachments: readonly Attachment[];
  /** Why it did not arrive (null = on its way). */
  failure: ApiFailure | null;
}

export interface Open {
  /** null = a new conversation, of which the server knows nothing yet. */
  id: string | null;
  /** Only in this tab: the server keeps no word of it. */
  temporary: boolean;
  summary: Summary | null;
  system: string;
  parameters: Parameters;
  tree: Tree;
  comparisons: ReadonlyMap<string, Comparison>;
  pending: Pending | null;
  loading: boolean;
  failure: ApiFailure | null;
}

export const NEW: Open = {
  id: null, temporary: false, summary: null, system: "", parameters: {}, tree: EMPTY, comparisons: new Map(), pending: null, loading: false, failure: null,
};

export const open = createStore<Open>(NEW);

export function update(some: Partial<Open>): void {
  open.set({ ...open.get(), ...some });
}

/** An opened conversation from what the server gives of it; a question that is on its way stays. */
export function opened(given: Conversation, pending: Pending | null = null): Open {
  const { messages, comparisons, system, parameters, draft: _, event_id: __, ...summary } = given;
  const running = messages.filter(({ status }) => status === "running");
  running.forEach(begin);
  return {
    ...NEW, id: summary.id, summary, system, parameters, tree: treeOf(messages, summary.head_id), pending,
    comparisons: new Map(comparisons.map((comparison) => [comparison.id, comparison])),
  };
}

/** Whether this message is the question that is on its way. */
function isPending({ pending, tree }: Open, message: Message): boolean {
  return pending !== null && message.role === "user" && !tree.byId.has(message.id) && message.content === pending.ask.content && message.parent_id === pending.ask.parent_id;
}

/** The open conversation with a message of it, new or changed. */
export function withMessage(before: Open, message: Message): Open {
  const old = before.tree.byId.get(message.id);
  // An answer that has ended runs no more, in whatever order its events come.
  if (old && old.status !== "running" && message.status === "running") return before;
  if (message.status === "running") begin(message);
  else end(message.id);
  const tree = put(before.tree, message);
  const head = before.summary?.head_id ?? tree.head;
  return { ...before, tree: withHead(tree, head), pending: isPending(before, message) ? null : before.pending };
}

/** The open conversation with its summary changed, its head with it. */
export function withSummary(before: Open, summary: Summary): Open {
  return { ...before, summary, tree: withHead(before.tree, summary.head_id) };
}

export function withComparison(before: Open, comparison: Comparison): Open {
  return { ...before, comparisons: new Map(before.comparisons).set(comparison.id, comparison) };
}

/** The messages shown: down to the head, or to what a question on its way is asked below. */
export function shownIn({ tree, pending }: Open): Message[] {
  return pathOf(pending ? { ...tree, head: pending.ask.parent_id } : tree);
}

/** Whether an answer comes, or a question is on its way; for `useStore`. */
export function isBusy({ tree, pending }: Open): boolean {
  return (pending !== null && pending.failure === null) || runningIn(tree).length > 0;
}

/** Whether nothing was said yet; for `useStore`. */
export const isEmpty = ({ tree, pending, loading, failure }: Open): boolean => tree.head === null && pending === null && !loading && failure === null;
