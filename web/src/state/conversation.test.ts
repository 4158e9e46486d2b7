import { describe, expect, it } from "vitest";
import { type Answer, type Conversation, EMPTY, append, asMarkdown, change, promptFor, revive, show, shown, siblings } from "./conversation";

const question = (id: string, parent: string | null, text = id) => ({ id, parent, role: "user" as const, text });
const answer = (id: string, parent: string, state: Answer["state"] = "done", text = id): Answer => ({
  id, parent, role: "assistant", text, model: "m", state, measures: {},
});

const TALK: Conversation = [question("q1", null), answer("a1", "q1"), question("q2", "a1"), answer("a2", "q2")].reduce(append, EMPTY);
const ids = (conversation: Conversation): string[] => shown(conversation).map((message) => message.id);

describe("a conversation", () => {
  it("shows its messages in order", () => {
    expect(ids(TALK)).toEqual(["q1", "a1", "q2", "a2"]);
    expect(ids(EMPTY)).toEqual([]);
  });

  it("keeps the first answer when another one is asked for", () => {
    const again = append(TALK, answer("b2", "q2"));
    expect(ids(again)).toEqual(["q1", "a1", "q2", "b2"]);
    expect(siblings(again, "b2")).toEqual(["a2", "b2"]);
    expect(ids(show(again, "a2"))).toEqual(["q1", "a1", "q2", "a2"]);
  });

  it("keeps what followed a question that is edited", () => {
    const edited = append(append(TALK, question("p1", null)), answer("c1", "p1"));
    expect(ids(edited)).toEqual(["p1", "c1"]);
    expect(siblings(edited, "p1")).toEqual(["q1", "p1"]);
    expect(ids(show(edited, "q1"))).toEqual(["q1", "a1", "q2", "a2"]);
  });

  it("sends the system prompt first, and no empty answer", () => {
    const failed = append(append(EMPTY, question("q1", null)), answer("a1", "q1", "failed", ""));
    const next = append(failed, question("q2", "a1"));
    expect(promptFor(next, "q2", "Be kind.").map(({ content }) => content)).toEqual(["Be kind.", "q1", "q2"]);
    expect(promptFor(TALK, "q1", " ")).toEqual([{ role: "user", content: "q1" }]);
  });

  it("changes one answer only", () => {
    const changed = change(TALK, "a1", (old) => ({ ...old, text: "new" }));
    expect(shown(changed).map(({ text }) => text)).toEqual(["q1", "new", "q2", "a2"]);
  });

  it("becomes a file that people can read", () => {
    expect(asMarkdown(TALK, "You")).toContain("## You\n\nq1\n\n## m\n\na1\n");
  });
});

describe("a conversation that the browser kept", () => {
  it("comes back as it was", () => {
    expect(revive(JSON.parse(JSON.stringify(TALK)))).toEqual(TALK);
  });

  it("says of an answer that was coming that it was cut", () => {
    const running = append(TALK, answer("b2", "q2", "running", "half"));
    expect(shown(revive(running)).at(-1)).toMatchObject({ state: "cut", text: "half" });
  });

  it("is empty when it is damaged", () => {
    for (const damaged of [null, 3, "x", {}, { messages: [{}], head: null }, { messages: [{ ...question("q", null), text: 5 }] }]) {
      expect(revive(damaged)).toEqual(EMPTY);
    }
  });

  it("is shown to its end when its head is unknown, and a loop in it does not hang", () => {
    expect(revive({ ...TALK, head: "gone" }).head).toBe("a2");
    expect(shown({ messages: [question("x", "x")], head: "x" }).length).toBeGreaterThan(0);
  });
});
