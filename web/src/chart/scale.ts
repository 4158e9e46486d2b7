/** From values to places on the screen: ends, round marks, and logarithms where a curve falls fast and then slowly. */

/** The least round number (1, 2 or 5 times a power of ten) that is not below `value`; 1 when nothing is there. */
export function roundAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((times) => times * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** One axis: what it spans, its marks, and where a value lies on it. */
export interface Scale {
  least: number;
  most: number;
  marks: number[];
  /** 0 at `least`, 1 at `most`; NaN for what the axis cannot show. */
  share: (value: number) => number;
  /** The value at a share. */
  value: (share: number) => number;
}

/** Without what float arithmetic leaves behind: 0.1 + 0.2 is written 0.3. */
const tidy = (value: number): number => Number(value.toPrecision(12));

/** Round values from `least` to `most`, about `count` of them. */
export function roundMarks(least: number, most: number, count: number): number[] {
  const step = roundAbove((most - least) / count);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => tidy((first + at) * step));
}

/** The same axis with as many marks as fit, each of which takes `room(mark)` of its whole length, 1; round in `unit`s. */
export function marked(axis: Scale, unit: number, most: number, room: (mark: number) => number): Scale {
  for (let count = most; count > 1; count -= 1) {
    const marks = roundMarks(axis.least / unit, axis.most / unit, count).map((mark) => mark * unit);
    const widest = Math.max(0, ...marks.map(room));
    const apart = Math.min(...marks.slice(1).map((mark, at) => axis.share(mark) - axis.share(marks[at] as number)));
    if (apart >= widest) return { ...axis, marks };
  }
  return axis;
}

/** An axis of equal steps. `outward` = its ends are moved out to round values. */
export function linear(least: number, most: number, count: number, outward: boolean): Scale {
  const [low, high] = least === most ? [least - (Math.abs(least) || 1) / 2, most + (Math.abs(most) || 1) / 2] : [least, most];
  const step = roundAbove((high - low) / count);
  const from = outward ? tidy(Math.floor(low / step + 1e-9) * step) : low;
  const to = outward ? tidy(Math.ceil(high / step - 1e-9) * step) : high;
  return {
    least: from, most: to, marks: roundMarks(from, to, count),
    share: (value) => (value - from) / (to - from), value: (share) => from + share * (to - from),
  };
}

/** What stands before the power of ten at a mark: as few as show where one is. */
const MANTISSAS = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 6, 8]];

/** An axis of equal factors; only what is above 0 has a place on it. */
export function logarithmic(least: number, most: number, count: number): Scale {
  const low = least === most ? least / 1.5 : least;
  const high = least === most ? most * 1.5 : most;
  const decades = Array.from({ length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 }, (_, at) => Math.floor(Math.log10(low)) + at);
  const all = MANTISSAS.map((mantissas) => decades.flatMap((power) => mantissas.map((each) => tidy(each * 10 ** power))).filter((mark) => mark >= low && mark <= high));
  const enough = all.find((marks) => marks.length >= Math.min(3, count - 1));
  const thin = (marks: number[]): number[] => marks.filter((_, at) => at % Math.ceil(marks.length / (count + 1)) === 0);
  const span = Math.log(high / low);
  return {
    least: low, most: high, marks: enough ? thin(enough) : roundMarks(low, high, count),
    share: (value) => (value > 0 ? Math.log(value / low) / span : Number.NaN), value: (share) => low * Math.exp(share * span),
  };
}
