import { expect, it } from "vitest";
import type { History } from "./history";
import { NOTHING } from "./history";
import { MEASURES, type Looks, type Measure, type Naming, curveOf, fewer, linesOf, placesOf, rowsTogether } from "./measures";
import type { Row } from "./types";

const step = (at: number, loss: number | null): Row => ({ kind: "step", step: at, time: at, loss, tokens: at * 100, seconds: at * 2 });
const steps = [step(10, 4), step(20, 3), step(30, null)];
const history: History = { ...NOTHING, steps, evaluations: [{ kind: "evaluation", step: 15, time: 15, loss: 3.6 }] };
const named: Naming = { training: { id: "t", name: "Training", colour: 0 }, validation: { id: "v", name: "Held out", colour: 1 } };
const looks: Looks = { log: false, smoothing: 0, axis: "step" };
const measure = (id: Measure["id"]): Measure => MEASURES.find((one) => one.id === id) as Measure;

it("puts a validation between the steps around it, by tokens or time", () => {
  const rows = [5, 15, 20, 99].map((at) => ({ kind: "evaluation", step: at, time: 0 }));
  expect(placesOf(rows, steps, "step")).toEqual([5, 15, 20, 99]);
  expect(placesOf(rows, steps, "tokens")).toEqual([1000, 1500, 2000, 3000]);
  expect(placesOf(rows, steps, "seconds")).toEqual([20, 30, 40, 60]);
});

it("leaves a gap where a loss was no number", () => {
  expect(curveOf(steps, steps, "loss", "step")).toEqual([{ x: 10, y: 4 }, { x: 20, y: 3 }, { x: 30, y: Number.NaN }]);
});

it("draws no curve of what is never told", () => {
  expect(linesOf(measure("bits_per_byte"), history, looks, named)).toEqual([]);
});

it("keeps what was measured behind what is smoothed", () => {
  const [training, validation] = linesOf(measure("loss"), history, { ...looks, smoothing: 0.5 }, named);
  expect(training?.behind?.[1]).toEqual({ x: 20, y: 3 });
  expect(training?.points[1]?.y).toBeCloseTo(10 / 3);
  expect(validation).toEqual({ id: "v", name: "Held out", colour: 1, points: [{ x: 15, y: 3.6 }] });
});

it("tells the same in a table, and keeps each validation where it has fewer rows", () => {
  const rows = rowsTogether(history);
  expect(rows.map((row) => [row.step, row.training?.loss, row.validation?.loss])).toEqual([[10, 4, undefined], [15, undefined, 3.6], [20, 3, undefined], [30, null, undefined]]);
  expect(fewer(rows, 1).map((row) => row.step)).toEqual([10, 15, 30]);
});
