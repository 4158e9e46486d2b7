/** All runs, the newest first; and where there is none, what to do. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { type Column, Command, Icon, Table } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { useStore } from "../state/store";
import { calls } from "./calls";
import { duration, figure } from "./figures";
import { moves, useLook } from "./following";
import { START, comparing } from "./places";
import { leaving } from "./removing";
import { Share, State, useStepOf } from "./Standing";
import { Top } from "./Top";
import type { RunSummary } from "./types";

const ALIKE = 2;

export function RunList() {
  const { t } = useTranslation();
  const out = useStore(leaving);
  const [fetched, again] = useFetched(calls.runs, [out]);
  const runs = fetched.value?.filter(({ name }) => !out.has(name)) ?? [];
  useLook(runs.some(({ state }) => moves(state)), () => void again());
  return (
    <>
      <Top title={t("runs.title")} text={t("runs.text")} inside={false}>
        {runs.length >= ALIKE && <a className="button" href={comparing(runs.slice(0, ALIKE).map(({ name }) => name))}><Icon name="compare" />{t("runs.compare.open")}</a>}
        {runs.length > 0 && <a className="button strong" href={START}><Icon name="play" />{t("runs.start.open")}</a>}
      </Top>
      <Loaded of={fetched} again={again}>{() => (runs.length === 0 ? <Nothing /> : <All runs={runs} />)}</Loaded>
    </>
  );
}

function All({ runs }: { runs: RunSummary[] }) {
  const { t, i18n } = useTranslation();
  const stepOf = useStepOf();
  const columns: Column<RunSummary>[] = [
    { name: t("runs.run"), kind: "head", cell: (run) => <span className="run-name"><a href={to("runs", run.name)}>{run.name}</a>{run.objective && <span className="hint">{t(`runs.objectives.${run.objective}`)}</span>}</span> },
    { name: t("runs.state"), cell: (run) => <span className="run-state"><State run={run} /><Share run={run} /><span className="hint">{stepOf(run)}</span></span> },
    { name: t("runs.measures.loss"), kind: "number", cell: ({ loss }) => figure(loss, i18n.language) },
    { name: t("runs.measures.bits_per_byte"), kind: "number", cell: (run) => figure(run.bits_per_byte, i18n.language) },
    {
      name: t("runs.time"), kind: "number",
      cell: ({ state, seconds_left, updated_at }) => (moves(state) && seconds_left !== null
        ? t("runs.left", { time: duration(seconds_left, i18n.language) })
        : <time dateTime={updated_at} title={dateTime(updated_at, i18n.language)}>{ago(updated_at, i18n.language)}</time>),
    },
  ];
  return <Table caption={t("runs.title")} columns={columns} rows={runs} keyOf={({ name }) => name} />;
}

/** What a newcomer does: three steps, the first of which is a button. */
function Nothing() {
  const { t } = useTranslation();
  return (
    <section className="panel run-first">
      <Icon name="curve" />
      <h2>{t("runs.none.title")}</h2>
      <p className="lead">{t("runs.none.text")}</p>
      <ol className="steps">
        <li>{t("runs.none.first")}</li>
        <li>{t("runs.none.second")}</li>
        <li>{t("runs.none.third")}</li>
      </ol>
      <a className="button strong" href={START}><Icon name="play" />{t("runs.start.open")}</a>
      <p className="hint">{t("runs.none.terminal")} <Command text="causerie train recipes/starter.toml" /></p>
    </section>
  );
}
