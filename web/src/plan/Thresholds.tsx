/** The amounts of compute from which laws ask for something: whether and on which day this run passes them. */
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { Badge } from "../design";
import { date } from "../i18n/dates";
import { powers } from "../runs/figures";
import type { Planned } from "./types";
import { digits, lawOf, share } from "./writing";

export function Thresholds({ plan }: { plan: Planned }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { flops } = plan.run;
  return (
    <Part level={2} title={t("plan.thresholds")} text={t("plan.thresholdsText", { value: powers(flops, language) })}>
      <ul className="thresholds">
        {plan.thresholds.map((threshold, at) => {
          const [good, expected, bad] = [plan.good, plan.expected, plan.bad].map(({ crossings }) => crossings[at]?.day ?? null);
          // Of a policy's own thresholds nothing is known here but what they say.
          const known = lawOf(threshold);
          const source = known ? t(`plan.laws.${known}.source`) : threshold.source;
          const part = flops / threshold.flops;
          return (
            <li key={`${at} ${threshold.name}`}>
              <div className="thresholds-head">
                <strong>{known ? t(`plan.laws.${known}.name`) : threshold.name}</strong>
                <span className="hint">{powers(threshold.flops, language)}</span>
                {expected === null || expected === undefined
                  ? <Badge tone="good">{t("plan.never", { value: share(part, language) })}</Badge>
                  : <Badge tone="busy">{t("plan.onDay", { day: digits(expected, language), from: digits(good ?? expected, language), to: digits(bad ?? expected, language) })}</Badge>}
              </div>
              <meter className={part >= 1 ? "near" : ""} min={0} max={1} value={Math.min(1, part)} aria-label={known ? t(`plan.laws.${known}.name`) : threshold.name}>{share(part, language)}</meter>
              <p className="hint">{known ? t(`plan.laws.${known}.duty`) : threshold.duty} <span className="source">{threshold.since ? `${source}, ${t("plan.since", { date: date(threshold.since, language) })}` : source}</span></p>
            </li>
          );
        })}
      </ul>
      <p className="hint">{t("plan.thresholdsNote")}</p>
    </Part>
  );
}
