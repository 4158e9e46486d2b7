/** Addresses of the views of evaluations. */
import { to } from "../shell/router";
import type { Summary } from "./types";

const here = to("evaluations");

export const START = `${here}?start=`;

/** Where a new one is asked for, of this model and suite, with so many examples ("" = as the suite says). */
export const starting = (model: string, suite = "", shots = ""): string => `${here}?start=&model=${encodeURIComponent(model)}&suite=${encodeURIComponent(suite)}${shots && `&shots=${shots}`}`;

/** Where the same is asked for again: by `gsm8k-5-shot` is by `gsm8k` with 5 examples. */
export function anew({ model, suite, shots }: Pick<Summary, "model" | "suite" | "shots">): string {
  const [, name, count] = /^(.+)-(\d+)-shot$/.exec(suite) ?? [];
  return starting(model, name ?? suite, count ?? String(shots ?? ""));
}

/** Where two are compared, the earlier first. */
export const comparing = (first: string, second: string): string => `${here}?first=${encodeURIComponent(first)}&second=${encodeURIComponent(second)}`;

/** Those of a model alone. */
export const ofModel = (model: string): string => (model ? `${here}?model=${encodeURIComponent(model)}` : here);
