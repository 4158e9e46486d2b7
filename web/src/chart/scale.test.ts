import { expect, it } from "vitest";
import { linear, logarithmic, marked, roundAbove, roundMarks } from "./scale";

it("ends a scale at a round number", () => {
  expect([0, 0.03, 1, 1.2, 47, 100, 5001].map(roundAbove)).toEqual([1, 0.05, 1, 2, 50, 100, 10_000]);
});

it("marks an axis at round values, without what float arithmetic leaves behind", () => {
  expect(roundMarks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(roundMarks(3.1, 8.4, 4)).toEqual([4, 6, 8]);
  expect(roundMarks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
});

it("moves the ends of a linear axis out to round values where it is asked to", () => {
  const out = linear(3.1, 8.4, 4, true);
  expect([out.least, out.most, out.marks]).toEqual([2, 10, [2, 4, 6, 8, 10]]);
  const tight = linear(1, 400, 4, false);
  expect([tight.least, tight.most, tight.marks]).toEqual([1, 400, [100, 200, 300, 400]]);
  expect(tight.value(tight.share(120))).toBeCloseTo(120);
});

it("gives a single value an axis around it", () => {
  const one = linear(3, 3, 4, true);
  expect(one.share(3)).toBeGreaterThan(0);
  expect(one.share(3)).toBeLessThan(1);
  const none = linear(0, 0, 4, true);
  expect(none.share(0)).toBe(0.5);
  expect(logarithmic(4, 4, 4).share(4)).toBeCloseTo(0.5);
});

it("puts equal factors at equal distances on a logarithmic axis", () => {
  const axis = logarithmic(0.1, 1000, 4);
  expect(axis.marks).toEqual([0.1, 1, 10, 100, 1000]);
  expect(axis.share(10) - axis.share(1)).toBeCloseTo(axis.share(1) - axis.share(0.1));
  expect(axis.value(0.5)).toBeCloseTo(10);
  expect(axis.share(0)).toBeNaN();
});

it("marks also an axis of less than a factor of ten", () => {
  expect(logarithmic(2.1, 8.5, 5).marks).toEqual([3, 4, 6, 8]);
  expect(logarithmic(3.1, 3.4, 4).marks).toEqual([3.1, 3.2, 3.3, 3.4]);
});

it("has no more marks than there is room for", () => {
  expect(logarithmic(1e-8, 1e8, 4).marks.length).toBeLessThanOrEqual(6);
});

it("marks an axis as closely as the labels allow, and round in its unit", () => {
  const axis = linear(1, 900, 2, false);
  expect(marked(axis, 1, 12, () => 0.1).marks).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
  expect(marked(axis, 1, 12, () => 0.2).marks).toEqual([200, 400, 600, 800]);
  expect(marked(axis, 60, 12, () => 0.2).marks).toEqual([300, 600, 900]);
  expect(marked(axis, 1, 12, () => 2).marks).toEqual([500]);
});
