/** A figure with its interval, drawn on an axis: a line from end to end, a dot at the figure, a mark at each bound. For the eye; the words stand beside it. */
import "./chart.css";

interface Props {
  value: number | null;
  /** Null = nothing is known: the line goes to the end of the axis. */
  low: number | null;
  high: number | null;
  /** Ends of the axis. */
  least: number;
  most: number;
  /** Where something is asked of it. */
  bounds?: readonly number[];
  /** Drawn behind it: the figure that it is compared with. */
  other?: { value: number; low: number | null; high: number | null };
  tone?: "plain" | "good" | "bad";
}

export function Interval({ value, low, high, least, most, bounds = [], other, tone = "plain" }: Props) {
  const at = (one: number): string => `${(100 * Math.min(1, Math.max(0, (one - least) / (most - least || 1)))).toFixed(2)}%`;
  const span = (one: { low: number | null; high: number | null }): { x1: string; x2: string } => ({ x1: at(one.low ?? least), x2: at(one.high ?? most) });
  return (
    <svg className={`interval ${tone}`} aria-hidden="true">
      <line className="interval-axis" x1="0" x2="100%" y1="50%" y2="50%" />
      {other && <><line className="interval-other" {...span(other)} y1="50%" y2="50%" /><circle className="interval-other" r={3} cx={at(other.value)} cy="50%" /></>}
      {bounds.map((bound) => <line key={bound} className="interval-bound" x1={at(bound)} x2={at(bound)} y1="10%" y2="90%" />)}
      {value !== null && <><line className="interval-line" {...span({ low, high })} y1="50%" y2="50%" /><circle r={4} cx={at(value)} cy="50%" /></>}
    </svg>
  );
}
