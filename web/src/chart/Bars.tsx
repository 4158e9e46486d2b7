/**
 * A bar for each day, of one or two parts. For the eye alone: the table that stands with it says the same to everyone.
 *
 * Boxes and not a canvas: they take the theme's colours, grow with the text, and weigh nothing to load.
 */
import "./chart.css";
import { useState } from "react";
import { roundAbove } from "./scale";

export interface Bar {
  name: string;
  /** From the bottom up; as many for each bar. */
  parts: number[];
}

interface Props {
  bars: Bar[];
  /** What is counted, not measured: no half of one stands beside the scale. */
  whole: boolean;
  /** Writes a value beside the scale. */
  short: (value: number) => string;
  /** Writes a whole bar, when the pointer is on it. */
  long: (bar: Bar) => string;
}

const sum = (parts: number[]): number => parts.reduce((total, part) => total + part, 0);

export function Bars({ bars, whole, short, long }: Props) {
  const [at, point] = useState<number | null>(null);
  const half = Math.max(...bars.map(({ parts }) => sum(parts))) / 2;
  const top = 2 * roundAbove(whole ? Math.max(1, half) : half);
  const shown = at === null ? undefined : bars[at];
  const ends = [bars[0], bars[Math.floor(bars.length / 2)], bars.at(-1)];
  return (
    <div className="bars" aria-hidden="true">
      <p className="bars-said">{shown ? long(shown) : "\u00a0"}</p>
      <div className="bars-scale">{[top, top / 2, 0].map((value) => <span key={value}>{short(value)}</span>)}</div>
      <div className="bars-field" onPointerLeave={() => point(null)}>
        {bars.map(({ name, parts }, index) => (
          <div key={name} className={index === at ? "bar pointed" : "bar"} onPointerEnter={() => point(index)}>
            {parts.map((part, which) => <i key={which} className={`part-${which}`} style={{ height: `${(part / top) * 100}%` }} />)}
          </div>
        ))}
      </div>
      <div className="bars-names">{ends.map((bar, index) => <span key={index}>{bar?.name}</span>)}</div>
    </div>
  );
}
