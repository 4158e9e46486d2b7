/** What a chart needs of numbers: every day there, and lines at round values. */

const DAY_MS = 86_400_000;

/** The last `count` days (UTC) up to `today`, oldest first, as "2026-11-24". */
export function lastDays(count: number, today = new Date()): string[] {
  const end = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  return Array.from({ length: count }, (_, at) => new Date(end - (count - 1 - at) * DAY_MS).toISOString().slice(0, 10));
}

/** The least round number (1, 2 or 5 times a power of ten) that is not below `value`; 1 when nothing is there. */
export function roundAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((times) => times * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
