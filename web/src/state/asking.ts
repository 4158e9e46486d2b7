/**
 * Asking, asking again, stopping, choosing a branch, and what people say of answers.
 *
 * Does: show a question at once and send it; the same question sent twice (the connection broke) is asked once, by
 * its `client_id`. A model that is not known yet is waited for.
 */
import { type Body, api, failureIn } from "../api/call";
import type { Ask, Attachment, FeedbackBody, Message, Parameters } from "../api/chat";
import { go, to } from "../shell/router";
import { chosenModels } from "./choosing";
import { carryBox, forgetDraft } from "./drafting";
import { open, update, withComparison, withMessage, withSummary } from "./open";
import { adopt } from "./opening";
import { preferences } from "./preferences";
import { serverAsked } from "./server";
import { noteConversation, refused } from "./sidebar";
import { askTemporary, stopTemporary } from "./temporary";
import { endBelow, runningIn, withHead } from "./tree";

const newId = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");

/** Asks a question below `parent_id` (null = as the first of the conversation). */
export async function ask(content: string, attachments: readonly Attachment[], parent_id: string | null): Promise<void> {
  if (open.get().temporary) return askTemporary(content, parent_id);
  const fresh: Ask = { content, attachment_ids: attachments.map(({ id }) => id), parent_id, client_id: newId() } as Ask;
  update({ pending: { ask: fresh, attachments, failure: null } });
  await sendPending();
}

/** Sends the question that waits: the first time, and again when it did not arrive. */
export async function sendPending(): Promise<void> {
  const { pending, id } = open.get();
  if (!pending) return;
  update({ pending: { ...pending, failure: null } });
  try {
    await serverAsked();
    await tellSettings();
    const body: Ask = { ...pending.ask, ...chosenModels() };
    const { system, sampling } = preferences.get();
    if (id === null) {
      const { conversation } = await api.post("/api/conversations", { body: { system, parameters: sampling, ask: body } });
      forgetDraft("new");
      noteConversation(conversation);
      void stopUnwanted(conversation.id, body);
      if (open.get().pending?.ask.client_id !== body.client_id) return;
      carryBox(conversation.id);
      update({ pending: null });
      adopt(conversation);
      go(to("c", conversation.id), true);
    } else {
      const answered = await api.post("/api/conversations/{conversation_id}/messages", { path: { conversation_id: id }, body });
      forgetDraft(id);
      take(id, answered);
      void stopUnwanted(id, body);
    }
  } catch (error) {
    unwanted.delete(pending.ask.client_id);
    const now = open.get().pending;
    if (now && now.ask.client_id === pending.ask.client_id) update({ pending: { ...now, failure: failureIn(error) } });
    else refused.set(failureIn(error));
  }
}

/** Takes a question back that did not arrive; gives its words. */
export function takePendingBack(): string {
  const content = open.get().pending?.ask.content ?? "";
  update({ pending: null });
  return content;
}

type Asked = Awaited<ReturnType<typeof api.post<"/api/conversations/{conversation_id}/messages">>>;

function take(id: string, { question, answers, comparison, conversation }: Asked): void {
  const now = open.get();
  // The live stream was faster: it has told of the conversation too, and perhaps of what came after this.
  const told = now.id === id && answers.every((answer) => now.tree.byId.has(answer.id));
  if (!told) noteConversation(conversation);
  if (now.id !== id) return;
  let next = [question, ...answers].reduce(withMessage, now);
  if (comparison) next = withComparison(next, comparison);
  open.set({ ...(told ? next : withSummary(next, conversation)), pending: null });
}

/** Has a question answered again, beside the answers that it has; by `models`, else by those that are chosen. */
export async function answerAgain(question: Message, models?: string[], parameters?: Parameters): Promise<void> {
  const { id, temporary } = open.get();
  if (temporary) return askTemporary(null, question.id);
  if (id === null) return;
  const chosen = models ? { models } : { models: chosenModels().models.slice(0, 1) };
  const body = { ...chosen, parameters, client_id: newId() };
  await tellSettings();
  await saying(async () => take(id, await api.post("/api/messages/{message_id}/answers", { path: { message_id: question.id }, body })));
}

/** Runs what asks the server; its failure is said at the bottom of the page. */
async function saying(doing: () => Promise<void>): Promise<boolean> {
  try {
    await doing();
    return true;
  } catch (error) {
    refused.set(failureIn(error));
    return false;
  }
}

/** Questions whose answers were stopped before the server had them, by their `client_id`. */
const unwanted = new Set<Ask["client_id"]>();

/** Stops every answer that is coming in the open conversation, or will to a question on its way; what was said stays. */
export async function stop(): Promise<void> {
  const { id, temporary, tree, pending } = open.get();
  if (temporary) return stopTemporary();
  if (pending && pending.failure === null) unwanted.add(pending.ask.client_id);
  if (id !== null && runningIn(tree).length > 0) await stopAll(id);
}

async function stopAll(conversation_id: string): Promise<void> {
  await saying(async () => {
    await api.post("/api/conversations/{conversation_id}/stop", { path: { conversation_id } });
  });
}

/** Stops the answers to a question that the server has now, if that was asked for meanwhile. */
async function stopUnwanted(conversation_id: string, { client_id }: Ask): Promise<void> {
  if (unwanted.delete(client_id)) await stopAll(conversation_id);
}

/** Stops one answer. */
export async function stopAnswer(message_id: string): Promise<void> {
  if (open.get().temporary) return stopTemporary();
  await saying(async () => update(withMessage(open.get(), await api.post("/api/messages/{message_id}/stop", { path: { message_id } }))));
}

/** Shows the path that ends with `head`, here at once and everywhere else soon. */
export async function showPath(head: string): Promise<void> {
  const { id, summary, tree } = open.get();
  update({ tree: withHead(tree, head), ...(summary && { summary: { ...summary, head_id: head } }) });
  // Also when the page is left at once.
  if (id !== null) await tell(id, { head_id: head }, true);
}

/** Shows another question or answer at its place, and below it the newest of what followed. */
export function showMessage(id: string): Promise<void> {
  return showPath(endBelow(open.get().tree, id));
}

/** Keeps a vote; the names of a blind comparison come with the answer. */
export async function vote(comparison_id: string, verdict: "winner" | "all_good" | "all_bad", winner_id: string | null): Promise<void> {
  await saying(async () => {
    const { comparison, messages, conversation } = await api.post("/api/comparisons/{comparison_id}/vote", { path: { comparison_id }, body: { verdict, winner_id } });
    noteConversation(conversation);
    if (open.get().id !== conversation.id) return;
    open.set(withSummary(withComparison(messages.reduce(withMessage, open.get()), comparison), conversation));
  });
}

export type Opinion = Required<FeedbackBody>;

/** Keeps what a person says of an answer; null takes it back. Gives whether the server has it. */
export async function giveOpinion(message: Message, opinion: Opinion | null): Promise<boolean> {
  const path = { message_id: message.id };
  return saying(async () => {
    const feedback = opinion ? await api.put("/api/messages/{message_id}/feedback", { path, body: opinion }) : null;
    if (!opinion) await api.delete("/api/messages/{message_id}/feedback", { path });
    const now = open.get().tree.byId.get(message.id);
    if (now) update(withMessage(open.get(), { ...now, feedback }));
  });
}

type Settings = { system?: string; parameters?: Parameters };
const TELL_MS = 600;
let untold: { id: string; change: Settings; timer: ReturnType<typeof setTimeout> } | null = null;

/** Changes the open conversation's own system prompt or sampling: here at once, on the server after a pause. */
export function changeOpen(change: Settings): void {
  const { id } = open.get();
  update(change);
  if (id === null) return;
  clearTimeout(untold?.timer);
  const all = untold?.id === id ? { ...untold.change, ...change } : change;
  untold = { id, change: all, timer: setTimeout(() => void tellSettings(), TELL_MS) };
}

/** Changes on their way to the server: a question that overtook one would be answered without it, or hidden by a head that comes late. */
let telling: Promise<unknown> = Promise.resolve();

async function tell(id: string, change: Body<"/api/conversations/{conversation_id}", "patch">, keepalive = false): Promise<void> {
  const told = saying(async () => noteConversation(await api.patch("/api/conversations/{conversation_id}", { path: { conversation_id: id }, body: change, keepalive })));
  telling = Promise.all([telling, told]).then(() => undefined);
  await told;
}

/** Tells the server of settings that it does not know yet; a question waits until it has them, and the path shown. */
async function tellSettings(): Promise<void> {
  if (untold) {
    const { id, change, timer } = untold;
    clearTimeout(timer);
    untold = null;
    void tell(id, change);
  }
  await telling;
}
