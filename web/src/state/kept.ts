/** What the browser keeps: JSON in `localStorage`, which may be full, forbidden, or hold anything. */

export const KEYS = {
  preferences: "causerie.preferences",
  drafts: "causerie.drafts",
} as const;

/** The value kept under `key`, or null when there is none that can be read. */
export function recall(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** Keeps `value`; false = the browser would not. */
export function keep(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
