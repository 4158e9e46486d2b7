/**
 * Curves over one axis, drawn as SVG: in the theme's colours, sharp at any size, and nothing to load.
 *
 * To read a place: the pointer, or the arrows, Page Up and Down, Home and End while it has the focus; what stands
 * there is written in the legend, and said as the value of a slider. A table beside it says the same to everyone.
 */
import "./chart.css";
import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Point, extent, nearest, pathOf, pointAt, thinned } from "./curve";
import { type Scale, linear, logarithmic, marked } from "./scale";

export interface Line {
  id: string;
  name: string;
  /** One of the chart's colours, 0 to 5. */
  colour: number;
  /** By ascending `x`. */
  points: readonly Point[];
  /** Drawn faintly behind it: the same as it was measured, where the line itself is smoothed. */
  behind?: readonly Point[];
  dashed?: boolean;
  /** Its name is not written in the legend, as that of a line before it says enough; it is said all the same. */
  quiet?: boolean;
}

export interface LinesProps {
  /** What the slider is called. */
  label: string;
  lines: readonly Line[];
  tall?: boolean;
  /** Equal factors instead of equal steps, where the values allow it. */
  log?: boolean;
  /** The axis begins at zero. */
  zero?: boolean;
  /** Along the axis, too, equal factors: every `x` is above 0. */
  logX?: boolean;
  /** The place that is read, by its `x`; one for several charts that lie below each other. */
  at: number | null;
  point: (x: number | null) => void;
  writeX: (x: number) => string;
  writeY: (y: number) => string;
  shortX: (x: number) => string;
  /** What marks along the axis are round in: 60 for seconds that are written as minutes. */
  unitX?: number;
  shortY: (y: number) => string;
}

const EDGE = { top: 10, right: 14, bottom: 24 };
const LETTER_PX = 7.4;
const MARK_EVERY_PX = 48;
const MOST_ACROSS = 12;
const BETWEEN_PX = 18;
const FEW_POINTS = 40;
const NOTHING = "–";
/** Of what a curve spans, above and below it. */
const ROOM = 0.05;

/** The width in pixels of an element, as it changes. */
function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const shown = place.current;
    if (!shown) return undefined;
    const watcher = new ResizeObserver(() => setWidth(shown.clientWidth));
    setWidth(shown.clientWidth);
    watcher.observe(shown);
    return () => watcher.disconnect();
  }, []);
  return [place, width];
}

function scalesOf({ lines, log, zero, logX, unitX = 1, shortX }: LinesProps, width: number, height: number): { across: Scale; up: Scale } | null {
  const all = lines.flatMap(({ points, behind = [] }) => [...points, ...behind]);
  const xs = extent(all.map(({ x }) => x));
  const ys = extent(all.map(({ y }) => y), log);
  if (!xs || !ys) return null;
  const rows = Math.max(2, Math.round(height / MARK_EVERY_PX));
  const room = (ys[1] - ys[0]) * ROOM;
  const up = log ? logarithmic(ys[0] / (1 + ROOM), ys[1] * (1 + ROOM), rows) : zero ? linear(Math.min(0, ys[0]), ys[1], rows, true) : linear(ys[0] - room, ys[1] + room, rows, false);
  const label = (mark: number): number => (shortX(mark).length * LETTER_PX + BETWEEN_PX) / Math.max(1, width - 5 * LETTER_PX);
  if (logX) return { up, across: logarithmic(xs[0], xs[1], Math.min(MOST_ACROSS, Math.floor(1 / label(xs[1])))) };
  return { up, across: marked(linear(xs[0], xs[1], 2, false), unitX, MOST_ACROSS, label) };
}

/** How far a key moves the place that is read, of `count` places; undefined = it is none of ours. */
function moved(key: string, index: number, count: number): number | undefined {
  const page = Math.max(1, Math.round(count / 10));
  const to: Record<string, number> = {
    ArrowRight: index + 1, ArrowUp: index + 1, ArrowLeft: index - 1, ArrowDown: index - 1,
    PageUp: index + page, PageDown: index - page, Home: 0, End: count - 1,
  };
  const next = to[key];
  return next === undefined ? undefined : Math.min(count - 1, Math.max(0, next));
}

export function Lines(props: LinesProps) {
  const { label, lines, tall = false, at, point, writeX, writeY } = props;
  const [place, width] = useWidth();
  const height = (tall ? 280 : 176) - EDGE.top - EDGE.bottom;
  const scales = useMemo(() => scalesOf(props, width, height), [lines, props.log, props.zero, props.logX, props.unitX, width, height]);
  // The line with most places is the one that is stepped along.
  const places = useMemo(() => lines.reduce<readonly Point[]>((most, { points }) => (points.length > most.length ? points : most), []).map(({ x }) => x), [lines]);
  const last = places.at(-1) ?? 0;
  const read = (line: Line, x: number): string => {
    const y = pointAt(line.points, x)?.y;
    return y === undefined || Number.isNaN(y) ? NOTHING : writeY(y);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && at !== null) point(null);
    const next = moved(event.key, nearest(places, at ?? last), places.length);
    if (next === undefined) return;
    event.preventDefault();
    point(places[next] ?? null);
  };
  const known = lines.map((line) => [line.name, read(line, at ?? last)] as const).filter(([, value]) => value !== NOTHING);
  const said = `${writeX(at ?? last)}: ${known.map(([name, value]) => `${name} ${value}`).join(", ")}`;
  return (
    <div className="lines">
      <ul className="lines-legend">
        {lines.map((line) => (
          <li key={line.id}><Sample line={line} /><span className={line.quiet || lines.length === 1 ? "unseen" : undefined}>{line.name}</span><strong>{read(line, at ?? Number.POSITIVE_INFINITY)}</strong></li>
        ))}
        {at !== null && <li className="lines-at">{writeX(at)}</li>}
      </ul>
      <div
        ref={place} className={tall ? "lines-field tall" : "lines-field"} role="slider" tabIndex={0} aria-label={label}
        aria-valuemin={places[0] ?? 0} aria-valuemax={last} aria-valuenow={at ?? last} aria-valuetext={said}
        onKeyDown={pressed} onBlur={() => point(null)}
      >
        {scales && width > 0 && <Field {...props} scales={scales} places={places} width={width} height={height} />}
      </div>
    </div>
  );
}

/** The piece of line that stands beside a name. */
export function Sample({ line: { colour, dashed } }: { line: Pick<Line, "colour" | "dashed"> }) {
  return <svg className={`lines-sample colour-${colour}`} viewBox="0 0 22 8" aria-hidden="true"><path className={dashed ? "dashed" : undefined} d="M1 4h20" /></svg>;
}

interface FieldProps extends LinesProps {
  scales: { across: Scale; up: Scale };
  places: readonly number[];
  width: number;
  height: number;
}

function Field({ scales: { across, up }, places, width, height, lines, at, point, shortX, shortY }: FieldProps) {
  const left = 10 + LETTER_PX * Math.max(...up.marks.map((mark) => shortY(mark).length));
  const inner = Math.max(1, width - left - EDGE.right);
  const drawn = useMemo(
    () => lines.map(({ points, behind }) => {
      const few = thinned(points, 2 * inner);
      const path = pathOf(few, across, up, inner, height);
      return { path, behind: behind && pathOf(thinned(behind, 2 * inner), across, up, inner, height), dots: few.length <= FEW_POINTS ? few : [] };
    }),
    [lines, across, up, inner, height],
  );
  const pointed = (event: PointerEvent<SVGSVGElement>): void => {
    const share = (event.clientX - event.currentTarget.getBoundingClientRect().left - left) / inner;
    point(places[nearest(places, across.value(share))] ?? null);
  };
  const y = (value: number): number => (1 - up.share(value)) * height;
  const cursor = at === null ? Number.NaN : across.share(at);
  return (
    <svg width={width} height={height + EDGE.top + EDGE.bottom} aria-hidden="true" onPointerMove={pointed} onPointerDown={pointed} onPointerLeave={() => point(null)}>
      <g transform={`translate(${left} ${EDGE.top})`}>
        {up.marks.map((mark) => (
          <g key={mark} transform={`translate(0 ${y(mark).toFixed(1)})`}><path className="lines-mark" d={`M0 0H${inner}`} /><text x={-8} dy="0.35em" textAnchor="end">{shortY(mark)}</text></g>
        ))}
        {across.marks.map((mark) => <text key={mark} x={across.share(mark) * inner} y={height + 17} textAnchor={across.share(mark) > 0.96 ? "end" : "middle"}>{shortX(mark)}</text>)}
        <path className="lines-floor" d={`M0 ${height}H${inner}`} />
        {drawn.map(({ behind }, index) => behind && <path key={lines[index]?.id} className={`lines-behind colour-${lines[index]?.colour}`} d={behind} />)}
        {drawn.map(({ path, dots }, index) => (
          <g key={lines[index]?.id} className={`colour-${lines[index]?.colour}`}>
            <path className={lines[index]?.dashed ? "lines-line dashed" : "lines-line"} d={path} />
            {dots.map(({ x, y: value }) => Number.isFinite(up.share(value)) && <circle key={x} r={2.4} cx={across.share(x) * inner} cy={y(value)} />)}
          </g>
        ))}
        {cursor >= 0 && cursor <= 1 && (
          <g>
            <path className="lines-cursor" d={`M${(cursor * inner).toFixed(1)} 0V${height}`} />
            {lines.map((line) => <Reading key={line.id} line={line} at={at ?? 0} x={(value) => across.share(value) * inner} y={y} />)}
          </g>
        )}
      </g>
    </svg>
  );
}

/** The dot on a line where it is read: at what was measured last, which may be before the place that is pointed at. */
function Reading({ line: { points, colour }, at, x, y }: { line: Line; at: number; x: (place: number) => number; y: (value: number) => number }) {
  const found = pointAt(points, at);
  if (!found || !Number.isFinite(y(found.y))) return null;
  return <circle className={`lines-reading colour-${colour}`} r={4} cx={x(found.x)} cy={y(found.y)} />;
}
