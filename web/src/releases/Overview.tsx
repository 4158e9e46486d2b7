/** All of it on one page: in service, waiting for signatures, candidates, history. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { Badge, EmptyHint, Icon, WithCode } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { useLook } from "../runs/following";
import { useFetched } from "../state/fetched";
import { beginning } from "../runs/figures";
import { useObjective } from "../runs/naming";
import { History } from "./History";
import { InService } from "./InService";
import { Waiting } from "./Waiting";
import { calls } from "./calls";
import { atGate, ofVersion } from "./places";
import type { Policy, Version } from "./types";

export function Overview() {
  const { t } = useTranslation();
  const [all, again] = useFetched(() => calls.all(), []);
  const [pauses, lookAgain] = useFetched(calls.pauses, []);
  const [candidates, fetchAgain] = useFetched(calls.candidates, []);
  const changed = async (): Promise<void> => void (await Promise.all([again(), lookAgain(), fetchAgain()]));
  // What is tried beside a release can be taken back by itself.
  useLook(all.value?.aliases.some(({ candidate }) => candidate !== "") ?? false, () => void again());
  return (
    <>
      <ScreenTop title={t("releases.title")} text={t("releases.text")} />
      <Loaded of={all} again={again}>
        {({ aliases, overrides, history, policy, next }) => (
          <>
            <Waiting overrides={overrides} pauses={pauses.value ?? []} changed={changed} />
            {aliases.length === 0 ? <Nothing /> : <InService aliases={aliases} history={history} changed={changed} />}
            <Loaded of={candidates} again={fetchAgain}>{(versions) => <Candidates versions={versions} />}</Loaded>
            {history.length > 0 && <History first={history} next={next} />}
            <ThePolicy policy={policy} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Nothing() {
  const { t } = useTranslation();
  return (
    <section className="panel release-first">
      <Icon name="flag" />
      <h2>{t("releases.none.title")}</h2>
      <p className="lead">{t("releases.none.text")}</p>
      <ol className="steps">
        <li><p><WithCode text={t("releases.none.first")} /></p></li>
        <li>{t("releases.none.second")}</li>
        <li>{t("releases.none.third")}</li>
      </ol>
    </section>
  );
}

/** Versions that nobody released yet, each with the way to the gate. */
function Candidates({ versions }: { versions: Version[] }) {
  const { t, i18n } = useTranslation();
  const objective = useObjective();
  return (
    <Part level={2} title={t("releases.candidates")} text={t("releases.candidatesText")}>
      {versions.length === 0 ? <EmptyHint icon="flag" title={t("releases.noCandidates")} text={t("releases.noCandidatesHint")} /> : (
        <ul className="rows">
          {versions.map((version) => (
            <li key={version.id}>
              <span className="row-words"><strong><a href={ofVersion(version.id)}>{version.model || beginning(version.id)}</a></strong><span className="hint"><time dateTime={version.created_at} title={dateTime(version.created_at, i18n.language)}>{ago(version.created_at, i18n.language)}</time>{version.objective && ` · ${objective(version.objective)}`}{version.licence && ` · ${version.licence}`}</span></span>
              {version.model && <a className="button" href={atGate(version.model)} aria-label={t("releases.toGateOf", { name: version.model })}><Icon name="flag" />{t("releases.toGate")}</a>}
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

function ThePolicy({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  return (
    <Part level={2} title={t("releases.policy")} text={t("releases.policyText")}>
      <p className="policy-facts">
        <span>{t("releases.policyVersion", { version: policy.version })}</span>
        <code className="typed" title={policy.sha256}>{beginning(policy.sha256)}</code>
        <span>{t("releases.suites")} {policy.suites.map((suite) => <Badge key={suite}>{suite}</Badge>)}</span>
        <span>{t(policy.automatic ? "releases.automatic" : "releases.byPeople")}</span>
      </p>
    </Part>
  );
}
