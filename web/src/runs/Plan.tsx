/** What a run would take on this machine, before it begins. */
import { useTranslation } from "react-i18next";
import { Command, Icon } from "../design";
import { money } from "../i18n/dates";
import { bytes, number, percent } from "../i18n/format";
import { duration, powers, short } from "./figures";
import type { Facts } from "./types";

const HOUR_S = 3600;
/** Share of the processor from which on the steps count as timed alone, as in the terminal. */
const ALONE = 0.8;

export function Plan({ facts }: { facts: Facts }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const tiles: [string, string][] = [
    [t("runs.plan.time"), duration(facts.hours * HOUR_S, language)],
    [t("runs.plan.memory"), bytes(facts.memory_bytes, language)],
    [t("runs.parameters"), short(facts.parameters, language)],
    ...(facts.trained_parameters < facts.parameters ? [[t("runs.plan.trained"), short(facts.trained_parameters, language)] as [string, string]] : []),
    [t("runs.plan.steps"), number(facts.steps, language)],
    [t("runs.plan.tokens"), short(facts.tokens, language)],
    [t("runs.plan.flops"), powers(facts.flops, language)],
    ...(facts.currency ? [[t("runs.plan.price"), money(facts.price, facts.currency, language)] as [string, string]] : []),
  ];
  return (
    <div role="status" className="plan">
      <p><strong>{t("runs.plan.good")}</strong> {t(facts.timed ? "runs.plan.timed" : "runs.plan.guessed")}</p>
      {facts.timed && facts.share < ALONE && (
        <div className="notice"><Icon name="warning" /><p>{t("runs.plan.busy", { share: percent(facts.share, language), time: duration((facts.hours * HOUR_S) / facts.share, language) })}</p></div>
      )}
      {facts.data_ready === false && (
        <div className="notice"><Icon name="warning" /><div><p>{t("runs.plan.noData")}</p>{facts.data_hint && <p><Command text={facts.data_hint} /></p>}</div></div>
      )}
      <dl className="tiles">{tiles.map(([name, value]) => <div key={name} className="tile"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </div>
  );
}
