/** Two evaluations of one suite, item by item: what differs, by how much at least, and what chance explains. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { Interval } from "../chart/Interval";
import { Badge, type Column, EmptyHint, Select, Table } from "../design";
import { dateTime } from "../i18n/dates";
import { number } from "../i18n/format";
import { go, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { calls } from "./calls";
import { axisOf, chance, differenceOf, interval, written } from "./figures";
import { useNaming } from "./naming";
import { comparing } from "./places";
import type { Row, Summary } from "./types";

const TONES = { better: "good", worse: "bad", apart: "accent", alike: "calm" } as const;

export function Compare({ first, second }: { first: string; second: string }) {
  const { t } = useTranslation();
  const [list, again] = useFetched(() => calls.list({}), []);
  return (
    <>
      <ScreenTop title={t("evaluations.compare.title")} text={t("evaluations.compare.text")} back={{ name: t("evaluations.title"), href: to("evaluations") }} />
      <Loaded of={list} again={again}>{({ items }) => <Picks done={items.filter(({ state }) => state === "done")} first={first} second={second} />}</Loaded>
      {first && second && first !== second ? <Figures key={`${first} ${second}`} first={first} second={second} /> : <EmptyHint icon="compare" title={t("evaluations.compare.choose")} />}
    </>
  );
}

function Picks({ done, first, second }: { done: Summary[]; first: string; second: string }) {
  const { t, i18n } = useTranslation();
  const suite = done.find(({ id }) => id === first)?.suite;
  const name = (one: Summary): string => `${one.model} · ${one.suite} · ${dateTime(one.ended_at ?? one.began_at, i18n.language)}`;
  const options = (all: Summary[], chosen: string): (readonly [string, string])[] => [...(all.some(({ id }) => id === chosen) ? [] : [["", "–"] as const]), ...all.map((one) => [one.id, name(one)] as const)];
  const others = done.filter((one) => one.id !== first && (suite === undefined || one.suite === suite));
  return (
    <div className="compare-two">
      <Select label={t("evaluations.compare.first")} value={first} options={options(done, first)} change={(id) => go(comparing(id, second === id ? "" : second), true)} />
      <Select label={t("evaluations.compare.second")} value={second} options={options(others, second)} change={(id) => go(comparing(first, id), true)} />
    </div>
  );
}

function Figures({ first, second }: { first: string; second: string }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const naming = useNaming();
  const [rows, again] = useFetched(() => calls.compare(first, second), []);
  if (rows.failure?.code === "invalid_request") return <EmptyHint icon="warning" title={t("evaluations.compare.other")} />;
  const axis = (row: Row): [number, number] => axisOf((rows.value ?? []).filter(({ unit }) => unit === row.unit).map(({ name, unit, difference, low, high }) => ({ name, unit: differenceOf(unit), value: difference, low, high })));
  const columns: Column<Row>[] = [
    { name: t("evaluations.figure"), kind: "head", cell: ({ task, name }) => <span className="evaluation-name">{naming.metric(name)}<span className="hint">{naming.task(task)}</span></span> },
    { name: t("evaluations.compare.before"), kind: "number", cell: (row) => written(row.first, row.unit, language) },
    { name: t("evaluations.compare.after"), kind: "number", cell: (row) => written(row.second, row.unit, language) },
    { name: t("evaluations.compare.difference"), kind: "number", cell: ({ difference, low, high, unit }) => <span className="evaluation-name">{written(difference, differenceOf(unit), language, true)}<span className="hint">{interval({ low, high, unit: differenceOf(unit) }, language, true)}</span></span> },
    { name: t("evaluations.compare.drawn"), cell: (row) => { const [least, most] = axis(row); return <Interval value={row.difference} low={row.low} high={row.high} least={least} most={most} bounds={[0]} tone={row.verdict === "better" ? "good" : row.verdict === "worse" ? "bad" : "plain"} />; } },
    {
      name: t("evaluations.compare.items"),
      kind: "number",
      cell: ({ items, seen_from: least, items_needed: needed, unit }) => (
        <span className="evaluation-name">
          {number(items, language)}
          {least !== null && <span className="hint">{t("evaluations.compare.seen", { least: written(least, differenceOf(unit), language) })}</span>}
          {needed !== null && <span className="hint">{t("evaluations.compare.needed", { value: number(needed, language) })}</span>}
        </span>
      ),
    },
    { name: t("evaluations.compare.verdict"), cell: ({ verdict, p_corrected: p }) => <span className="evaluation-name"><span><Badge tone={TONES[verdict]}>{t(`evaluations.verdicts.${verdict}`)}</Badge></span><span className="hint">{chance(p, language)}</span></span> },
  ];
  return (
    <Loaded of={rows} again={again}>
      {(found) => (
        <Part level={2} title={t("evaluations.compare.figures")} text={t("evaluations.compare.means")}>
          <Table caption={t("evaluations.compare.title")} columns={columns} rows={found} keyOf={({ task, name }) => `${task} ${name}`} empty={<EmptyHint icon="compare" title={t("evaluations.compare.nothing")} />} />
        </Part>
      )}
    </Loaded>
  );
}
