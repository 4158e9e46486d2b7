import { expect, it } from "vitest";
import { dayName, partsOf, short, written } from "./measures";

const some = { requests: 1200, tokens_in: 3000, tokens_out: 450, cost: 1.5, first_token_ms: 420 };
const unknown = { ...some, cost: null, first_token_ms: null };

it("writes what was used as each language does", () => {
  expect(written("tokens", some, "EUR", "en")).toBe("3,450");
  expect(written("cost", some, "EUR", "en")).toBe("€1.50");
  expect(written("first", some, "EUR", "fr")).toBe("0,42\u00a0s");
  expect(short("tokens", 3000, "EUR", "en")).toBe("3K");
  expect(dayName("2026-11-24", "en")).toBe("Nov 24");
});

it("does not take what is not known for nothing", () => {
  expect(written("cost", unknown, "EUR", "en")).toBe("–");
  expect(written("first", unknown, "EUR", "en")).toBe("–");
});

it("divides a day into what was read and written", () => {
  expect(partsOf("tokens", some)).toEqual([3000, 450]);
  expect(partsOf("tokens", undefined)).toEqual([0, 0]);
  expect(partsOf("cost", unknown)).toEqual([0]);
});
