/** All evaluations, the newest first, those at work among them; and where there is none, what to do. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { useMore } from "../administration/parts/useMore";
import { Button, type Column, Command, Icon, Table } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { useLook } from "../runs/following";
import { go, to } from "../shell/router";
import { Figure } from "./Figure";
import { State, moves } from "./State";
import { calls } from "./calls";
import { useNaming } from "./naming";
import { START, comparing, ofModel, starting } from "./places";
import type { Summary } from "./types";

export function EvaluationList({ model }: { model: string }) {
  const { t } = useTranslation();
  const [list, again, more] = useMore((before) => calls.list({ model: model || undefined, before: before || undefined }), [model]);
  const items = list.value?.items ?? [];
  useLook(items.some(moves), () => void again());
  const pair = alike(items);
  return (
    <>
      <ScreenTop title={t("evaluations.title")} text={t("evaluations.text")}>
        {pair && <a className="button" href={comparing(pair[0].id, pair[1].id)}><Icon name="compare" />{t("evaluations.compare.open")}</a>}
        {(items.length > 0 || model) && <a className="button strong" href={model ? starting(model) : START}><Icon name="scales" />{t("evaluations.start.open")}</a>}
      </ScreenTop>
      {model && <p className="filtered"><span>{t("evaluations.only", { name: model })}</span> <Button kind="quiet" icon="close" onClick={() => go(ofModel(""))}>{t("evaluations.all")}</Button></p>}
      <Loaded of={list} again={again}>
        {({ items: found, next }) => (found.length === 0 ? <Nothing model={model} /> : (
          <>
            <All evaluations={found} />
            {next && <div className="buttons"><Button onClick={more}>{t("evaluations.more")}</Button></div>}
          </>
        ))}
      </Loaded>
    </>
  );
}

/** The two newest that can be compared: the earlier first. */
function alike(items: readonly Summary[]): [Summary, Summary] | undefined {
  const done = items.filter(({ state }) => state === "done");
  for (const [at, second] of done.entries()) {
    const first = done.slice(at + 1).find(({ suite }) => suite === second.suite);
    if (first) return [first, second];
  }
  return undefined;
}

function All({ evaluations }: { evaluations: Summary[] }) {
  const { t, i18n } = useTranslation();
  const naming = useNaming();
  const columns: Column<Summary>[] = [
    { name: t("evaluations.model"), kind: "head", cell: ({ id, model, suite }) => <span className="evaluation-name"><a href={to("evaluations", id)}>{model}</a><span className="hint">{suite}</span></span> },
    {
      name: t("evaluations.figures"),
      cell: (one) => (one.headlines.length > 0
        ? <ul className="headlines">{one.headlines.slice(0, 2).map((metric) => <li key={`${metric.task} ${metric.name}`}><span className="hint">{metric.task && `${metric.task}: `}{naming.metric(metric.name)}</span> <Figure metric={metric} /></li>)}</ul>
        : <State evaluation={one} />),
    },
    { name: t("evaluations.time"), kind: "number", cell: ({ ended_at, began_at }) => <time dateTime={ended_at ?? began_at} title={dateTime(ended_at ?? began_at, i18n.language)}>{ago(ended_at ?? began_at, i18n.language)}</time> },
  ];
  return <Table caption={t("evaluations.title")} columns={columns} rows={evaluations} keyOf={({ id }) => id} />;
}

function Nothing({ model }: { model: string }) {
  const { t } = useTranslation();
  return (
    <section className="panel evaluation-first">
      <Icon name="scales" />
      <h2>{t("evaluations.none.title")}</h2>
      <p className="lead">{t("evaluations.none.text")}</p>
      <ol className="steps">
        <li>{t("evaluations.none.first")}</li>
        <li>{t("evaluations.none.second")}</li>
        <li>{t("evaluations.none.third")}</li>
      </ol>
      <a className="button strong" href={model ? starting(model) : START}><Icon name="scales" />{t("evaluations.start.open")}</a>
      <p className="hint">{t("evaluations.none.terminal")} <Command text={`causerie eval ${model || "MODEL"} --suite core`} /></p>
    </section>
  );
}
