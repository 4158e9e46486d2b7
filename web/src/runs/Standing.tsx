/** How a run stands: its state, how far it is, and its newest figures. */
import { useTranslation } from "react-i18next";
import { Badge, Icon } from "../design";
import { Said, SaidBoth } from "../i18n/Said";
import { ago, dateTime } from "../i18n/dates";
import { number, percent } from "../i18n/format";
import { duration, figure, short } from "./figures";
import type { RunSummary } from "./types";

const TONES = { waiting: "calm", running: "busy", paused: "accent", stopped: "calm", finished: "good", failed: "bad" } as const;

export function State({ run: { state }, asked }: { run: RunSummary; asked?: "pausing" | "stopping" | null }) {
  const { t } = useTranslation();
  return <Badge tone={TONES[state]}>{t(asked ? `runs.${asked}` : `runs.states.${state}`)}</Badge>;
}

/** The share of its steps that a run has taken, drawn as a bar. */
export function Share({ run: { step, steps } }: { run: RunSummary }) {
  const { t, i18n } = useTranslation();
  if (steps === 0) return null;
  return <progress value={step} max={steps} aria-label={t("runs.progress")}>{percent(step / steps, i18n.language)}</progress>;
}

/** "Step 120 of 900". */
export function useStepOf(): (run: RunSummary) => string {
  const { t, i18n } = useTranslation();
  return ({ step, steps }) => (steps === 0 ? "" : t("runs.stepOf", { step: number(step, i18n.language), steps: number(steps, i18n.language) }));
}

interface Props {
  run: RunSummary;
  /** What it has spent so far, when that is known. */
  seconds: number | undefined;
  /** What to do about its failure, when that is known. */
  hint: string | undefined;
}

export function Standing({ run, seconds, hint }: Props) {
  const { t, i18n } = useTranslation();
  const stepOf = useStepOf();
  const { language } = i18n;
  const over = run.state !== "running" && run.state !== "waiting";
  const left = !over && run.seconds_left !== null ? t("runs.left", { time: duration(run.seconds_left, language) }) : "";
  const tiles: [string, string][] = [
    [t("runs.lastStep", { measure: t("runs.measures.loss") }), figure(run.loss, language)],
    [t("runs.lastStep", { measure: t("runs.measures.bits_per_byte") }), figure(run.bits_per_byte, language)],
    [t("runs.measures.tokens_per_s"), run.tokens_per_s === null ? "–" : number(run.tokens_per_s, language)],
    [t("runs.spent"), seconds === undefined ? "–" : duration(seconds, language)],
    [t("runs.parameters"), run.parameters === 0 ? "–" : short(run.parameters, language)],
  ];
  return (
    <section className="standing" aria-label={t("runs.standing")}>
      {run.state === "failed" && run.error && (
        <div className="failed" role="alert"><Icon name="warning" /><div><p>{t("runs.failed")}</p><p className="hint"><SaidBoth message={run.error} hint={hint} /></p></div></div>
      )}
      <div className="run-progress">
        <p><strong>{stepOf(run) || t(over ? "runs.noStep" : "runs.begins")}</strong>{left && <span>{left}</span>}</p>
        <Share run={run} />
        {run.state === "waiting" && <p className="hint">{t("runs.queued")}</p>}
        {run.message && !over && <p className="hint"><Said text={run.message} /></p>}
        {over && <p className="hint"><time dateTime={run.updated_at} title={dateTime(run.updated_at, language)}>{t(`runs.since.${run.state}`, { when: ago(run.updated_at, language) })}</time></p>}
      </div>
      <dl className="tiles">{tiles.map(([name, value]) => <div key={name} className="tile"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
