import { expect, it } from "vitest";
import { NOTHING, remedyOf, withRows } from "./history";
import type { Row } from "./types";

const row = (kind: string, step: number, time: number, facts: object = {}): Row => ({ kind, step, time, ...facts });
const steps = (...all: number[]): Row[] => all.map((step) => row("step", step, step, { loss: 9 - step }));

it("sorts what a run says by its kind", () => {
  const { steps: taken, evaluations, samples, happenings } = withRows(NOTHING, [
    row("start", 0, 0), ...steps(1, 2), row("evaluation", 2, 2.1, { loss: 8 }), row("sample", 2, 2.2, { prompt: "a", text: "b" }), row("checkpoint", 2, 2.3),
  ]);
  expect([taken.length, evaluations.length, samples.length]).toEqual([2, 1, 1]);
  expect(happenings.map(({ kind }) => kind)).toEqual(["start", "checkpoint"]);
});

it("takes a piece that comes twice once, and by step whatever the order", () => {
  const once = withRows(NOTHING, [row("start", 0, 0), ...steps(1, 2), row("sample", 2, 2, { prompt: "a" }), row("sample", 2, 2, { prompt: "b" })]);
  expect(withRows(once, [row("start", 0, 0), ...steps(2, 1), row("sample", 2, 2, { prompt: "b" })])).toEqual(once);
});

it("believes the later of two rows of one step", () => {
  const again = withRows(withRows(NOTHING, steps(1, 2)), [row("step", 2, 9, { loss: 1 })]);
  expect(again.steps.map(({ loss }) => loss)).toEqual([8, 1]);
});

it("changes nothing when nothing came", () => {
  expect(withRows(NOTHING, [])).toBe(NOTHING);
});

it("halves a very long history, and keeps its last step", () => {
  const long = withRows(NOTHING, Array.from({ length: 8002 }, (_, step) => row("step", step, step)));
  expect(long.steps.length).toBeLessThan(4100);
  expect(long.steps.at(-1)?.step).toBe(8001);
});

it("knows what to do about the failure that a run ended with, and about no other", () => {
  const failed = withRows(NOTHING, [row("failed", 3, 1, { message: "the disk is full", hint: "make room" }), row("resumed", 3, 2), row("failed", 9, 3, { message: "no data", hint: "build it" })]);
  expect(remedyOf(failed, "no data")).toBe("build it");
  expect(remedyOf(failed, "the disk is full")).toBeUndefined();
  expect(remedyOf(NOTHING, null)).toBeUndefined();
});
