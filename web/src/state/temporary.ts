/**
 * A temporary conversation: held in this tab alone. The server answers and keeps no word of it.
 *
 * It is drawn like any other; its messages have the server's shape and ids of the page's own.
 */
import { api, failureIn } from "../api/call";
import type { Message } from "../api/chat";
import { streamAnswer } from "../api/answers";
import type { ChatMessage, Usage } from "../api/types";
import { nameInUse } from "./choosing";
import { open, update } from "./open";
import { preferences } from "./preferences";
import { serverAsked } from "./server";
import { append, begin, end, noteReading, saidBy } from "./streams";
import { pathTo, put, withHead } from "./tree";

let running: AbortController | null = null;
let count = 0;

function message(role: Message["role"], parent_id: string | null, some: Partial<Message>): Message {
  count += 1;
  return {
    id: `temporary-${count}`, parent_id, role, content: "", reasoning: "", status: "complete", error: null, model: null, model_version: null, finish_reason: null,
    usage: null, left_out: 0, comparison_id: null, attachments: [], feedback: null, seq: 0, created_at: new Date().toISOString(), ended_at: null, ...some,
  };
}

function add(one: Message): void {
  update({ tree: withHead(put(open.get().tree, one), one.id) });
}

/** What the model is sent: instructions, then all that was said above; answers of which nothing came are left out. */
async function promptFor(question: string): Promise<ChatMessage[]> {
  const personal = await api.get("/api/personal").catch(() => null);
  const system = [preferences.get().system, personal?.instructions_enabled ? personal.instructions : ""].filter((text) => text.trim() !== "").join("\n\n");
  const said = pathTo(open.get().tree, question).filter(({ role, content }) => role === "user" || content !== "");
  const messages: ChatMessage[] = said.map(({ role, content }) => ({ role, content }));
  return system === "" ? messages : [{ role: "system", content: system }, ...messages];
}

/** Asks `content` below `at`; null = has the question `at` answered again. */
export async function askTemporary(content: string | null, at: string | null): Promise<void> {
  stopTemporary();
  let question = at;
  if (content !== null) {
    const asked = message("user", at, { content });
    add(asked);
    question = asked.id;
  }
  if (question === null) return;
  await serverAsked();
  const answer = message("assistant", question, { model: nameInUse(), status: "running" });
  begin(answer);
  add(answer);
  const controller = new AbortController();
  running = controller;
  const ended = await receive(answer, await promptFor(question), controller.signal);
  if (running === controller) running = null;
  const { content: text, reasoning } = saidBy(answer.id) ?? answer;
  end(answer.id);
  if (open.get().tree.byId.has(answer.id)) update({ tree: put(open.get().tree, { ...answer, content: text, reasoning, ...ended }) });
}

async function receive(answer: Message, prompt: ChatMessage[], signal: AbortSignal): Promise<Partial<Message>> {
  const asked = performance.now();
  let first: number | null = null;
  let finish_reason = "stop";
  let usage: Usage | null = null;
  let { model } = answer;
  let seq = 0;
  const measured = (): Message["usage"] =>
    usage && { tokens_in: usage.prompt_tokens, tokens_out: usage.completion_tokens, first_token_ms: first, total_ms: Math.round(performance.now() - asked) };
  try {
    for await (const event of streamAnswer(answer.model ?? "", prompt, preferences.get().sampling, signal)) {
      if (event.kind === "reading") noteReading(answer.id, event.total > 0 ? event.done / event.total : null);
      else if (event.kind === "model") {
        model = event.name;
        if (open.get().tree.byId.has(answer.id)) update({ tree: put(open.get().tree, { ...answer, model }) });
      } else if (event.kind === "end") finish_reason = event.reason;
      else if (event.kind === "usage") usage = event.usage;
      else {
        first ??= Math.round(performance.now() - asked);
        seq += 1;
        append({ message_id: answer.id, seq, content: event.text });
      }
    }
    return { status: "complete", model, finish_reason, usage: measured() };
  } catch (error) {
    if (signal.aborted) return { status: "stopped", model, usage: measured() };
    const { code, message: text, hint } = failureIn(error);
    return { status: "failed", model, error: { code, message: text, hint: hint ?? null }, usage: measured() };
  }
}

/** Stops the answer that is coming; what was said stays. */
export function stopTemporary(): void {
  running?.abort();
  running = null;
}
