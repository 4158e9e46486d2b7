/** What a chart of days needs: every day there, also those without use. */

const DAY_MS = 86_400_000;

/** The last `count` days (UTC) up to `today`, oldest first, as "2026-11-24". */
export function lastDays(count: number, today = new Date()): string[] {
  const end = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  return Array.from({ length: count }, (_, at) => new Date(end - (count - 1 - at) * DAY_MS).toISOString().slice(0, 10));
}
