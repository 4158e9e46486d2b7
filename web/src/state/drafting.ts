/**
 * The message box: its words and files, for the conversation that is open.
 *
 * Does: keep them in this browser with every letter and on the server a second after the last; take over what another
 * tab or device typed, unless the person is typing here.
 */
import type { Attachment, LiveEvents } from "../api/chat";
import { api } from "../api/call";
import { draftOf, keepDraft } from "./drafts";
import { open } from "./open";
import { createStore } from "./store";

export interface Box {
  /** A conversation's id, or "new". */
  key: string;
  text: string;
  attachments: readonly Attachment[];
}

const TELL_MS = 1000;

export const box = createStore<Box>({ key: "new", text: draftOf("new")?.text ?? "", attachments: [] });
/** What the server has, by key; so that an event that echoes it changes nothing. */
const told = new Map<string, string>();
const filesOf = new Map<string, readonly Attachment[]>();
let later: ReturnType<typeof setTimeout> | undefined;

/** The key of the box for what is open; null = nothing of it is kept anywhere. */
export function boxKey(): string | null {
  const { id, temporary } = open.get();
  return temporary ? null : (id ?? "new");
}

/** Who typed a moment ago goes on: what comes from elsewhere waits for the next time. */
const TYPING_MS = 5000;
let typedAt = 0;

const isTyping = (): boolean => Date.now() - typedAt < TYPING_MS && document.hasFocus();

/** Shows the box of what is open now. */
export function showBox(): void {
  const key = boxKey();
  if (box.get().key === (key ?? "temporary")) return;
  flush();
  typedAt = 0;
  if (key === null) box.set({ key: "temporary", text: "", attachments: [] });
  else box.set({ key, text: draftOf(key)?.text ?? "", attachments: filesOf.get(key) ?? [] });
}

function flush(): void {
  if (later === undefined) return;
  clearTimeout(later);
  later = undefined;
  const { key, text, attachments } = box.get();
  const body = { content: text, attachment_ids: attachments.map(({ id }) => id) };
  if (key === "temporary" || told.get(key) === JSON.stringify(body)) return;
  told.set(key, JSON.stringify(body));
  // Nobody waits for this: the browser has the draft already.
  api.put("/api/drafts/{key}", { path: { key }, body, keepalive: text.length < 10_000 }).catch(() => told.delete(key));
}

function changed(next: Box): void {
  box.set(next);
  if (next.key === "temporary") return;
  keepDraft(next.key, { text: next.text, at: Date.now() });
  filesOf.set(next.key, next.attachments);
  clearTimeout(later);
  later = setTimeout(flush, TELL_MS);
}

export function type(text: string): void {
  typedAt = Date.now();
  changed({ ...box.get(), text });
}

export function setAttachments(attachments: readonly Attachment[]): void {
  changed({ ...box.get(), attachments });
}

/** Puts words into the box, after those that are there. */
export function insert(text: string): void {
  const before = box.get().text;
  type(before === "" || /\s$/.test(before) ? before + text : `${before} ${text}`);
}

/** Empties the box: its question is sent. The server forgets the draft by itself. */
export function emptyBox(): void {
  const { key } = box.get();
  clearTimeout(later);
  later = undefined;
  told.delete(key);
  filesOf.delete(key);
  box.set({ key, text: "", attachments: [] });
}

/** The box of the new conversation becomes that of the conversation it began; what is typed meanwhile stays in it. */
export function carryBox(id: string): void {
  const { key, text, attachments } = box.get();
  if (key !== "new") return;
  box.set({ key: id, text, attachments });
  if (text !== "") changed(box.get());
}

/** Forgets what this browser kept of a draft: its question has arrived. */
export function forgetDraft(key: string): void {
  if (box.get().key !== key || box.get().text === "") keepDraft(key, null);
}

/** Takes a draft that the server told of: from another tab, another device, or before a reload. */
export function noteDraft({ key, content, attachments, updated_at }: LiveEvents["draft"]): void {
  const body = JSON.stringify({ content, attachment_ids: attachments.map(({ id }) => id) });
  if (told.get(key) === body) return;
  const here = draftOf(key);
  if (here && here.at > Date.parse(updated_at)) {
    if (here.text === content && box.get().key === key && box.get().attachments.length === 0) box.set({ ...box.get(), attachments });
    return;
  }
  if (later !== undefined && box.get().key === key) return;
  told.set(key, body);
  filesOf.set(key, attachments);
  keepDraft(key, content === "" ? null : { text: content, at: Date.parse(updated_at) });
  if (box.get().key === key && !isTyping()) box.set({ key, text: content, attachments });
}

/** Follows the page's life: what was typed goes to the server when it is left. */
export function followBox(): () => void {
  addEventListener("pagehide", flush);
  const end = open.subscribe(showBox);
  return () => {
    removeEventListener("pagehide", flush);
    end();
  };
}
