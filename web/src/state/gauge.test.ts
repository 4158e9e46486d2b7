import { describe, expect, it } from "vitest";
import type { Answer } from "./conversation";
import { gaugeOf, speedOf } from "./gauge";

const answer = (measures: Answer["measures"]): Answer => ({
  id: "a", parent: "q", role: "assistant", text: "", model: "m", state: "done", measures,
});
const used = (prompt_tokens: number, completion_tokens: number) => answer({ usage: { prompt_tokens, completion_tokens } });

describe("the gauge", () => {
  it("is the prompt and the answer of the last counted answer, over the context", () => {
    expect(gaugeOf([used(1, 1), used(300, 212), answer({})], 2048)).toEqual({ used: 512, limit: 2048, share: 0.25, level: "calm" });
  });

  it("warns when the end is near", () => {
    expect(gaugeOf([used(1500, 100)], 2048)?.level).toBe("near");
    expect(gaugeOf([used(2000, 48)], 2048)?.level).toBe("full");
    expect(gaugeOf([used(4000, 0)], 2048)?.share).toBe(1);
  });

  it("is absent when nothing was counted or the limit is unknown", () => {
    expect(gaugeOf([], 2048)).toBeNull();
    expect(gaugeOf([answer({})], 2048)).toBeNull();
    expect(gaugeOf([used(1, 1)], 0)).toBeNull();
  });
});

describe("the speed", () => {
  it("leaves the wait for the first word out", () => {
    expect(speedOf(answer({ spanMs: 1000, usage: { prompt_tokens: 9, completion_tokens: 21 } }))).toBe(20);
  });

  it("is absent when it cannot be known", () => {
    expect(speedOf(answer({ spanMs: 1000 }))).toBeNull();
    expect(speedOf(answer({ spanMs: 0, usage: { prompt_tokens: 9, completion_tokens: 21 } }))).toBeNull();
    expect(speedOf({ id: "q", parent: null, role: "user", text: "" })).toBeNull();
  });
});
