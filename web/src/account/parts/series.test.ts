import { expect, it } from "vitest";
import { lastDays, roundAbove } from "./series";

it("lists days without a gap, today last", () => {
  expect(lastDays(3, new Date("2026-03-01T23:30:00Z"))).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  expect(lastDays(1, new Date("2026-03-01T00:00:00Z"))).toEqual(["2026-03-01"]);
});

it("ends a scale at a round number", () => {
  expect([0, 0.03, 1, 1.2, 47, 100, 5001].map(roundAbove)).toEqual([1, 0.05, 1, 2, 50, 100, 10_000]);
});
