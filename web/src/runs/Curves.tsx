/** The curves of one run or of several in the same axes; one place is read in all of them at once. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { type Line, Lines, Sample } from "../chart/Lines";
import { EmptyHint, Select } from "../design";
import { number, percent } from "../i18n/format";
import { createStore, useStore } from "../state/store";
import { duration, figure, short } from "./figures";
import type { History } from "./history";
import { AXES, type Axis, type Looks, MEASURES, type Measure, type Naming, linesOf } from "./measures";
import { AsTable } from "./AsTable";

/** How curves are looked at, for as long as the page is open. */
const looks = createStore<Looks>({ log: true, smoothing: 0.6, axis: "step" });
const LARGE = 1;
const COLOURS = 6;

export interface Curved {
  name: string;
  history: History;
}

/** A run has two colours; of several, each has one, and what was held out is dashed. */
function useNaming(several: boolean): (name: string, at: number) => Naming {
  const { t } = useTranslation();
  const [training, validation] = [t("runs.training"), t("runs.validation")];
  return (name, at) => (several
    ? { training: { id: `${name} t`, name, colour: at % COLOURS }, validation: { id: `${name} v`, name: t("runs.validationOf", { name }), colour: at % COLOURS, dashed: true, quiet: true } }
    : { training: { id: "t", name: training, colour: 0 }, validation: { id: "v", name: validation, colour: 1 } });
}

export function Curves({ runs }: { runs: readonly Curved[] }) {
  const { t, i18n } = useTranslation();
  const how = useStore(looks);
  const naming = useNaming(runs.length > 1);
  const [at, point] = useState<number | null>(null);
  const drawn = useMemo(
    () => MEASURES.map((measure) => ({ measure, lines: runs.flatMap(({ name, history }, index) => linesOf(measure, history, how, naming(name, index))) })).filter(({ lines }) => lines.length > 0),
    // The names of the lines are those of the language.
    [...runs.flatMap(({ name, history }) => [name, history]), runs.length, how, i18n.language],
  );
  if (drawn.length === 0) return <EmptyHint icon="curve" title={t("runs.noCurve")} text={t("runs.noCurveHint")} />;
  return (
    <section className="curves" aria-label={t("runs.curves")}>
      <div className="curves-grid">
        <Switches />
        {runs.length > 1 && <p className="legend curves-key" aria-hidden="true"><Sample line={{ colour: 5 }} /> {t("runs.training")} <Sample line={{ colour: 5, dashed: true }} /> {t("runs.validation")}</p>}
        {drawn.map(({ measure, lines }, index) => <Drawn key={measure.id} measure={measure} lines={lines} tall={index < LARGE} how={how} at={at} point={point} />)}
        <AsTable runs={runs} measures={drawn.map(({ measure }) => measure)} />
      </div>
    </section>
  );
}

function Switches() {
  const { t, i18n } = useTranslation();
  const how = useStore(looks);
  const look = (some: Partial<Looks>): void => looks.set({ ...how, ...some });
  return (
    <div className="curves-switches">
      <label className="curves-switch"><input type="checkbox" role="switch" checked={how.log} onChange={(event) => look({ log: event.target.checked })} /><span>{t("runs.log")}</span></label>
      <label className="curves-range">
        <span>{t("runs.smoothing")}</span>
        <input type="range" min={0} max={0.95} step={0.05} value={how.smoothing} aria-valuetext={percent(how.smoothing, i18n.language)} onChange={(event) => look({ smoothing: Number(event.target.value) })} />
      </label>
      <Select<Axis> tall={false} label={t("runs.along")} value={how.axis} options={AXES.map((axis) => [axis, t(`runs.axes.${axis}`)] as const)} change={(axis) => look({ axis })} />
    </div>
  );
}

/** Seconds of a unit that a time as long as these lines is written in. */
function unitOf(lines: readonly Line[]): number {
  const longest = Math.max(...lines.map(({ points }) => points.at(-1)?.x ?? 0));
  return [86_400, 3600, 60].find((unit) => longest >= 3 * unit) ?? 1;
}

interface DrawnProps {
  measure: Measure;
  lines: Line[];
  tall: boolean;
  how: Looks;
  at: number | null;
  point: (x: number | null) => void;
}

function Drawn({ measure, lines, tall, how: { log, axis }, at, point }: DrawnProps) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const title = t(`runs.measures.${measure.id}`);
  const writeX = (x: number): string => (axis === "seconds" ? duration(x, language) : t(`runs.at.${axis}`, { value: number(x, language) }));
  return (
    <Part level={2} title={title} text={t(`runs.means.${measure.id}`)}>
      <Lines
        label={t("runs.readCurve", { title })} lines={lines} tall={tall} unitX={axis === "seconds" ? unitOf(lines) : 1} log={log && measure.falls} zero={measure.zero} at={at} point={point}
        writeX={writeX} writeY={(y) => (measure.share ? percent(y, language) : figure(y, language))}
        shortX={(x) => (axis === "seconds" ? duration(x, language) : short(x, language))} shortY={(y) => (measure.share ? percent(y, language) : short(y, language))}
      />
    </Part>
  );
}
