/**
 * Answers as a stream, from the route that other clients use: what a temporary conversation is made of.
 *
 * Does not: take a field of a chunk on trust.
 */
import { RequestFailed, failureOf, send } from "./client";
import { readEvents } from "./stream";
import type { ChatMessage, Sampling, Usage } from "./types";

/** What happens while an answer comes. */
export type AnswerEvent =
  | { kind: "model"; name: string }
  | { kind: "reading"; done: number; total: number }
  | { kind: "text"; text: string }
  | { kind: "end"; reason: string }
  | { kind: "usage"; usage: Usage };

interface Chunk {
  model?: unknown;
  choices?: { delta?: { role?: string; content?: string | null }; finish_reason?: string | null }[];
  usage?: Usage | null;
}

/** The events that one chunk of the stream holds. Throws `RequestFailed` for an error event. */
export function eventsOf(chunk: unknown): AnswerEvent[] {
  const failure = failureOf(chunk);
  if (failure) throw new RequestFailed(failure);
  const { model, choices, usage } = chunk as Chunk;
  const events: AnswerEvent[] = [];
  const choice = choices?.[0];
  // The first says who answers, which a released name leaves open.
  if (choice?.delta?.role && typeof model === "string") events.push({ kind: "model", name: model });
  if (choice?.delta?.content) events.push({ kind: "text", text: choice.delta.content });
  if (choice?.finish_reason) events.push({ kind: "end", reason: choice.finish_reason });
  if (usage) events.push({ kind: "usage", usage });
  return events;
}

/** How much of the prompt is read, from the server's comment `prompt 256/6031`; null = another comment. */
export function progressOf(comment: string): AnswerEvent | null {
  const found = /^prompt (\d+)\/(\d+)$/.exec(comment);
  return found ? { kind: "reading", done: Number(found[1]), total: Number(found[2]) } : null;
}

/**
 * Asks for an answer and gives it as it comes.
 *
 * Throws `RequestFailed`, also in the middle of an answer, and an `AbortError` when `signal` stops it.
 */
export async function* streamAnswer(
  model: string, messages: ChatMessage[], sampling: Sampling, signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const { leave_out_oldest: _, ...drawing } = sampling;
  const body = JSON.stringify({ model, messages, ...drawing, stream: true, stream_options: { include_usage: true } });
  const response = await send("/v1/chat/completions", { method: "POST", body, signal, headers: { "content-type": "application/json" } });
  if (response.body === null) throw new RequestFailed({ code: "cut", message: "" });
  let ended = false;
  try {
    for await (const part of readEvents(response.body)) {
      if (part.kind === "comment") {
        const progress = progressOf(part.text);
        if (progress) yield progress;
      } else if (part.data === "[DONE]") ended = true;
      else yield* eventsOf(JSON.parse(part.data));
    }
  } catch (error) {
    if (error instanceof RequestFailed || signal.aborted) throw error;
    throw new RequestFailed({ code: "cut", message: "" });
  }
  if (!ended && !signal.aborted) throw new RequestFailed({ code: "cut", message: "" });
}
