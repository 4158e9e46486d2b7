/**
 * A conversation as a tree: an edited question or a second answer stands beside the first, nothing is lost.
 *
 * Plain functions from one conversation to the next; what is shown is the path from a root to `head`.
 */
import type { ApiFailure, ChatMessage, Usage } from "../api/types";

/** How an answer stands; "cut" = the page was closed while it came. */
export type AnswerState = "running" | "done" | "stopped" | "failed" | "cut";

/** What was measured of one answer. */
export interface Measures {
  /** From the question to the first word, in milliseconds. */
  firstMs?: number;
  /** From the first word to the last, in milliseconds. */
  spanMs?: number;
  usage?: Usage;
}

/** A question. */
export interface Question {
  id: string;
  parent: string | null;
  role: "user";
  text: string;
}

/** An answer, whole or as far as it came. */
export interface Answer {
  id: string;
  parent: string | null;
  role: "assistant";
  text: string;
  model: string;
  state: AnswerState;
  /** Why it ended, in OpenAI's words: "stop" or "length". */
  reason?: string;
  failure?: ApiFailure;
  measures: Measures;
}

export type Message = Question | Answer;

/** Messages in the order of their making, and the last one shown (null = nothing said yet). */
export interface Conversation {
  messages: Message[];
  head: string | null;
}

export const EMPTY: Conversation = { messages: [], head: null };

function byId(conversation: Conversation): Map<string | null, Message> {
  return new Map(conversation.messages.map((message) => [message.id, message]));
}

/** The messages shown, oldest first. */
export function shown(conversation: Conversation): Message[] {
  const messages = byId(conversation);
  const path: Message[] = [];
  let at = messages.get(conversation.head);
  while (at && path.length <= conversation.messages.length) {
    path.unshift(at);
    at = messages.get(at.parent);
  }
  return path;
}

/** The conversation with one more message, which becomes the last shown. */
export function append(conversation: Conversation, message: Message): Conversation {
  return { messages: [...conversation.messages, message], head: message.id };
}

/** The conversation with one answer changed. */
export function change(conversation: Conversation, id: string, to: (answer: Answer) => Answer): Conversation {
  const messages = conversation.messages.map((message) =>
    message.id === id && message.role === "assistant" ? to(message) : message,
  );
  return { ...conversation, messages };
}

/** The messages that stand at the same place as this one, oldest first; it is one of them. */
export function siblings(conversation: Conversation, id: string): string[] {
  const message = conversation.messages.find((other) => other.id === id);
  if (!message) return [];
  return conversation.messages.filter((other) => other.parent === message.parent).map((other) => other.id);
}

/** The conversation that shows this message, and below it the newest of what followed. */
export function show(conversation: Conversation, id: string): Conversation {
  let head = id;
  for (;;) {
    const next = conversation.messages.findLast((message) => message.parent === head);
    if (!next) return { ...conversation, head };
    head = next.id;
  }
}

/** What the model is sent to answer the question `id`; answers of which nothing came are left out. */
export function promptFor(conversation: Conversation, id: string, system: string): ChatMessage[] {
  const said = shown({ ...conversation, head: id }).filter((message) => message.role === "user" || message.text !== "");
  const messages: ChatMessage[] = said.map(({ role, text }) => ({ role, content: text }));
  return system.trim() === "" ? messages : [{ role: "system", content: system }, ...messages];
}

/** The shown conversation as Markdown, for a file. */
export function asMarkdown(conversation: Conversation, you: string): string {
  return shown(conversation)
    .map((message) => `## ${message.role === "user" ? you : message.model}\n\n${message.text}\n`)
    .join("\n");
}

function isMessage(value: unknown): value is Message {
  const message = value as Partial<Answer> | null;
  if (typeof message !== "object" || message === null) return false;
  const placed = typeof message.id === "string" && (message.parent === null || typeof message.parent === "string");
  if (!placed || typeof message.text !== "string") return false;
  const role: unknown = message.role;
  return role === "user" || (role === "assistant" && typeof message.model === "string" && typeof message.measures === "object");
}

/** A conversation from what the browser kept (anything may be in there): an answer that was coming is "cut" now. */
export function revive(kept: unknown): Conversation {
  const { messages, head } = (kept ?? {}) as Partial<Conversation>;
  if (!Array.isArray(messages) || !messages.every(isMessage)) return EMPTY;
  const settled = messages.map((message) =>
    message.role === "assistant" && message.state === "running" ? { ...message, state: "cut" as const } : message,
  );
  const last = settled.at(-1);
  if (!last) return EMPTY;
  return { messages: settled, head: settled.some((message) => message.id === head) ? (head ?? last.id) : last.id };
}
