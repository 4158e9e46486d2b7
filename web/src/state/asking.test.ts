import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Conversation, Message, Summary } from "../api/chat";
import { answerAgain, ask, changeOpen, showPath } from "./asking";
import { open, opened } from "./open";
import { hear } from "./opening";
import { server } from "./server";
import { sidebar } from "./sidebar";

const message = (id: string, parent_id: string | null): Message =>
  ({ id, parent_id, role: id.startsWith("q") ? "user" : "assistant", content: id, status: "complete", comparison_id: null }) as Message;
const summary = (head_id: string): Summary => ({ id: "c1", title: "Talk", head_id, archived: false, deleted_at: null }) as Summary;
const question = message("q1", null);
const talk = { ...summary("b1"), messages: [question, message("a1", "q1"), message("b1", "q1")], comparisons: [] } as unknown as Conversation;

/** What was sent and is not answered yet. */
let sent: { method: string; keepalive: boolean; answer: (body: unknown) => void }[];
const methods = (): string[] => sent.map(({ method }) => method);
/** Gives what was sent the time to go on as far as it can. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  sent = [];
  vi.stubGlobal("fetch", (_: string, { method = "", keepalive = false }: RequestInit) => new Promise<Response>((resolve) => sent.push({ method, keepalive, answer: (body) => resolve(Response.json(body)) })));
  server.set({ ...server.get(), asked: true });
  open.set(opened(talk));
});
afterEach(() => vi.unstubAllGlobals());

it("asks when the server has the path that is shown, which it is told even by a page that is left", async () => {
  const shown = showPath("a1");
  const asked = ask("And then?", [], "a1");
  await pause();
  expect(methods()).toEqual(["PATCH"]);
  expect(sent[0]?.keepalive).toBe(true);
  sent[0]?.answer(summary("a1"));
  await shown;
  await pause();
  expect(methods()).toEqual(["PATCH", "POST"]);
  sent[1]?.answer({ question: message("q2", "a1"), answers: [message("a2", "q2")], comparison: null, conversation: summary("a2") });
  await asked;
  expect(open.get().tree.head).toBe("a2");
});

it("asks when the server has the settings, also those that were on their way already", async () => {
  vi.useFakeTimers();
  changeOpen({ system: "Be brief." });
  vi.runAllTimers();
  vi.useRealTimers();
  const asked = answerAgain(question, ["m"]);
  await pause();
  expect(methods()).toEqual(["PATCH"]);
  sent[0]?.answer(summary("b1"));
  await pause();
  expect(methods()).toEqual(["PATCH", "POST"]);
  sent[1]?.answer({ question, answers: [message("d1", "q1")], comparison: null, conversation: summary("d1") });
  await asked;
});

it("keeps what the live stream told after the answer to a request that took longer", async () => {
  const asked = answerAgain(question, ["m"]);
  await pause();
  for (const id of ["d1", "e1"]) {
    hear({ name: "conversation", data: { conversation: summary(id) } });
    hear({ name: "message", data: { conversation_id: "c1", message: message(id, "q1") } });
  }
  expect(open.get().tree.head).toBe("e1");
  sent[0]?.answer({ question, answers: [message("d1", "q1")], comparison: null, conversation: summary("d1") });
  await asked;
  expect(open.get().tree.head).toBe("e1");
  expect(sidebar.get().known.get("c1")?.head_id).toBe("e1");
});
