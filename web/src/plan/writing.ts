/** Figures of a plan as people read them: few digits, a unit, and the range behind them. */
import { number } from "../i18n/format";
import { duration } from "../runs/figures";
import { amount } from "./amount";
import type { Case, Outcome, Planned, Threshold } from "./types";

export type Write = (value: number, language: string) => string;

const DAY_S = 86_400;
const YEAR_DAYS = 365.25;

/** Three digits that count. */
export function digits(value: number, language: string): string {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 3 }).format(value);
}

/** A time in days: "54 days", "3.2 years"; below two days by the clock. */
export function days(value: number, language: string): string {
  if (value < 2) return duration(value * DAY_S, language);
  const [count, unit] = value >= 2 * YEAR_DAYS ? [value / YEAR_DAYS, "year"] : [value, "day"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", maximumSignificantDigits: 3 }).format(count);
}

export const seconds: Write = (value, language) => duration(value, language);

/** "$3.4M" or "3,4 M $". */
export const dollars: Write = (value, language) =>
  new Intl.NumberFormat(language, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", notation: value >= 10_000 ? "compact" : "standard", maximumSignificantDigits: value >= 10_000 ? 3 : undefined, maximumFractionDigits: value >= 10_000 ? undefined : value >= 100 ? 0 : 2 }).format(value);

/** Energy from megawatt-hours: kWh, MWh, GWh. */
export const energy: Write = (value, language) => {
  const [size, unit] = value >= 1000 ? [1000, "GWh"] : value >= 1 ? [1, "MWh"] : [1e-3, "kWh"];
  return `${digits(value / size, language)}\u00a0${unit}`;
};

/** Power from megawatts: kW, MW. */
export const power: Write = (value, language) => (value >= 1 ? `${digits(value, language)}\u00a0MW` : `${digits(value * 1000, language)}\u00a0kW`);

/** CO2 from tonnes. */
export const tonnes: Write = (value, language) => `${digits(value, language)}\u00a0t`;

/** A share as "41.2%". */
export const share: Write = (value, language) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(value);

export const count: Write = (value, language) => (value >= 1e6 ? amount(value, language) : number(value, language, value < 10 ? 1 : 0));

const SIZES = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const;

/** Bytes on disks and wires, by powers of ten: "4.2 TB" or "4,2 To". */
export const disk: Write = (value, language) => {
  const [size, prefix] = SIZES.find(([least]) => value >= least) ?? [1, ""];
  return `${digits(value / size, language)}\u00a0${prefix}${language === "fr" ? "o" : "B"}`;
};

/** Bytes of memory, by powers of two: "64.2 GiB" or "64,2 Gio". */
export const memory: Write = (value, language) => `${number(value / 2 ** 30, language, value < 10 * 2 ** 30 ? 2 : 1)}\u00a0${language === "fr" ? "Gio" : "GiB"}`;

/** Both ends of what is possible, the lower first; "" where they are the same. */
export function range(plan: Planned, of: (outcome: Outcome) => number, write: Write, language: string): string {
  const ends = (["good", "bad"] as const satisfies readonly Case[]).map((name) => of(plan[name])).sort((one, other) => one - other).map((value) => write(value, language));
  return ends[0] === ends[1] ? "" : `${ends[0]} – ${ends[1]}`;
}

const LAWS: ReadonlyMap<number, "eu" | "california"> = new Map([[1e25, "eu"], [1e26, "california"]]);

/** The law that draws this line, where the page knows it by name; a policy's own lines, which no date belongs to, are no law's. */
export const lawOf = ({ flops, since }: Pick<Threshold, "flops" | "since">): "eu" | "california" | undefined => (since ? LAWS.get(flops) : undefined);
