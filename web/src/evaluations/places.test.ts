import { expect, it } from "vitest";
import { anew } from "./places";

const one = { model: "a b", suite: "mine", shots: null };

it("is asked for again as it was asked for", () => {
  expect(anew(one)).toBe("#/evaluations?start=&model=a%20b&suite=mine");
  expect(anew({ ...one, shots: 2 })).toBe("#/evaluations?start=&model=a%20b&suite=mine&shots=2");
  expect(anew({ ...one, suite: "mine-2-shot", shots: 2 })).toBe("#/evaluations?start=&model=a%20b&suite=mine&shots=2");
  expect(anew({ ...one, suite: "mine-0-shot" })).toBe("#/evaluations?start=&model=a%20b&suite=mine&shots=0");
});
