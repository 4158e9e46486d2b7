/** Why the figures are as they are: what becomes of them with other numbers of GPUs, checkpoints and weights. */
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { type Line, Lines } from "../chart/Lines";
import { number } from "../i18n/format";
import { powers } from "../runs/figures";
import { amount } from "./amount";
import type { Curves, Planned, Threshold } from "./types";
import { days, digits, lawOf, seconds, share } from "./writing";

const MINUTE_S = 60;

interface Props {
  plan: Planned;
  curves: Curves;
  /** The curves are still those of another plan. */
  stale: boolean;
}

export function Plots({ plan, curves, stale }: Props) {
  return (
    <div className={stale ? "plots stale" : "plots"}>
      <Days plan={plan} curves={curves} />
      <Compute plan={plan} />
      <Goodput curves={curves} />
      <Loss plan={plan} curves={curves} />
    </div>
  );
}

interface DrawnProps {
  title: string;
  /** The place that is read where nobody points: that of this plan. */
  here?: number;
  text: ReactNode;
  lines: Line[];
  log?: boolean;
  logX?: boolean;
  writeX: (x: number) => string;
  shortX: (x: number) => string;
  writeY: (y: number) => string;
  shortY: (y: number) => string;
}

function Drawn({ title, text, here, ...rest }: DrawnProps) {
  const { t } = useTranslation();
  const [at, point] = useState<number | null>(null);
  return <Part level={2} title={title} text={text}><Lines label={t("plan.read", { title })} at={at ?? here ?? null} point={point} {...rest} /></Part>;
}

function Days({ plan, curves }: Omit<Props, "stale">) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const lines = useMemo(
    () => (["expected", "good", "bad"] as const).map((name, at): Line => ({
      id: name, name: t(`plan.cases.${name}`), colour: at === 0 ? 0 : 5, dashed: at > 0, points: curves.days.map((each) => ({ x: each.gpus, y: each[name] })),
    })),
    [curves, language],
  );
  return <Drawn here={plan.gpus} title={t("plan.curves.days")} text={t("plan.curves.daysText")} lines={lines} log logX writeX={(x) => t("plan.gpusOf", { value: number(x, language) })} shortX={(x) => amount(x, language)} writeY={(y) => days(y, language)} shortY={(y) => amount(y, language)} />;
}

function Compute({ plan }: { plan: Planned }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const lines = useMemo(() => {
    const end = plan.expected.days;
    const all = [...Array(61).keys()].map((step) => (end * step) / 60).slice(1);
    const nameOf = (threshold: Threshold): string => {
      const law = lawOf(threshold);
      return law ? t(`plan.laws.${law}.name`) : threshold.name;
    };
    const near = plan.thresholds.filter(({ flops }) => flops < plan.run.flops * 30);
    return [
      { id: "run", name: t("plan.thisRun"), colour: 0, points: all.map((day) => ({ x: day, y: (plan.run.flops * day) / end })) },
      ...near.map((threshold, at): Line => ({ id: `${at} ${threshold.name}`, name: nameOf(threshold), colour: [1, 3][at] ?? 4, dashed: true, points: [all[0] ?? 0, end].map((day) => ({ x: day, y: threshold.flops })) })),
    ];
  }, [plan, language]);
  return <Drawn title={t("plan.curves.compute")} text={t("plan.curves.computeText")} lines={lines} log writeX={(x) => t("plan.day", { value: number(x, language, 1) })} shortX={(x) => number(x, language, 1)} writeY={(y) => powers(y, language)} shortY={(y) => powers(y, language).replace(/^1\u00a0×\u00a0/, "")} />;
}

function Goodput({ curves }: { curves: Curves }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  // The middle one of the points is the best.
  const best = curves.goodput[Math.floor(curves.goodput.length / 2)]?.x ?? 0;
  const lines = useMemo((): Line[] => [{ id: "kept", name: t("plan.curves.goodput"), colour: 2, points: curves.goodput.map(({ x, y }) => ({ x: x / MINUTE_S, y })) }], [curves, language]);
  return <Drawn here={best / MINUTE_S} title={t("plan.curves.goodput")} text={t("plan.curves.goodputText", { value: seconds(best, language) })} lines={lines} logX writeX={(x) => seconds(x * MINUTE_S, language)} shortX={(x) => t("plan.minutes", { value: digits(x, language) })} writeY={(y) => share(y, language)} shortY={(y) => share(y, language)} />;
}

function Loss({ plan, curves }: Omit<Props, "stale">) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const one = plan.model.parameters;
  const lines = useMemo((): Line[] => [{ id: "loss", name: t("plan.loss"), colour: 3, points: curves.loss }], [curves, language]);
  const weights = (x: number): string => amount(x, language);
  const loss = (y: number): string => y.toLocaleString(language, { maximumFractionDigits: 3 });
  return (
    <Drawn
      here={one} title={t("plan.curves.loss")} text={t("plan.curves.lossText", { weights: amount(one, language), value: loss(plan.loss), best: amount(plan.compute_optimal.parameters, language) })}
      lines={lines} logX writeX={(x) => t("plan.weightsOf", { value: weights(x) })} shortX={weights} writeY={loss} shortY={loss}
    />
  );
}
