import { expect, it } from "vitest";
import type { Message } from "../api/chat";
import { gaugeOf, speedOf } from "./context";

const usage = (tokens_in: number, tokens_out: number, first_token_ms: number | null = 100, total_ms = 1100) => ({ tokens_in, tokens_out, first_token_ms, total_ms });
const answer = (used: ReturnType<typeof usage> | null) => ({ role: "assistant", usage: used }) as Message;

it("measures the conversation by its last answer that was counted", () => {
  expect(gaugeOf([answer(usage(100, 20)), answer(usage(300, 100)), answer(usage(0, 0)), answer(null)], 1000)).toMatchObject({ used: 400, share: 0.4, level: "calm" });
  expect(gaugeOf([answer(usage(700, 60))], 1000)?.level).toBe("near");
  expect(gaugeOf([answer(usage(1900, 60))], 1000)).toMatchObject({ share: 1, level: "full" });
});

it("says nothing of what was not measured", () => {
  expect(gaugeOf([], 1000)).toBeNull();
  expect(gaugeOf([answer(usage(1, 1))], 0)).toBeNull();
  expect([speedOf(null), speedOf(usage(1, 1)), speedOf(usage(1, 9, null))]).toEqual([null, null, null]);
});

it("counts an answer's speed from its first word", () => {
  expect(speedOf(usage(10, 51))).toBe(50);
  expect(speedOf(usage(10, 51, 100, 110)), "words that came all at once").toBeNull();
});
