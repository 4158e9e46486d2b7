/**
 * Requests to the server: its settings, its models, and answers as a stream.
 *
 * Does: send the API key when there is one, and turn every failure into one `RequestFailed`.
 * Does not: keep anything but that key, and that for this browser tab only.
 */
import { readEvents } from "./events";
import type { ApiFailure, ChatMessage, PageModels, PageSettings, Sampling, Usage } from "./types";

const KEY = "causerie.key";
/** For browsers that refuse `sessionStorage`. */
let keyHere = "";

/** The failure of a request: the server's own words, or a code of ours when it said none. */
export class RequestFailed extends Error {
  constructor(readonly failure: ApiFailure) {
    super(failure.message);
  }
}

/** The API key kept for this tab, or "". */
export function apiKey(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return keyHere;
  }
}

/** Keeps the key until the tab is closed; "" forgets it. */
export function setApiKey(key: string): void {
  keyHere = key;
  try {
    if (key === "") sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, key);
  } catch {
    // A browser that keeps nothing keeps the key until the next reload.
  }
}

function headers(): Record<string, string> {
  const key = apiKey();
  return { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) };
}

/** The server's error object, wherever it was found; null = this is none. */
export function failureOf(body: unknown): ApiFailure | null {
  const error = (body as { error?: Partial<Record<keyof ApiFailure, unknown>> } | null)?.error;
  if (typeof error !== "object" || error === null) return null;
  return {
    code: typeof error.code === "string" ? error.code : "unknown",
    message: typeof error.message === "string" ? error.message : "",
    ...(typeof error.hint === "string" && { hint: error.hint }),
  };
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: headers() });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new RequestFailed({ code: "unreachable", message: "" });
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  throw new RequestFailed(failureOf(body) ?? { code: "unknown", message: `HTTP ${response.status}` });
}

/** What the page must know of the server; may throw `RequestFailed`. */
export async function fetchSettings(): Promise<PageSettings> {
  return (await (await ask("/api/settings", {})).json()) as PageSettings;
}

/** Every model of the server; may throw `RequestFailed`. */
export async function fetchModels(): Promise<PageModels> {
  return (await (await ask("/api/models", {})).json()) as PageModels;
}

/** What happens while an answer comes. */
export type AnswerEvent =
  | { kind: "reading"; done: number; total: number }
  | { kind: "text"; text: string }
  | { kind: "end"; reason: string }
  | { kind: "usage"; usage: Usage };

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: Usage | null;
}

/** The events that one chunk of the stream holds. Throws `RequestFailed` for an error event. */
export function eventsOf(chunk: unknown): AnswerEvent[] {
  const failure = failureOf(chunk);
  if (failure) throw new RequestFailed(failure);
  const { choices, usage } = chunk as Chunk;
  const events: AnswerEvent[] = [];
  const choice = choices?.[0];
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
  const body = JSON.stringify({ model, messages, ...sampling, stream: true, stream_options: { include_usage: true } });
  const response = await ask("/v1/chat/completions", { method: "POST", body, signal });
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
