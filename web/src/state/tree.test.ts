import { describe, expect, it } from "vitest";
import type { Message } from "../api/chat";
import { EMPTY, comparedWith, endBelow, pathOf, put, runningIn, siblingsOf, treeOf, versionsOf, withHead } from "./tree";

const message = (id: string, parent_id: string | null, some: Partial<Message> = {}): Message => ({
  id, parent_id, role: id.startsWith("q") ? "user" : "assistant", content: id, reasoning: "", status: "complete", error: null, model: null, model_version: null,
  finish_reason: null, usage: null, left_out: 0, comparison_id: null, attachments: [], feedback: null, seq: 0, created_at: "2026-11-24T19:00:00Z", ended_at: null, ...some,
});
const TALK = treeOf([message("q1", null), message("a1", "q1"), message("q2", "a1"), message("a2", "q2")], "a2");
const shown = (tree = TALK): string[] => pathOf(tree).map(({ id }) => id);

describe("a conversation", () => {
  it("shows its messages in order", () => {
    expect(shown()).toEqual(["q1", "a1", "q2", "a2"]);
    expect(shown(EMPTY)).toEqual([]);
  });

  it("keeps the first answer when another one is asked for", () => {
    const again = withHead(put(TALK, message("b2", "q2")), "b2");
    expect(shown(again)).toEqual(["q1", "a1", "q2", "b2"]);
    expect(siblingsOf(again, "b2")).toEqual(["a2", "b2"]);
    expect(shown(withHead(again, endBelow(again, "a2")))).toEqual(["q1", "a1", "q2", "a2"]);
  });

  it("keeps what followed a question that is edited", () => {
    const edited = withHead(put(put(TALK, message("q9", null)), message("a9", "q9")), "a9");
    expect(shown(edited)).toEqual(["q9", "a9"]);
    expect(siblingsOf(edited, "q9")).toEqual(["q1", "q9"]);
    expect(shown(withHead(edited, endBelow(edited, "q1")))).toEqual(["q1", "a1", "q2", "a2"]);
  });

  it("changes one message where it is", () => {
    const changed = put(TALK, message("a1", "q1", { content: "new" }));
    expect(pathOf(changed).map(({ content }) => content)).toEqual(["q1", "new", "q2", "a2"]);
    expect(siblingsOf(changed, "a1")).toEqual(["a1"]);
  });

  it("ignores a head that is not there, and a loop does not hang", () => {
    expect(withHead(TALK, "gone")).toBe(TALK);
    expect(pathOf(treeOf([message("x", "x")], "x")).length).toBeGreaterThan(0);
  });

  it("knows which answers are coming", () => {
    expect(runningIn(put(TALK, message("b2", "q2", { status: "running" })))).toEqual(["b2"]);
  });
});

describe("answers side by side", () => {
  const both = [message("a1", "q1"), message("b1", "q1", { comparison_id: "c" }), message("b2", "q1", { comparison_id: "c" })];
  const tree = treeOf([message("q1", null), ...both], "b1");

  it("belong together", () => {
    expect(comparedWith(tree, both[1]!).map(({ id }) => id)).toEqual(["b1", "b2"]);
    expect(comparedWith(tree, both[0]!)).toEqual([]);
  });

  it("are one version among the others", () => {
    expect(versionsOf(tree, "b2")).toEqual(["a1", "b1"]);
  });
});
