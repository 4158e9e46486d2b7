/** Figures of evaluations as people read them, and the axis that their intervals are drawn on. */
import { roundAbove } from "../chart/scale";
import { figure } from "../runs/figures";

interface Measured {
  name: string;
  unit: string;
  value: number;
  low: number | null;
  high: number | null;
}

const DIFFERENCE = "difference of shares";

/** Whether a figure is a share of items, or a difference of two shares. */
export const isShare = (unit: string): boolean => unit === "share" || unit === DIFFERENCE;

/** The unit of a difference of two figures of one unit. */
export const differenceOf = (unit: string): string => (isShare(unit) ? DIFFERENCE : `difference ${unit}`);

/** Whether neither side of zero is the end of the axis: differences. */
export const isDifference = ({ name, unit }: Pick<Measured, "name" | "unit">): boolean => unit.startsWith("difference") || name.endsWith("_difference");

/** A figure with its unit: "84.2%", "0.913 bits/byte"; a difference of two shares, which is no share, in points: "+5 pts". */
export function written(value: number | null, unit: string, language: string, signed = false): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const sign = signed && value > 0 ? "+" : "";
  const text = unit === DIFFERENCE
    ? `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(100 * value)}\u00a0pts`
    : isShare(unit) ? new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(value) : figure(value, language);
  return sign + text.replace("-", "\u2212");
}

/** Both ends: "78% – 90%"; "" where nothing is known. */
export function interval({ low, high, unit }: Pick<Measured, "low" | "high" | "unit">, language: string, signed = false): string {
  return low === null || high === null ? "" : `${written(low, unit, language, signed)}${signed ? " … " : " – "}${written(high, unit, language, signed)}`;
}

/** The ends of the axis for figures of one unit. */
export function axisOf(figures: readonly Measured[]): [least: number, most: number] {
  const ends = figures.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]).filter(Number.isFinite);
  const far = Math.max(...ends.map(Math.abs), 0);
  const one = figures[0];
  if (!one || far === 0) return [0, 1];
  if (isDifference(one) || Math.min(...ends) < 0) return [-roundAbove(far), roundAbove(far)];
  return isShare(one.unit) ? [0, 1] : [0, roundAbove(far)];
}

/** A chance as people write it: "p = 0.03", "p < 0.001"; "" where none is known. */
export function chance(p: number | null, language: string): string {
  if (p === null) return "";
  const write = (value: number): string => new Intl.NumberFormat(language, { maximumSignificantDigits: 2 }).format(value);
  return p < 0.001 ? `p\u00a0<\u00a0${write(0.001)}` : `p\u00a0=\u00a0${write(p)}`;
}
