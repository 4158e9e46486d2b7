/** Usage: totals, a chart by day with a table that says the same, and by model; to be taken along as CSV. */
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Bars } from "../../chart/Bars";
import { Button, type Column, EmptyHint, Table } from "../../design";
import { asCsv } from "../../markdown/csv";
import { saveFile } from "../../state/files";
import type { UsageDay, UsageReport, UsageSum } from "../types";
import { costAtLeast, dayName, MEASURES, type Measure, partsOf, short, written } from "./measures";
import { Part } from "./Sections";
import { lastDays } from "./series";

export const PERIODS = [7, 30, 90, 365] as const;

interface Props {
  usage: UsageReport;
  days: number;
  choose: (days: number) => void;
  /** What else is counted: by person. */
  children?: ReactNode;
}

/** Columns of the measures, for any table of sums. */
export function useMeasures(currency: string): Column<UsageSum>[] {
  const { t, i18n } = useTranslation();
  return MEASURES.map((measure) => ({
    name: t(`account.usage.${measure}`), kind: "number", cell: (row) => written(measure, row, currency, i18n.language),
  }));
}

export function UsageView({ usage, days, choose, children }: Props) {
  const { t, i18n } = useTranslation();
  const columns = useMeasures(usage.currency);
  return (
    <>
      <div className="tools-row">
        <label className="inline-field">
          <span>{t("account.usage.period")}</span>
          <select className="input" value={days} onChange={(event) => choose(Number(event.target.value))}>
            {PERIODS.map((count) => <option key={count} value={count}>{t("account.usage.days", { count })}</option>)}
          </select>
        </label>
        <Button icon="download" disabled={usage.totals.requests === 0} onClick={() => saveFile("usage.csv", csvOf(usage), "text/csv")}>{t("account.usage.csv")}</Button>
      </div>
      {usage.totals.requests === 0 ? (
        <EmptyHint icon="chart" title={t("account.usage.none")} text={t("account.usage.noneHint")} />
      ) : (
        <>
          <dl className="tiles">
            {MEASURES.map((measure) => (
              <div key={measure} className="tile">
                <dt>{t(`account.usage.${measure}`)}</dt>
                <dd>{measure === "cost" ? costAtLeast(usage, i18n.language) : written(measure, usage.totals, usage.currency, i18n.language)}</dd>
              </div>
            ))}
          </dl>
          {usage.totals.cost === null && <p className="hint">{t("account.usage.noPrice")}</p>}
          <ByDay usage={usage} days={days} />
          <Part title={t("account.usage.byModel")}>
            <Table caption={t("account.usage.byModel")} columns={[{ name: t("account.usage.model"), kind: "head", cell: (row) => row.model }, ...columns]} rows={usage.models} keyOf={(row) => row.model} />
          </Part>
          {children}
        </>
      )}
    </>
  );
}

function ByDay({ usage, days }: { usage: UsageReport; days: number }) {
  const { t, i18n } = useTranslation();
  const [measure, measureBy] = useState<Measure>("tokens");
  const columns = useMeasures(usage.currency);
  const known = new Map(usage.days.map((day) => [day.date, day]));
  const bars = lastDays(days).map((date) => ({ name: dayName(date, i18n.language), parts: partsOf(measure, known.get(date)), date }));
  const long = (name: string, date: string): string => `${name}\u00a0· ${known.has(date) ? written(measure, known.get(date) as UsageDay, usage.currency, i18n.language) : 0}`;
  return (
    <Part title={t("account.usage.byDay")}>
      <fieldset className="choices">
        <legend className="unseen">{t("account.usage.measure")}</legend>
        {MEASURES.map((one) => (
          <label key={one}>
            <input type="radio" name="measure" checked={one === measure} onChange={() => measureBy(one)} />
            <span>{t(`account.usage.${one}`)}</span>
          </label>
        ))}
      </fieldset>
      {measure === "tokens" && (
        <p className="legend" aria-hidden="true"><i className="part-1" /> {t("account.usage.written")} <i className="part-0" /> {t("account.usage.read")}</p>
      )}
      <Bars bars={bars} whole={measure === "tokens" || measure === "requests"} short={(value) => short(measure, value, usage.currency, i18n.language)} long={({ name }) => long(name, bars.find((bar) => bar.name === name)?.date ?? "")} />
      <details className="as-table">
        <summary>{t("account.usage.table")}</summary>
        <Table
          caption={t("account.usage.byDay")} rows={[...usage.days].reverse()} keyOf={(row) => row.date}
          columns={[{ name: t("account.usage.day"), kind: "head", cell: (row) => dayName(row.date, i18n.language) }, ...columns]}
        />
      </details>
    </Part>
  );
}

/** The days as a file for spreadsheets: plain numbers, the server's own names. */
function csvOf(usage: UsageReport): string {
  const head = ["date", "requests", "tokens_in", "tokens_out", `cost_${usage.currency}`, "first_token_ms"];
  return asCsv([head, ...usage.days.map((day) => [day.date, day.requests, day.tokens_in, day.tokens_out, day.cost ?? "", day.first_token_ms ?? ""].map(String))]);
}
