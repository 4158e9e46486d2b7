import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Message } from "../api/chat";
import { append, begin, end, replace, saidBy, streamOf } from "./streams";

const ANSWER = { id: "a", content: "One", reasoning: "", seq: 3 } as Message;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  end("a");
  vi.useRealTimers();
});

it("adds each piece once, wherever a reload cut the stream", () => {
  begin(ANSWER);
  append({ message_id: "a", seq: 3, content: "One" });
  append({ message_id: "a", seq: 4, content: " two" });
  append({ message_id: "a", seq: 4, content: " two" });
  append({ message_id: "a", seq: 5, content: " three" });
  expect(saidBy("a")?.content).toBe("One two three");
});

it("draws many pieces at once", () => {
  const store = streamOf(ANSWER);
  const drawn = vi.fn();
  store.subscribe(drawn);
  for (let seq = 4; seq < 30; seq += 1) append({ message_id: "a", seq, content: "." });
  expect(store.get().content).toBe("One");
  vi.runAllTimers();
  expect(store.get().content).toHaveLength(29);
  expect(drawn).toHaveBeenCalledTimes(1);
});

it("takes the later of what was fetched and what was heard", () => {
  begin(ANSWER);
  append({ message_id: "a", seq: 9, content: " more" });
  begin({ ...ANSWER, content: "old", seq: 4 });
  expect(saidBy("a")?.content).toBe("One more");
  begin({ ...ANSWER, content: "newer", seq: 12 });
  expect(saidBy("a")?.content).toBe("newer");
  replace({ message_id: "a", seq: 2, content: "from the start", reasoning: "" });
  expect(saidBy("a")).toMatchObject({ content: "from the start", seq: 2 });
});
