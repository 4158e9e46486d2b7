/** Large numbers as people write and read them: "405B" or "405 Md", "10,000" or "10 000". */

const SIZES: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, b: 1e9, g: 1e9, md: 1e9, mrd: 1e9, t: 1e12, bn: 1e12, p: 1e15 };

/** The number that somebody typed in their language; undefined = it is none. */
export function amountIn(text: string, language: string): number | undefined {
  const tidy = text.trim().replaceAll(/[\s\u00a0\u202f'_]/g, "").toLowerCase();
  const plain = language === "fr" ? tidy.replace(",", ".") : tidy.replaceAll(",", "");
  const found = /^(\d+(?:\.\d+)?|\.\d+)(?:e\+?(\d{1,2}))?([a-z]*)$/.exec(plain);
  const size = SIZES[found?.[3] ?? ""];
  if (!found || size === undefined) return undefined;
  const value = Number(found[1]) * 10 ** Number(found[2] ?? 0) * size;
  return Number.isFinite(value) ? value : undefined;
}

/** As short as can be, with three digits that count: "1.5T", "405B", "7 Md". */
export function amount(value: number, language: string): string {
  return new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

/** Round numbers from `least` to `most`, `mantissas` to each power of ten: the places of a slider of equal factors. */
export function roundNumbers(least: number, most: number, mantissas: readonly number[] = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8]): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power += 1) {
    for (const mantissa of mantissas) {
      const value = Number((mantissa * 10 ** power).toPrecision(3));
      if (value >= least && value <= most) found.push(value);
    }
  }
  return found;
}

/** Equal steps from `least` to `most`. */
export function evenNumbers(least: number, most: number, step: number): number[] {
  return Array.from({ length: Math.round((most - least) / step) + 1 }, (_, at) => Number((least + at * step).toPrecision(6)));
}

/** The place of the number nearest to `value`, by factors. */
export function nearestPlace(numbers: readonly number[], value: number): number {
  const apart = (one: number): number => Math.abs(Math.log(one / value));
  return numbers.reduce((best, one, at) => (apart(one) < apart(numbers[best] as number) ? at : best), 0);
}
