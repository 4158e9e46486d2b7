import { expect, it } from "vitest";
import { type Point, extent, nearest, pathOf, pointAt, smoothed, thinned } from "./curve";
import { linear } from "./scale";

const curve = (...values: number[]): Point[] => values.map((y, x) => ({ x, y }));

it("thins a curve and keeps its spikes and its ends", () => {
  const long = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x === 6543 ? 99 : x === 1234 ? -99 : Math.sin(x / 50) }));
  const few = thinned(long, 400);
  expect(few.length).toBeLessThanOrEqual(400);
  expect(few.map(({ y }) => y)).toEqual(expect.arrayContaining([99, -99]));
  expect([few[0], few.at(-1)]).toEqual([long[0], long.at(-1)]);
  expect(few.map(({ x }) => x)).toEqual([...few.map(({ x }) => x)].sort((one, other) => one - other));
});

it("leaves a short curve as it is", () => {
  const short = curve(3, 2, 1);
  expect(thinned(short, 10)).toBe(short);
});

it("keeps a gap that is as long as a stretch", () => {
  const long = Array.from({ length: 1000 }, (_, x) => ({ x, y: x > 300 && x < 700 ? Number.NaN : 1 }));
  expect(thinned(long, 20).some(({ y }) => Number.isNaN(y))).toBe(true);
});

it("smooths without a pull towards zero", () => {
  expect(smoothed(curve(4, 4, 4), 0.9).map(({ y }) => Number(y.toFixed(9)))).toEqual([4, 4, 4]);
  expect(smoothed(curve(4, 0), 0.5).map(({ y }) => y)).toEqual([4, 4 / 3]);
  const same = curve(1, 5);
  expect(smoothed(same, 0)).toBe(same);
});

it("smooths over what is not known", () => {
  expect(smoothed(curve(2, Number.NaN, 2), 0.5).map(({ y }) => y)).toEqual([2, Number.NaN, 2]);
});

it("reads the last value that was known at a place", () => {
  const known = [{ x: 10, y: 1 }, { x: 20, y: 2 }];
  expect([5, 10, 19, 20, 99].map((x) => pointAt(known, x)?.y)).toEqual([undefined, 1, 1, 2, 2]);
  expect(pointAt([], 1)).toBeUndefined();
});

it("finds the nearest place", () => {
  expect([-5, 0, 4, 6, 10, 50].map((x) => nearest([0, 10, 20], x))).toEqual([0, 0, 0, 1, 1, 2]);
});

it("spans what is known", () => {
  expect(extent([3, Number.NaN, -1, Number.POSITIVE_INFINITY])).toEqual([-1, 3]);
  expect(extent([3, 0, -1], true)).toEqual([3, 3]);
  expect(extent([Number.NaN])).toBeNull();
});

it("draws a line with a gap where nothing is known", () => {
  const [across, up] = [linear(0, 3, 3, false), linear(0, 4, 4, false)];
  expect(pathOf(curve(0, 4, Number.NaN, 2), across, up, 30, 40)).toBe("M0.0 40.0L10.0 0.0M30.0 20.0");
});
