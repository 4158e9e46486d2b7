/** Several runs in the same axes: which are compared is in the address, so that it can be sent to somebody. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { Sample } from "../chart/Lines";
import { type Column, EmptyHint, Table } from "../design";
import { number } from "../i18n/format";
import { go, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { calls } from "./calls";
import { Curves } from "./Curves";
import { figure, short } from "./figures";
import { useFollowed } from "./following";
import { comparing } from "./places";
import { State } from "./Standing";
import { Top } from "./Top";
import type { RunSummary } from "./types";

/** As many as there are colours. */
const MOST = 6;

export function Compare({ names }: { names: readonly string[] }) {
  const { t } = useTranslation();
  const [fetched, again] = useFetched(calls.runs, []);
  const chosen = names.slice(0, MOST);
  const [followed] = useFollowed(chosen);
  const found = chosen.flatMap((name) => {
    const one = followed.get(name);
    return one?.run ? [{ name, run: one.run, history: one.history }] : [];
  });
  const turn = (name: string, on: boolean): void => go(comparing(on ? [...chosen, name] : chosen.filter((other) => other !== name)), true);
  return (
    <>
      <Top title={t("runs.compare.title")} text={t("runs.compare.text")} />
      <Loaded of={fetched} again={again}>
        {(runs) => (
          <fieldset className="checks compare-picks">
            <legend>{t("runs.compare.which", { count: MOST })}</legend>
            {runs.map(({ name }) => (
              <label key={name} className="compare-pick">
                <input type="checkbox" checked={chosen.includes(name)} disabled={!chosen.includes(name) && chosen.length >= MOST} onChange={(event) => turn(name, event.target.checked)} />
                <span>{name}</span>
                {chosen.includes(name) && <Sample line={{ colour: found.findIndex((one) => one.name === name) }} />}
              </label>
            ))}
          </fieldset>
        )}
      </Loaded>
      {found.length > 0 ? <><Together runs={found.map(({ run }) => run)} /><Curves runs={found} /></> : chosen.length === 0 && <EmptyHint icon="compare" title={t("runs.compare.none")} />}
    </>
  );
}

/** Their newest figures side by side. */
function Together({ runs }: { runs: RunSummary[] }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const columns: Column<RunSummary>[] = [
    { name: t("runs.run"), kind: "head", cell: ({ name }) => <a href={to("runs", name)}>{name}</a> },
    { name: t("runs.state"), cell: (run) => <State run={run} /> },
    { name: t("runs.axes.step"), kind: "number", cell: ({ step }) => number(step, language) },
    { name: t("runs.measures.loss"), kind: "number", cell: ({ loss }) => figure(loss, language) },
    { name: t("runs.measures.bits_per_byte"), kind: "number", cell: (run) => figure(run.bits_per_byte, language) },
    { name: t("runs.measures.tokens_per_s"), kind: "number", cell: (run) => (run.tokens_per_s === null ? "–" : number(run.tokens_per_s, language)) },
    { name: t("runs.parameters"), kind: "number", cell: ({ parameters }) => (parameters > 0 ? short(parameters, language) : "–") },
  ];
  return <Table caption={t("runs.compare.title")} columns={columns} rows={runs} keyOf={({ name }) => name} />;
}
