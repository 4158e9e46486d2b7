/** Numbers as people of a language write them. */

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const KIB = 2 ** 10;

/** Bytes as "1.2 GB", "91 MB", "12 KB" or "15 B" (powers of 1024, as file managers show them); "" for 0. */
export function bytes(count: number, language: string): string {
  if (count <= 0) return "";
  const steps: [number, string, string][] = [[GIB, "GB", "Go"], [MIB, "MB", "Mo"], [KIB, "KB", "Ko"]];
  const [step, english, french] = steps.find(([size]) => count >= size) ?? [1, "B", "o"];
  const value = count / step;
  const unit = language === "fr" ? french : english;
  return `${number(value, language, value < 10 ? 1 : 0)}\u00a0${unit}`;
}

/** A number with at most `digits` digits after the point. */
export function number(value: number, language: string, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** Weights of a model as "135 M" or "7.2 B"; French says "Md" for a thousand million. */
export function weights(count: number, language: string): string {
  if (count <= 0) return "";
  if (count < 1e9) return `${number(count / 1e6, language)}\u00a0M`;
  return `${number(count / 1e9, language, 1)}\u00a0${language === "fr" ? "Md" : "B"}`;
}

/** A share as "12 %" or "12%". */
export function percent(share: number, language: string): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}
