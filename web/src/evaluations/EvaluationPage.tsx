/** One evaluation: its figures with their intervals, its answers, good and bad, and what it was made with. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { Badge, CopyButton, EmptyHint, Icon } from "../design";
import { Said, SaidBoth } from "../i18n/Said";
import { dateTime, money } from "../i18n/dates";
import { number, percent } from "../i18n/format";
import { beginning, duration } from "../runs/figures";
import { useLook } from "../runs/following";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { Items } from "./Items";
import { Metrics } from "./Metrics";
import { State, moves } from "./State";
import { calls } from "./calls";
import { anew, comparing, ofModel } from "./places";
import type { Whole } from "./types";

export function EvaluationPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const [whole, again] = useFetched(() => calls.whole(id), [id]);
  useLook(whole.value !== undefined && moves(whole.value), () => void again());
  const back = { name: t("evaluations.title"), href: to("evaluations") };
  if (whole.failure?.code === "not_found") {
    return (
      <>
        <ScreenTop title={t("evaluations.one")} back={back} />
        <EmptyHint icon="scales" title={t("evaluations.gone")} text={t("evaluations.goneHint")} />
      </>
    );
  }
  return <Loaded of={whole} again={again}>{(value) => <Sheet one={value} back={back} />}</Loaded>;
}

/** The one before it of the same suite and model, else of the same suite: what it is compared with. */
function useBefore({ id, suite, model, state }: Whole): string | undefined {
  const [list] = useFetched(() => calls.list({ suite }), [id, suite, state]);
  const others = list.value?.items.filter((one) => one.id !== id && one.state === "done") ?? [];
  return (others.find((one) => one.model === model) ?? others[0])?.id;
}

function Sheet({ one, back }: { one: Whole; back: { name: string; href: string } }) {
  const { t, i18n } = useTranslation();
  const administers = useStore(session, may("administer"));
  const before = useBefore(one);
  const done = one.state === "done";
  return (
    <>
      <ScreenTop title={one.model} text={one.shots === null ? t("evaluations.by", { suite: one.suite }) : t("evaluations.byShots", { suite: one.suite, count: one.shots })} beside={!done && <span role="status"><State evaluation={one} /></span>} back={back}>
        {done && before && <a className="button" href={comparing(before, one.id)}><Icon name="compare" />{t("evaluations.compare.open")}</a>}
        {done && <a className="button" href={`/api/evaluations/${encodeURIComponent(one.id)}/report?language=${i18n.language === "fr" ? "fr" : "en"}`} target="_blank" rel="noopener"><Icon name="file" />{t("evaluations.report")}</a>}
        {!moves(one) && <a className="button" href={anew(one)}><Icon name="again" />{t("evaluations.again")}</a>}
        {administers && one.job_id && <a className="button" href={to("administration", "jobs", one.job_id)}><Icon name="gauge" />{t("evaluations.job")}</a>}
      </ScreenTop>
      {moves(one) && <div className="panel evaluation-progress"><progress value={one.share} max={1} aria-label={t("evaluations.progress")}>{percent(one.share, i18n.language)}</progress><p className="hint">{t("evaluations.working")}{one.message && <> · <Said text={one.message} /></>}</p></div>}
      {one.error && <div className="failed" role="alert"><Icon name="warning" /><div><p>{t("evaluations.failed")}</p><p className="hint"><SaidBoth {...one.error} /></p></div></div>}
      {one.metrics.length > 0 && <Metrics metrics={one.metrics} />}
      {one.metrics.length > 0 && <Items one={one} />}
      {one.scored_by && <About one={one} />}
    </>
  );
}

function About({ one }: { one: Whole }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const facts: [string, string][] = [
    [t("evaluations.scoredBy"), one.scored_by ? t(`evaluations.scored.${one.scored_by}`) : ""],
    [t("evaluations.took"), duration(one.seconds, language)],
    [t("evaluations.tokens"), t("evaluations.tokensOf", { read: number(one.tokens_in, language), written: number(one.tokens_out, language) })],
    [t("evaluations.cost"), one.cost > 0 ? money(one.cost, one.currency, language) : ""],
    [t("evaluations.guardrail"), one.guardrail || t("evaluations.noGuardrail")],
    [t("evaluations.began"), dateTime(one.began_at, language)],
    [t("evaluations.program"), one.causerie && `causerie ${one.causerie}`],
  ];
  const hashes: [string, string][] = [[t("evaluations.version"), one.version], [t("evaluations.edition"), one.suite_sha256]];
  return (
    <Part level={2} title={t("evaluations.about")} tools={<a className="quiet" href={ofModel(one.model)}>{t("evaluations.others", { name: one.model })}</a>}>
      {one.errors > 0 && <p><Badge tone="bad">{t("evaluations.errors", { count: one.errors, value: number(one.errors, language) })}</Badge></p>}
      {one.notes.length > 0 && <ul className="evaluation-notes">{one.notes.map((note) => <li key={note}><Said text={note} /></li>)}</ul>}
      <dl className="facts">
        {facts.filter(([, value]) => value !== "").map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
        {hashes.filter(([, hash]) => hash !== "").map(([name, hash]) => (
          <div key={name}><dt>{name}</dt><dd><code className="typed" title={hash}>{beginning(hash)}</code> <CopyButton text={() => hash} label={t("evaluations.copyHash", { name })} /></dd></div>
        ))}
      </dl>
    </Part>
  );
}
