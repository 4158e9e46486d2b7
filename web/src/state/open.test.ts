import { afterEach, describe, expect, it } from "vitest";
import type { Conversation, Message, Summary } from "../api/chat";
import { NEW, type Open, isBusy, opened, shownIn, withMessage, withSummary } from "./open";
import { append, end, saidBy } from "./streams";

const message = (id: string, parent_id: string | null, some: Partial<Message> = {}): Message => ({
  id, parent_id, role: id.startsWith("q") ? "user" : "assistant", content: id, reasoning: "", status: "complete", error: null, model: null, model_version: null,
  finish_reason: null, usage: null, left_out: 0, comparison_id: null, attachments: [], feedback: null, seq: 0, created_at: "2026-11-24T19:00:00Z", ended_at: null, ...some,
});
const summary = (head_id: string | null): Summary => ({
  id: "c1", title: "Talk", title_origin: "question", folder_id: null, pinned: false, archived: false, deleted_at: null, model: "m", head_id, running: false, shared: false,
  created_at: "2026-11-24T19:00:00Z", updated_at: "2026-11-24T19:00:00Z",
});
const conversation = (messages: Message[], head: string): Conversation => ({ ...summary(head), system: "", parameters: {}, messages, comparisons: [], draft: null, event_id: "e1" });
const ids = (state: Open): string[] => shownIn(state).map(({ id }) => id);
const asked = (content: string, parent_id: string | null): Open["pending"] => ({
  ask: { content, parent_id, attachment_ids: [], client_id: "client-1" } as NonNullable<Open["pending"]>["ask"], attachments: [], failure: null,
});

afterEach(() => end("a2"));

describe("the conversation that is open", () => {
  const talk = opened(conversation([message("q1", null), message("a1", "q1")], "a1"));

  it("shows a question at once below what was said, and the server's in its place", () => {
    const waiting: Open = { ...talk, pending: asked("q2", "a1") };
    expect(ids(waiting)).toEqual(["q1", "a1"]);
    expect(isBusy(waiting)).toBe(true);
    const told = withMessage(withMessage(waiting, message("q2", "a1")), message("a2", "q2", { status: "running", content: "" }));
    expect(told.pending).toBeNull();
    expect(ids(withSummary(told, summary("a2")))).toEqual(["q1", "a1", "q2", "a2"]);
  });

  it("takes head and messages in whatever order they come", () => {
    const early = withSummary(talk, summary("a2"));
    expect(ids(early)).toEqual(["q1", "a1"]);
    const late = withMessage(withMessage(early, message("q2", "a1")), message("a2", "q2"));
    expect(ids(late)).toEqual(["q1", "a1", "q2", "a2"]);
  });

  it("does not bring an answer back that has ended", () => {
    const ended = withMessage(talk, message("a2", "q1", { content: "whole" }));
    const again = withMessage(ended, message("a2", "q1", { status: "running", content: "" }));
    expect(again.tree.byId.get("a2")?.content).toBe("whole");
  });

  it("shows an edited question in the place of the old one while it is sent", () => {
    expect(ids({ ...talk, pending: asked("better", null) })).toEqual([]);
  });

  it("goes on with the words of an answer where a reload found it", () => {
    opened(conversation([message("q1", null), message("a2", "q1", { status: "running", content: "One two", seq: 2 })], "a2"));
    append({ message_id: "a2", seq: 2, content: " two" });
    append({ message_id: "a2", seq: 3, content: " three" });
    expect(saidBy("a2")?.content).toBe("One two three");
  });
});

it("is empty before anything was said", () => {
  expect(shownIn(NEW)).toEqual([]);
});
