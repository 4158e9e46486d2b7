/** What can be looked at of usage: each measure's parts by day, and how it is written. */
import { money } from "../../i18n/dates";
import { number } from "../../i18n/format";
import type { UsageReport, UsageSum } from "../types";

export type Measure = "tokens" | "requests" | "cost" | "first";
export const MEASURES: readonly Measure[] = ["tokens", "requests", "cost", "first"];

/** The parts of a day's bar; what is not known is none. */
export function partsOf(measure: Measure, day: UsageSum | undefined): number[] {
  if (measure === "tokens") return [day?.tokens_in ?? 0, day?.tokens_out ?? 0];
  if (measure === "requests") return [day?.requests ?? 0];
  if (measure === "cost") return [day?.cost ?? 0];
  return [(day?.first_token_ms ?? 0) / 1000];
}

/** A measure of some usage, written whole; "–" where it is not known. */
export function written(measure: Measure, some: UsageSum, currency: string, language: string): string {
  if (measure === "tokens") return number(some.tokens_in + some.tokens_out, language);
  if (measure === "requests") return number(some.requests, language);
  if (measure === "cost") return some.cost === null ? "–" : money(some.cost, currency, language);
  return some.first_token_ms === null ? "–" : seconds(some.first_token_ms, language);
}

/** What all of it cost; with "≥" before what is known, where some models have no price. */
export function costAtLeast({ totals, models, currency }: Pick<UsageReport, "totals" | "models" | "currency">, language: string): string {
  if (totals.cost !== null) return money(totals.cost, currency, language);
  const known = models.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
  return known > 0 ? `≥\u00a0${money(known, currency, language)}` : "–";
}

/** A value beside the scale, as short as can be. */
export function short(measure: Measure, value: number, currency: string, language: string): string {
  if (measure === "cost") return money(value, currency, language);
  const text = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 2 }).format(value);
  return measure === "first" ? `${text}\u00a0s` : text;
}

/** "0.42 s" or "0,42 s". */
export function seconds(ms: number, language: string): string {
  return `${number(ms / 1000, language, 2)}\u00a0s`;
}

/** A day of a chart, short: "24 Nov" or "24 nov.". */
export function dayName(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(iso));
}
