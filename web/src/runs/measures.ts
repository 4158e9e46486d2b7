/** What of a run is drawn: each measure's curves, along steps, tokens or time. */
import { type Point, smoothed } from "../chart/curve";
import type { Line } from "../chart/Lines";
import type { History } from "./history";
import type { Row } from "./types";

export interface Measure {
  id: "loss" | "bits_per_byte" | "accuracy" | "rate_share" | "tokens_per_s" | "gradient_norm";
  /** Falls fast and then slowly: a logarithm shows more of it. */
  falls: boolean;
  /** Its axis begins at zero. */
  zero: boolean;
  /** A share of one, written in percent. */
  share: boolean;
  /** Each step differs from the next by chance: smoothing shows where it goes. */
  noisy: boolean;
}

export const MEASURES: readonly Measure[] = [
  { id: "loss", falls: true, zero: false, share: false, noisy: true },
  { id: "bits_per_byte", falls: true, zero: false, share: false, noisy: true },
  { id: "accuracy", falls: false, zero: true, share: true, noisy: true },
  { id: "rate_share", falls: false, zero: true, share: true, noisy: false },
  { id: "tokens_per_s", falls: false, zero: true, share: false, noisy: true },
  { id: "gradient_norm", falls: true, zero: true, share: false, noisy: true },
];

export const AXES = ["step", "tokens", "seconds"] as const;
export type Axis = (typeof AXES)[number];

/** How curves are looked at. */
export interface Looks {
  log: boolean;
  /** 0 = as measured; up to below 1. */
  smoothing: number;
  axis: Axis;
}

const numberOf = (row: Row, fact: string): number => {
  const value = row[fact];
  return typeof value === "number" ? value : Number.NaN;
};

/** Where rows lie on an axis; what only steps say (tokens, time) is taken for the others from the steps around them. */
export function placesOf(rows: readonly Row[], steps: readonly Row[], axis: Axis): number[] {
  let at = 0;
  return rows.map((row) => {
    const own = numberOf(row, axis);
    if (!Number.isNaN(own)) return own;
    while (at < steps.length && (steps[at] as Row).step < row.step) at += 1;
    const [before, after] = [steps[at - 1], steps[at]];
    if (!after) return before ? numberOf(before, axis) : Number.NaN;
    if (after.step === row.step || !before) return numberOf(after, axis);
    const share = (row.step - before.step) / (after.step - before.step);
    return numberOf(before, axis) + share * (numberOf(after, axis) - numberOf(before, axis));
  });
}

/** The curve of one fact; empty when no row tells it. */
export function curveOf(rows: readonly Row[], steps: readonly Row[], fact: string, axis: Axis): Point[] {
  if (!rows.some((row) => typeof row[fact] === "number")) return [];
  const places = placesOf(rows, steps, axis);
  return rows.map((row, at) => ({ x: places[at] as number, y: numberOf(row, fact) })).filter(({ x }) => Number.isFinite(x));
}

/** How the two curves of a run are named and coloured: what it learns from, and what was held out. */
export interface Naming {
  training: Pick<Line, "id" | "name" | "colour">;
  validation: Pick<Line, "id" | "name" | "colour" | "dashed" | "quiet">;
}

/** The curves of a measure of one run: none, one, or two. */
export function linesOf({ id, noisy }: Measure, { steps, evaluations }: History, { smoothing, axis }: Looks, { training, validation }: Naming): Line[] {
  const measured = curveOf(steps, steps, id, axis);
  const held = curveOf(evaluations, steps, id, axis);
  const lines: Line[] = [];
  const weight = noisy ? smoothing : 0;
  if (measured.length > 0) lines.push({ ...training, points: smoothed(measured, weight), ...(weight > 0 && { behind: measured }) });
  if (held.length > 0) lines.push({ ...validation, points: held });
  return lines;
}

/** The rows of a table or a file: each step that was measured, with what was held out where it was measured too. */
export function rowsTogether({ steps, evaluations }: History): { step: number; training: Row | undefined; validation: Row | undefined }[] {
  const training = new Map(steps.map((row) => [row.step, row]));
  const validation = new Map(evaluations.map((row) => [row.step, row]));
  const all = [...new Set([...training.keys(), ...validation.keys()])].sort((one, other) => one - other);
  return all.map((step) => ({ step, training: training.get(step), validation: validation.get(step) }));
}

/** At most `most` rows, evenly taken; those with a validation stay, and so does the last. */
export function fewer<T extends { validation: unknown }>(rows: readonly T[], most: number): T[] {
  const every = Math.ceil(rows.length / most);
  return rows.filter(({ validation }, at) => at % every === 0 || validation !== undefined || at === rows.length - 1);
}
