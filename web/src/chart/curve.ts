/**
 * What is done to a curve before it is drawn: thinned, smoothed, read at a place, written as a path.
 *
 * Does: keep what one must see; a spike of one step among ten thousand stays in the picture.
 */
import type { Scale } from "./scale";

/** A place on a curve; `y` is NaN where nothing is known, and the line has a gap there. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Few enough points to draw, by the least and the greatest of each stretch; the ends stay. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most || most < 4) return points;
  const inside = points.slice(1, -1);
  const stretches = Math.floor((most - 2) / 2);
  const kept: Point[] = [];
  for (let at = 0; at < stretches; at += 1) {
    const stretch = inside.slice(Math.floor((at * inside.length) / stretches), Math.floor(((at + 1) * inside.length) / stretches));
    const known = stretch.filter(({ y }) => Number.isFinite(y));
    const [first] = known.length > 0 ? known : stretch;
    if (!first) continue;
    const least = known.reduce((one, other) => (other.y < one.y ? other : one), first);
    const greatest = known.reduce((one, other) => (other.y > one.y ? other : one), first);
    kept.push(...(least === greatest ? [least] : least.x < greatest.x ? [least, greatest] : [greatest, least]));
  }
  return [points[0] as Point, ...kept, points.at(-1) as Point];
}

/**
 * A running mean in which each step back counts `weight` times as much (0 = the curve itself, below 1), without the
 * pull towards zero that such a mean has at its beginning. What is not known stays so, and does not count.
 */
export function smoothed(points: readonly Point[], weight: number): readonly Point[] {
  if (weight <= 0) return points;
  let mean = 0;
  let counted = 0;
  return points.map(({ x, y }) => {
    if (!Number.isFinite(y)) return { x, y };
    mean = weight * mean + (1 - weight) * y;
    counted = weight * counted + (1 - weight);
    return { x, y: mean / counted };
  });
}

/** The last point that is not after `x`; undefined before the first. */
export function pointAt(points: readonly Point[], x: number): Point | undefined {
  let [from, to] = [0, points.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((points[middle] as Point).x <= x) from = middle + 1;
    else to = middle;
  }
  return points[from - 1];
}

/** The place in an ascending list whose value is nearest to `x`. */
export function nearest(places: readonly number[], x: number): number {
  const after = places.findIndex((place) => place >= x);
  if (after === -1) return places.length - 1;
  if (after === 0) return 0;
  return x - (places[after - 1] as number) < (places[after] as number) - x ? after - 1 : after;
}

/** The least and the greatest of what is known; null where nothing is. `positive` = only what is above 0 counts. */
export function extent(values: Iterable<number>, positive = false): [least: number, most: number] | null {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least > most ? null : [least, most];
}

/** The curve as an SVG path in a field of `width` by `height` pixels, whose origin is at the top. */
export function pathOf(points: readonly Point[], across: Scale, up: Scale, width: number, height: number): string {
  let path = "";
  let drawing = false;
  for (const { x, y } of points) {
    const share = up.share(y);
    if (Number.isFinite(share)) path += `${drawing ? "L" : "M"}${(across.share(x) * width).toFixed(1)} ${((1 - share) * height).toFixed(1)}`;
    drawing = Number.isFinite(share);
  }
  return path;
}
