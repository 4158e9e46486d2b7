/** The figures that one came for, each with its range. */
import { useTranslation } from "react-i18next";
import { amount } from "./amount";
import type { Outcome, Planned } from "./types";
import { type Write, count, days, dollars, energy, range, seconds, share, tonnes } from "./writing";

interface Figure {
  name: string;
  value: string;
  range?: string;
  hint?: string;
}

export function Tiles({ plan }: { plan: Planned }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const { expected } = plan;
  const ranged = (name: string, of: (outcome: Outcome) => number, write: Write, hint = ""): Figure => ({ name, value: write(of(expected), language), range: range(plan, of, write, language), hint });
  const loss = (value: number): string => value.toLocaleString(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const figures: Figure[] = [
    ranged(t("plan.time"), (one) => one.days, days),
    ranged(t("plan.rented"), (one) => one.money.rented, dollars),
    ranged(t("plan.bought"), (one) => one.money.written_off + one.money.energy, dollars, t("plan.boughtHint", { value: dollars(expected.money.purchase, language) })),
    ranged(t("plan.energy"), (one) => one.energy.megawatt_hours, energy, t("plan.carbon", { value: tonnes(expected.energy.co2_tonnes, language), range: range(plan, (one) => one.energy.co2_tonnes, tonnes, language) })),
    ranged(t("plan.failures"), (one) => one.failures, count, t("plan.failuresHint", { value: seconds(expected.reliability.between_failures_s, language) })),
    ranged(t("plan.kept"), (one) => one.reliability.kept, share, t("plan.keptHint", { value: seconds(expected.reliability.interval_s, language) })),
    ranged(t("plan.hours"), (one) => one.gpu_hours, (value) => amount(value, language)),
    { name: t("plan.loss"), value: loss(plan.loss), hint: t("plan.lossHint", { value: loss(plan.compute_optimal.loss), weights: amount(plan.compute_optimal.parameters, language), tokens: amount(plan.compute_optimal.tokens, language) }) },
  ];
  return (
    <dl className="tiles plan-tiles">
      {figures.map(({ name, value, range: ends, hint }) => (
        <div key={name} className="tile">
          <dt>{name}</dt>
          <dd>{value}</dd>
          {ends && <dd className="hint plan-range">{ends}</dd>}
          {hint && <dd className="hint">{hint}</dd>}
        </div>
      ))}
    </dl>
  );
}
