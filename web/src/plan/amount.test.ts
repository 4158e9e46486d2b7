import { describe, expect, it } from "vitest";
import { amount, amountIn, evenNumbers, nearestPlace, roundNumbers } from "./amount";

describe("large numbers", () => {
  it("are read as people type them", () => {
    expect(["7B", "7 b", "7e9", "7,000,000,000", "7000M"].map((text) => amountIn(text, "en"))).toEqual(Array(5).fill(7e9));
    expect(["1,5 Md", "1.5md", "1 500 000 000", "1,5e9"].map((text) => amountIn(text, "fr"))).toEqual(Array(4).fill(1.5e9));
    expect(amountIn("15.6 T", "en")).toBe(15.6e12);
    expect(amountIn("15 Bn", "fr")).toBe(15e12);
  });

  it("are none where they are not", () => {
    for (const text of ["", "many", "-3", "7 apples", "1e999", "0x10"]) expect(amountIn(text, "en"), text).toBeUndefined();
  });

  it("come back as they were written", () => {
    for (const language of ["en", "fr"]) for (const value of [1e7, 1.5e9, 405e9, 2e13]) expect(amountIn(amount(value, language), language), `${value} ${language}`).toBe(value);
  });

  it("are round on a slider, in order, and from end to end", () => {
    const numbers = roundNumbers(1e7, 2e12);
    expect([numbers[0], numbers.at(-1)]).toEqual([1e7, 2e12]);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(evenNumbers(0.05, 0.7, 0.01)).toHaveLength(66);
    expect(evenNumbers(0.05, 0.7, 0.01).at(-1)).toBe(0.7);
    expect(numbers[nearestPlace(numbers, 405e9)]).toBe(400e9);
  });
});
