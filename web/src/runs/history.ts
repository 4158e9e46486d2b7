/**
 * What a run has said so far, put together from the pieces that are fetched while it goes.
 *
 * Does: sort them by kind; take a piece that comes twice once.
 */
import type { Row } from "./types";

export interface History {
  /** By step. */
  steps: readonly Row[];
  evaluations: readonly Row[];
  samples: readonly Row[];
  /** All else that happened, by time. */
  happenings: readonly Row[];
}

export const NOTHING: History = { steps: [], evaluations: [], samples: [], happenings: [] };

/** More steps than this are thinned to half: a page may stay open for weeks. */
const MOST_STEPS = 8000;
const CURVES = new Set(["step", "evaluation", "sample"]);

/** Rows of which later ones replace earlier ones of the same key. */
function merged(old: readonly Row[], fresh: readonly Row[], keyOf: (row: Row) => string | number): readonly Row[] {
  if (fresh.length === 0) return old;
  return [...new Map([...old, ...fresh].map((row) => [keyOf(row), row])).values()];
}

const byStep = (rows: readonly Row[]): readonly Row[] => [...rows].sort((one, other) => one.step - other.step);

/** Every second one, and the last. */
function halved(rows: readonly Row[]): readonly Row[] {
  return rows.filter((_, at) => at % 2 === 0 || at === rows.length - 1);
}

/** The history with further rows. */
export function withRows(before: History, rows: readonly Row[]): History {
  if (rows.length === 0) return before;
  const of = (kind: string): Row[] => rows.filter((row) => row.kind === kind);
  const steps = byStep(merged(before.steps, of("step"), ({ step }) => step));
  const others = rows.filter(({ kind }) => !CURVES.has(kind));
  return {
    steps: steps.length > MOST_STEPS ? halved(steps) : steps,
    evaluations: byStep(merged(before.evaluations, of("evaluation"), ({ step }) => step)),
    samples: byStep(merged(before.samples, of("sample"), ({ step, prompt }) => `${step} ${String(prompt)}`)),
    happenings: [...merged(before.happenings, others, ({ kind, time, step }) => `${kind} ${time} ${step}`)].sort((one, other) => one.time - other.time),
  };
}

/** A fact of a row that is a text. */
export const textOf = (fact: unknown): string | undefined => (typeof fact === "string" ? fact : undefined);

/** What to do about the failure that a run ended with; undefined = it is not known. */
export function remedyOf({ happenings }: History, error: string | null): string | undefined {
  const failed = happenings.filter(({ kind }) => kind === "failed").at(-1);
  return failed?.message === error ? textOf(failed?.hint) : undefined;
}
