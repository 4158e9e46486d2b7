import { expect, it } from "vitest";
import { ageOf, ago, money } from "./dates";

const NOW = new Date(2026, 10, 24, 15, 0, 0);
const before = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

it("says how long ago in each language", () => {
  expect(ago(before(3), "en", NOW.getTime())).toBe("3 hours ago");
  expect(ago(before(30), "fr", NOW.getTime())).toBe("hier");
  expect(ago(before(0.001), "en", NOW.getTime())).toBe("now");
});

it("divides a list by the calendar, not by 24 hours", () => {
  expect([1, 16, 40, 24 * 6, 24 * 20, 24 * 90].map((hours) => ageOf(before(hours), NOW))).toEqual(["today", "yesterday", "week", "week", "month", "older"]);
});

it("keeps the small fractions that a token costs", () => {
  expect(money(0.0042, "EUR", "en")).toBe("€0.0042");
  expect(money(1.5, "EUR", "fr")).toBe("1,50\u00a0€");
});
