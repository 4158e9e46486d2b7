/** Quotas: how much of each is gone, and when it begins again. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ago, dateTime, money } from "../../i18n/dates";
import { number, percent } from "../../i18n/format";
import type { Quota } from "../types";

/** The amount of a quota with its unit. */
export function useAmount(currency: string): (quota: Pick<Quota, "unit">, value: number) => string {
  const { t, i18n } = useTranslation();
  return ({ unit }, value) => (unit === "money" ? money(value, currency, i18n.language) : t(`account.quotas.${unit}`, { count: value, value: number(value, i18n.language) }));
}

/** Names a quota by what it allows: "50 requests a day". */
export function useQuotaName(currency: string): (quota: Quota) => string {
  const { t } = useTranslation();
  const amount = useAmount(currency);
  return (quota) => t(`account.quotas.per.${quota.period}`, { amount: amount(quota, quota.limit) });
}

/** How full a quota is: by what is used, and what answers in progress hold. */
export function QuotaMeter({ quota, currency, tools }: { quota: Quota; currency: string; tools?: ReactNode }) {
  const { t, i18n } = useTranslation();
  const amount = useAmount(currency);
  const gone = quota.used + quota.reserved;
  const share = quota.limit > 0 ? Math.min(1, gone / quota.limit) : 1;
  const name = useQuotaName(currency)(quota);
  return (
    <div className="quota">
      <div className="quota-words">
        <div>
          <strong>{name}</strong>
          <span>{t("account.quotas.left", { amount: amount(quota, Math.max(0, quota.limit - gone)) })}</span>
        </div>
        {tools}
      </div>
      <meter className={share >= 1 ? "full" : share >= 0.8 ? "near" : ""} min={0} max={1} value={share} aria-label={name} aria-valuetext={percent(share, i18n.language)} />
      <p className="hint" title={dateTime(quota.resets_at, i18n.language)}>
        {t("account.quotas.used", { amount: amount(quota, gone), share: percent(share, i18n.language) })} · {t("account.quotas.again", { when: ago(quota.resets_at, i18n.language) })}
      </p>
    </div>
  );
}
