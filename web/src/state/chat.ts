/**
 * The conversation that is going on: asks, stops, asks again, and keeps every word in the browser.
 *
 * Does: run one answer at a time, show it at most once a frame, save it about twice a second and when the page goes.
 * Does not: draw; components follow `chat`.
 */
import { RequestFailed, streamAnswer } from "../api/client";
import { type Answer, type Conversation, EMPTY, append, change, promptFor, revive, show, shown } from "./conversation";
import { KEYS, keep, recall } from "./kept";
import { preferences } from "./preferences";
import { createStore } from "./store";

const SAVE_EVERY_MS = 500;

export interface Chat {
  conversation: Conversation;
  /** The one before "new conversation", which can be brought back. */
  previous: Conversation;
  /** The answer that is coming (null = none). */
  running: string | null;
  /** Share of the prompt that the model has read, 0 to 1 (null = unknown, or it has begun to answer). */
  reading: number | null;
  /** False when the browser refused to keep the conversation. */
  kept: boolean;
}

export const chat = createStore<Chat>({
  conversation: revive(recall(KEYS.conversation)),
  previous: revive(recall(KEYS.previous)),
  running: null,
  reading: null,
  kept: true,
});

let stopRunning: AbortController | null = null;
let finished: Promise<void> = Promise.resolve();
/** The page is going: the browser cuts the connection, which is no fault of the server. */
let leaving = false;
let saving: ReturnType<typeof setTimeout> | undefined;

function save(): void {
  clearTimeout(saving);
  saving = undefined;
  const kept = keep(KEYS.conversation, chat.get().conversation);
  if (kept !== chat.get().kept) chat.set({ ...chat.get(), kept });
}

function update(some: Partial<Chat>): void {
  chat.set({ ...chat.get(), ...some });
  if (some.conversation) saving ??= setTimeout(save, SAVE_EVERY_MS);
}

function changeAnswer(id: string, to: (answer: Answer) => Answer): void {
  update({ conversation: change(chat.get().conversation, id, to) });
}

/** Follows the page's life: saves when it goes, and takes over what another tab of the page has kept. */
export function followPage(): () => void {
  const comes = (): void => {
    leaving = false;
  };
  const goes = (): void => {
    leaving = true;
    if (saving !== undefined) save();
  };
  const other = (event: StorageEvent): void => {
    if (event.key === KEYS.conversation && chat.get().running === null) {
      chat.set({ ...chat.get(), conversation: revive(recall(KEYS.conversation)) });
    }
  };
  addEventListener("pageshow", comes);
  addEventListener("pagehide", goes);
  addEventListener("storage", other);
  return () => {
    removeEventListener("pageshow", comes);
    removeEventListener("pagehide", goes);
    removeEventListener("storage", other);
  };
}

const newId = (): string => Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");

/** Whether an answer is coming; for `useStore`. */
export const isRunning = ({ running }: Chat): boolean => running !== null;

/**
 * Asks a question below `parent` (null = as the first of the conversation); an answer that is coming is stopped.
 *
 * `model` may not be known yet: the question is shown at once.
 */
export async function ask(text: string, parent: string | null, model: string | Promise<string>): Promise<void> {
  stop();
  await finished;
  const id = newId();
  update({ conversation: append(chat.get().conversation, { id, parent, role: "user", text }) });
  await answer(id, await model);
}

/** Has the question `question` answered, beside the answers that it has; nothing while another answer comes. */
export async function answer(question: string, model: string): Promise<void> {
  if (chat.get().running === null) finished = run(question, model);
  await finished;
}

async function run(question: string, model: string): Promise<void> {
  const { system, sampling } = preferences.get();
  const id = newId();
  const fresh: Answer = { id, parent: question, role: "assistant", text: "", model, state: "running", measures: {} };
  const messages = promptFor(chat.get().conversation, question, system);
  update({ conversation: append(chat.get().conversation, fresh), running: id, reading: null });
  const controller = new AbortController();
  stopRunning = controller;
  try {
    const reason = await receive(id, streamAnswer(model, messages, sampling, controller.signal));
    changeAnswer(id, (answer) => ({ ...answer, state: "done", reason }));
  } catch (error) {
    if (controller.signal.aborted) changeAnswer(id, (answer) => ({ ...answer, state: "stopped" }));
    else if (leaving) changeAnswer(id, (answer) => ({ ...answer, state: "cut" }));
    else {
      const failure = error instanceof RequestFailed ? error.failure : { code: "unknown", message: String(error) };
      changeAnswer(id, (answer) => ({ ...answer, state: "failed", failure }));
    }
  } finally {
    stopRunning = null;
    update({ running: null, reading: null });
    save();
  }
}

/** Takes an answer's events into the conversation; gives why it ended. */
async function receive(id: string, events: ReturnType<typeof streamAnswer>): Promise<string> {
  const asked = performance.now();
  let first = 0;
  let reason = "stop";
  let waiting = "";
  let drawn: ReturnType<typeof setTimeout> | undefined;
  const draw = (): void => {
    clearTimeout(drawn);
    drawn = undefined;
    const text = waiting;
    waiting = "";
    if (text !== "") changeAnswer(id, (answer) => ({ ...answer, text: answer.text + text }));
  };
  try {
    for await (const event of events) {
      if (event.kind === "reading") update({ reading: event.total > 0 ? event.done / event.total : null });
      else if (event.kind === "end") reason = event.reason;
      else if (event.kind === "usage") measure(id, { usage: event.usage });
      else {
        if (first === 0) {
          first = performance.now();
          update({ reading: null });
          measure(id, { firstMs: first - asked });
        }
        waiting += event.text;
        drawn ??= setTimeout(draw, 33);
      }
    }
  } finally {
    draw();
    if (first > 0) measure(id, { spanMs: performance.now() - first });
  }
  return reason;
}

function measure(id: string, some: Answer["measures"]): void {
  changeAnswer(id, (answer) => ({ ...answer, measures: { ...answer.measures, ...some } }));
}

/** Stops the answer that is coming; what was said stays. */
export function stop(): void {
  stopRunning?.abort();
}

/** Shows another question or answer at its place in the conversation. */
export function showMessage(id: string): void {
  if (chat.get().running === null) update({ conversation: show(chat.get().conversation, id) });
}

/** Begins a new conversation; the one that was is kept until the next time. */
export function beginAnew(): void {
  stop();
  const { conversation, previous } = chat.get();
  const last = shown(conversation).length > 0 ? revive(conversation) : previous;
  keep(KEYS.previous, last);
  update({ conversation: EMPTY, previous: last });
}

/** Brings back the conversation before "new conversation". */
export function bringBack(): void {
  const { previous } = chat.get();
  keep(KEYS.previous, EMPTY);
  update({ conversation: previous, previous: EMPTY });
}
