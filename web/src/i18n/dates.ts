/** Dates and amounts as people of a language write them. */

const DAY_MS = 86_400_000;

/** "24 November 2026" or "24 novembre 2026". */
export function date(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(iso));
}

/** "24 Nov 2026, 19:05". */
export function dateTime(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["year", 365 * DAY_MS], ["month", 30 * DAY_MS], ["day", DAY_MS], ["hour", 3_600_000], ["minute", 60_000]];

/** "3 hours ago", "yesterday", "in 2 days"; below a minute, "now". */
export function ago(iso: string, language: string, now = Date.now()): string {
  const past = new Date(iso).getTime() - now;
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const [unit, length] = STEPS.find(([, ms]) => Math.abs(past) >= ms) ?? ["second", Number.POSITIVE_INFINITY];
  return relative.format(Math.trunc(past / length), unit);
}

/** An amount of money: "€1.50" or "1,50 €"; fractions of a cent are kept while they matter. */
export function money(amount: number, currency: string, language: string): string {
  const digits = amount !== 0 && Math.abs(amount) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat(language, { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: digits }).format(amount);
}

/** How long ago by the calendar: what a list of conversations is divided by. */
export type Age = "today" | "yesterday" | "week" | "month" | "older";

/** The part of the list that a time belongs to. */
export function ageOf(iso: string, now = new Date()): Age {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const time = new Date(iso).getTime();
  if (time >= midnight) return "today";
  if (time >= midnight - DAY_MS) return "yesterday";
  if (time >= midnight - 7 * DAY_MS) return "week";
  return time >= midnight - 30 * DAY_MS ? "month" : "older";
}
