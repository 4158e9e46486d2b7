/** How much of the model's context the conversation uses, as a small ring with its figure. */
import { useTranslation } from "react-i18next";
import { number, percent } from "../i18n/format";
import { gaugeOf } from "../state/context";
import { open, shownIn } from "../state/open";
import { useStore } from "../state/store";

/** Length of the ring's circle: 2 π times its radius of 9. */
const ROUND = 2 * Math.PI * 9;

export function Gauge({ limit }: { limit: number }) {
  const { t, i18n } = useTranslation();
  const gauge = gaugeOf(shownIn(useStore(open)), limit);
  if (gauge === null) return null;
  const share = percent(gauge.share, i18n.language);
  const value = t("gauge.value", { used: number(gauge.used, i18n.language), limit: number(gauge.limit, i18n.language), share });
  return (
    <div
      className={`gauge ${gauge.level}`} role="meter" aria-label={t("gauge.label")} title={`${t("gauge.label")}: ${value}`}
      aria-valuemin={0} aria-valuemax={gauge.limit} aria-valuenow={Math.min(gauge.used, gauge.limit)} aria-valuetext={value}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle className="track" cx="12" cy="12" r="9" />
        <circle className="fill" cx="12" cy="12" r="9" strokeDasharray={`${gauge.share * ROUND} ${ROUND}`} transform="rotate(-90 12 12)" />
      </svg>
      <span aria-hidden="true">{share}</span>
    </div>
  );
}
