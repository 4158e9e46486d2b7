import { expect, it } from "vitest";
import { lastDays } from "./series";

it("lists days without a gap, today last", () => {
  expect(lastDays(3, new Date("2026-03-01T23:30:00Z"))).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  expect(lastDays(1, new Date("2026-03-01T00:00:00Z"))).toEqual(["2026-03-01"]);
});
