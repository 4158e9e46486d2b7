/** What the plan says: figures with their ranges, thresholds, memory, layout, curves, and all that is assumed. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Button, Icon, Pending } from "../design";
import { SaidBoth } from "../i18n/Said";
import { Assumptions } from "./Assumptions";
import { LayoutPart, RunPart } from "./LayoutPart";
import { Memory } from "./Memory";
import { Plots } from "./Plots";
import type { Planning } from "./planning";
import { Thresholds } from "./Thresholds";
import { Tiles } from "./Tiles";
import type { PlanAsked } from "./types";
import { days, dollars, range } from "./writing";

interface Props {
  asked: PlanAsked;
  planning: Planning;
  ask: (asked: PlanAsked) => void;
  again: () => void;
}

export function Results({ asked, planning, ask, again }: Props) {
  const { t } = useTranslation();
  const { plan, curves, failure, stale } = planning;
  if (failure?.code === "invalid_request") return <div className="results"><Impossible asked={asked} message={failure.message} hint={failure.hint} ask={ask} /></div>;
  if (!plan) return <div className="results">{failure ? <Failed failure={failure} again={again} /> : <Pending text={t("plan.planning")} />}</div>;
  return (
    <div className="results">
      {failure && <Failed failure={failure} again={again} />}
      <Said planning={planning} />
      <Tiles plan={plan} />
      <Thresholds plan={plan} />
      <div className="results-pair">
        <div><Memory plan={plan} /><RunPart plan={plan} /></div>
        <LayoutPart plan={plan} />
      </div>
      {curves && <Plots plan={plan} curves={curves} stale={stale} />}
      <Assumptions plan={plan} asked={asked} ask={ask} />
    </div>
  );
}

/** It does not fit, or the numbers are out of their bounds: why, and what helps most often. */
function Impossible({ asked, message, hint, ask }: { asked: PlanAsked; message: string; hint: string | undefined; ask: (asked: PlanAsked) => void }) {
  const { t } = useTranslation();
  const fits = message.includes("no layout fits");
  return (
    <div className="failed" role="alert">
      <Icon name="warning" />
      <div>
        <p>{t(fits ? "plan.noLayout" : "plan.impossible")}</p>
        <p className="hint"><SaidBoth message={message} hint={hint} /></p>
      </div>
      {fits && <Button onClick={() => ask({ ...asked, gpus: Math.max(8, asked.gpus * 2) })}>{t("plan.moreGpus")}</Button>}
    </div>
  );
}

function useHeadline(planning: Planning): string {
  const { t, i18n } = useTranslation();
  const { plan } = planning;
  if (!plan) return "";
  return t("plan.headline", { days: days(plan.expected.days, i18n.language), range: range(plan, (one) => one.days, days, i18n.language), money: dollars(plan.expected.money.rented, i18n.language) });
}

/** Says the headline to a screen reader, when the sliders rest. */
function Said({ planning }: { planning: Planning }) {
  const now = useHeadline(planning);
  const [said, say] = useState("");
  useEffect(() => {
    if (!planning.stale) say(now);
  }, [planning.stale, now]);
  return <p className="unseen" role="status">{said}</p>;
}

/** Where sliders and figures are not seen together: the two that matter most, at the foot of the window. */
export function Now({ planning: { plan } }: { planning: Planning }) {
  const { t, i18n } = useTranslation();
  if (!plan) return null;
  return (
    <p className="plan-now" aria-hidden="true">
      <strong>{days(plan.expected.days, i18n.language)}</strong>
      <strong>{dollars(plan.expected.money.rented, i18n.language)}</strong>
      <span>{t("plan.loss")} {plan.loss.toLocaleString(i18n.language, { maximumFractionDigits: 3 })}</span>
    </p>
  );
}
