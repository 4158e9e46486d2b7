/** One round: what it took in, what it left out and why, what it learnt, how the candidate compares, what the gate said. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { api } from "../api/call";
import { Interval } from "../chart/Interval";
import { EmptyHint, Icon } from "../design";
import { Said } from "../i18n/Said";
import { dateTime } from "../i18n/dates";
import { number, percent } from "../i18n/format";
import { useLook } from "../runs/following";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { Timeline } from "./Timeline";
import { Verdict, moves } from "./Verdict";
import type { Round } from "./types";

export function RoundPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const [round, again] = useFetched(() => api.get("/api/improvements/{improvement_id}", { path: { improvement_id: id } }), [id]);
  useLook(round.value !== undefined && moves(round.value), () => void again());
  const back = { name: t("improvement.title"), href: to("improvement") };
  if (round.failure?.code === "not_found") {
    return (
      <>
        <ScreenTop title={t("improvement.round")} back={back} />
        <EmptyHint icon="loop" title={t("improvement.gone")} text={t("improvement.goneHint")} />
      </>
    );
  }
  return <Loaded of={round} again={again}>{(value) => <Sheet round={value} back={back} />}</Loaded>;
}

function Sheet({ round, back }: { round: Round; back: { name: string; href: string } }) {
  const { t, i18n } = useTranslation();
  const administers = useStore(session, may("administer"));
  const { language } = i18n;
  const { candidate, verdict, error, run, base } = round;
  const facts: [string, string][] = [
    [t("improvement.alias"), round.alias], [t("improvement.base"), base], [t("improvement.method"), round.method && t(`improvement.methods.${round.method}`)],
    [t("improvement.by"), round.person ?? t("improvement.itself")], [t("improvement.created"), dateTime(round.created_at, language)],
    ...(round.ended_at ? [[t("improvement.ended"), dateTime(round.ended_at, language)] as [string, string]] : []),
  ];
  return (
    <>
      <ScreenTop title={t("improvement.of", { when: dateTime(round.created_at, language) })} beside={<span role="status"><Verdict round={round} /></span>} back={back}>
        {candidate && <a className="button strong" href={`${to("releases")}?model=${encodeURIComponent(candidate)}&alias=${encodeURIComponent(round.alias)}`}><Icon name="flag" />{t("improvement.atGate")}</a>}
        {run && <a className="button" href={to("runs", run)}><Icon name="curve" />{t("improvement.run")}</a>}
        {administers && <a className="button" href={to("administration", "jobs", round.id)}><Icon name="file" />{t("improvement.log")}</a>}
      </ScreenTop>
      {verdict && <p className="lead">{t(`improvement.means.${verdict}`, { candidate, alias: round.alias })}</p>}
      {error && <div className="failed" role="alert"><Icon name="warning" /><div><p>{t("improvement.failed")}</p><p className="hint"><Said text={error} /></p></div></div>}
      <div className="round-sheet">
        <Timeline round={round} />
        <div className="round-beside">
          <Compared round={round} />
          <Findings round={round} />
          <Part level={2} title={t("improvement.facts")}>
            <dl className="facts">{facts.filter(([, value]) => value !== "").map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
          </Part>
        </div>
      </div>
    </>
  );
}

/** Whether the candidate leans more to what people preferred than the release does. */
function Compared({ round: { compared } }: { round: Round }) {
  const { t, i18n } = useTranslation();
  if (!compared) return null;
  const { value, low, high, items } = compared;
  const tone = low > 0.5 ? "good" : high < 0.5 ? "bad" : "plain";
  return (
    <Part level={2} title={t("improvement.compared")} text={t("improvement.comparedText", { count: items, value: number(items, i18n.language) })}>
      <p className="round-figure"><strong>{percent(value, i18n.language)}</strong> <span className="hint">{t("improvement.interval", { low: percent(low, i18n.language), high: percent(high, i18n.language) })}</span></p>
      <div className="round-plot"><Interval value={value} low={low} high={high} least={0} most={1} bounds={[0.5]} tone={tone} /><p className="hint" aria-hidden="true">{[0, 0.5, 1].map((mark) => <span key={mark}>{percent(mark, i18n.language)}</span>)}</p></div>
      <p>{t(`improvement.leans.${tone}`)}</p>
    </Part>
  );
}

/** Feedback that looks like a campaign's: set aside, and said. */
function Findings({ round: { findings } }: { round: Round }) {
  const { t, i18n } = useTranslation();
  if (findings.length === 0) return null;
  return (
    <Part level={2} title={t("improvement.findings")} text={t("improvement.findingsText")}>
      <ul className="findings">
        {findings.map(({ rule, people, statements, evidence }, at) => (
          <li key={`${rule} ${at}`}>
            <Icon name="warning" />
            <div>
              <p><strong>{i18n.exists(`improvement.rules.${rule}`) ? t(`improvement.rules.${rule}`) : rule}</strong>, {t("improvement.statements", { count: statements, value: number(statements, i18n.language) })}</p>
              <p className="hint">{people.join(", ")}</p>
              <p className="hint"><Said text={evidence} /></p>
            </div>
          </li>
        ))}
      </ul>
    </Part>
  );
}
