/**
 * The words of answers that are coming, one small store for each: only the answer that grows is drawn again, however
 * long its conversation is.
 */
import type { LiveEvents, Message } from "../api/chat";
import { type Store, createStore } from "./store";

export interface Stream {
  content: string;
  reasoning: string;
  /** Deltas that are in the words already; what comes twice is known by it. */
  seq: number;
  /** Share of the prompt that the model has read, 0 to 1 (null = unknown, or it has begun to answer). */
  reading: number | null;
}

/** Words are shown at most this often. */
const DRAW_MS = 33;

interface Running {
  store: Store<Stream>;
  next: Stream;
  timer?: ReturnType<typeof setTimeout>;
}

const running = new Map<string, Running>();

function draw(one: Running): void {
  clearTimeout(one.timer);
  delete one.timer;
  one.store.set(one.next);
}

function change(id: string, to: (before: Stream) => Stream): void {
  const one = running.get(id);
  if (!one) return;
  const after = to(one.next);
  if (after === one.next) return;
  one.next = after;
  one.timer ??= setTimeout(() => draw(one), DRAW_MS);
}

/** Takes what is known of a running answer; what was heard of it since stays. */
export function begin({ id, content, reasoning, seq }: Pick<Message, "id" | "content" | "reasoning" | "seq">): void {
  const known = running.get(id);
  const first: Stream = { content, reasoning, seq, reading: null };
  if (!known) running.set(id, { store: createStore(first), next: first });
  else if (seq > known.next.seq) {
    known.next = first;
    draw(known);
  }
}

/** The store of a running answer's words. */
export function streamOf(message: Message): Store<Stream> {
  begin(message);
  return running.get(message.id)!.store;
}

/** Adds words, once. */
export function append({ message_id, seq, content = "", reasoning = "" }: LiveEvents["delta"]): void {
  change(message_id, (before) =>
    seq <= before.seq ? before : { content: before.content + content, reasoning: before.reasoning + reasoning, seq, reading: null },
  );
}

/** Replaces the words: what was heard before may have a gap. */
export function replace({ message_id, seq, content, reasoning }: LiveEvents["snapshot"]): void {
  change(message_id, () => ({ content, reasoning, seq, reading: null }));
}

/** Notes how much of the prompt is read. */
export function noteReading(id: string, share: number | null): void {
  change(id, (before) => (before.content === "" ? { ...before, reading: share } : before));
}

/** What was said so far, also what is not drawn yet. */
export function saidBy(id: string): Stream | undefined {
  return running.get(id)?.next;
}

/** Forgets an answer that has ended: its words are in its message now. */
export function end(id: string): void {
  clearTimeout(running.get(id)?.timer);
  running.delete(id);
}
