/** Figures of a run as people of a language write them. */
import { number } from "../i18n/format";

const STEPS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]] as const;

/** A length of time by its two greatest units: "1 hr, 20 min" is written "1 hr 20 min"; nothing is "0 sec". */
export function duration(seconds: number, language: string): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = STEPS.findIndex(([, length]) => whole >= length);
  if (first === -1) return unitOf(0, "second", language);
  const [[unit, length], smaller] = [STEPS[first] as (typeof STEPS)[number], STEPS[first + 1]];
  const rest = smaller ? Math.floor((whole % length) / smaller[1]) : 0;
  const great = unitOf(Math.floor(whole / length), unit, language);
  return smaller && rest > 0 ? `${great} ${unitOf(rest, smaller[0], language)}` : great;
}

const unitOf = (count: number, unit: string, language: string): string =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count);

/** A loss or another measure with four digits that count; "–" where it is not known. */
export function figure(value: number | null | undefined, language: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)) return powers(value, language);
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value);
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** "1.2 × 10¹⁵": for what is beyond words. */
export function powers(value: number, language: string): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const [mantissa = "", exponent = ""] = value.toExponential(1).split("e");
  const raised = [...exponent.replace("+", "")].map((digit) => (digit === "-" ? "⁻" : RAISED[Number(digit)])).join("");
  return `${number(Number(mantissa), language, 1)}\u00a0×\u00a010${raised}`;
}

/** A value beside an axis, as short as can be: "12K", "0.05", "1e-4". */
export function short(value: number, language: string): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(0);
  return new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

/** The beginning of a hash: enough to tell two apart. */
export const beginning = (hash: string): string => `${hash.slice(0, 12)}…`;

/** The line of a recipe that a message speaks of; undefined = of none. */
export function lineIn(message: string): number | undefined {
  const found = /\bline (\d+)/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** What a run may be called: it is a folder's name too. */
export const isName = (name: string): boolean => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name);

/** A name that no run has yet: "starter", "starter-2", … */
export function freeName(wanted: string, taken: readonly string[]): string {
  const plain = wanted.replace(/-\d+$/, "");
  if (!taken.includes(wanted)) return wanted;
  for (let count = 2; ; count += 1) if (!taken.includes(`${plain}-${count}`)) return `${plain}-${count}`;
}
