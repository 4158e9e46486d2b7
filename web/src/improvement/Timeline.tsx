/** The steps of a round, one below the other: what each does, how it stands, what is left behind it and what went. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { Icon, type IconName } from "../design";
import { Said } from "../i18n/Said";
import { dateTime } from "../i18n/dates";
import { number, percent } from "../i18n/format";
import { duration } from "../runs/figures";
import { to } from "../shell/router";
import type { Round, Step } from "./types";

const ICONS: Readonly<Record<Step["state"], IconName | undefined>> = { waiting: undefined, running: undefined, done: "check", failed: "warning", cancelled: "stop", skipped: undefined };

/** The name by which our strings know a reason of the server's. */
const slug = (reason: string): string => reason.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "");

export function Timeline({ round }: { round: Round }) {
  const { t } = useTranslation();
  return (
    <Part level={2} title={t("improvement.timeline")}>
      <ol className="timeline">{round.steps.map((step) => <One key={step.name} step={step} round={round} />)}</ol>
    </Part>
  );
}

function One({ step, round }: { step: Step; round: Round }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const icon = ICONS[step.state];
  const known = i18n.exists(`improvement.steps.${step.name}.name`);
  const counts = Object.entries(step.counts).filter(([, times]) => times > 0);
  const word = (reason: string): string | undefined => (i18n.exists(`improvement.reasons.${slug(reason)}`) ? t(`improvement.reasons.${slug(reason)}`) : undefined);
  return (
    <li className={`timeline-step ${step.state === "failed" ? "broken" : step.state}`}>
      <span className="timeline-mark">{icon ? <Icon name={icon} /> : <i aria-hidden="true" />}</span>
      <div className="timeline-words">
        <p className="timeline-head">
          <strong>{known ? t(`improvement.steps.${step.name}.name`) : step.name}</strong>
          <span className="hint">{t(`improvement.stepStates.${step.state}`)}{step.seconds !== null && <> · {duration(step.seconds, language)}</>}</span>
          {step.at && <time className="hint" dateTime={step.at}>{dateTime(step.at, language)}</time>}
        </p>
        <p className="hint">{known && t(`improvement.steps.${step.name}.text`)}</p>
        <Outcome step={step} round={round} />
        {step.state === "running" && <progress value={round.share} max={1} aria-label={t("improvement.progress")}>{percent(round.share, language)}</progress>}
        {counts.length > 0 && (
          <ul className="timeline-counts">
            {counts.map(([reason, times]) => <li key={reason}><b>−{number(times, language)}</b> {word(reason) ?? <Said text={reason} />}</li>)}
          </ul>
        )}
      </div>
    </li>
  );
}

/** What came of a step, in our words. */
function Outcome({ step, round }: { step: Step; round: Round }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  if (step.state !== "done") return null;
  const fact = (name: string): string => {
    const found = step.facts[name];
    return typeof found === "number" ? number(found, language) : String(found ?? "");
  };
  const value = step.count === null ? "" : number(step.count, language);
  const count = step.count ?? 0;
  if (step.name === "collect" || step.name === "examine") return <p className="timeline-count">{t("improvement.left", { count, value })}</p>;
  if (step.name === "hold_out") return <p className="timeline-count">{t("improvement.parted", { learnt: fact("learnt"), held: fact("held_out"), method: t(`improvement.methods.${round.method}`) })}</p>;
  if (step.name === "train") return <p className="timeline-count">{round.run ? <a href={to("runs", round.run)}>{t("improvement.trained", { count, value })}</a> : t("improvement.trained", { count, value })}</p>;
  if (step.name === "register") return <p className="timeline-count">{round.candidate}</p>;
  if (step.name === "gate" && round.verdict) return <p className="timeline-count">{t(`improvement.verdicts.${round.verdict}`)}</p>;
  if (step.name === "evaluate") return <p className="timeline-count"><a href={`${to("evaluations")}?model=${encodeURIComponent(round.candidate)}`}>{t("improvement.evaluated", { count, value })}</a></p>;
  return null;
}
