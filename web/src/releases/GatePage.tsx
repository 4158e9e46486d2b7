/** A model at the gate: each line of the policy with its figure, its bound and why; then release it, or ask for an exception. */
import { useTranslation } from "react-i18next";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { Badge, EmptyHint, Icon, type IconName } from "../design";
import { beginning } from "../runs/figures";
import { go, to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { may, session } from "../state/session";
import { useStore } from "../state/store";
import { GateLine } from "./GateLine";
import { ReleaseForm } from "./ReleaseForm";
import { ExceptionForm } from "./ExceptionForm";
import { calls } from "./calls";
import { atGate, ofVersion } from "./places";
import type { Judgement } from "./types";

export function GatePage({ model, alias }: { model: string; alias: string }) {
  const { t } = useTranslation();
  const [all, again] = useFetched(() => calls.all(), []);
  const [judgement, judge] = useFetched(() => calls.judgement(model, alias), [model, alias]);
  const back = { name: t("releases.title"), href: to("releases") };
  const aliases = [...new Set([...(all.value?.aliases.map((one) => one.alias) ?? []), alias, "chat"])];
  if (judgement.failure?.code === "not_found" || judgement.failure?.code === "model_not_found") {
    return (
      <>
        <ScreenTop title={model} back={back} />
        <EmptyHint icon="flag" title={t("releases.gone")} text={t("releases.goneHint")} />
      </>
    );
  }
  const changed = async (): Promise<void> => void (await Promise.all([again(), judge()]));
  return (
    <>
      <ScreenTop title={model} text={t("releases.gateText", { alias })} beside={judgement.value && <span role="status"><Passed judgement={judgement.value} /></span>} back={back}>
        {judgement.value?.version && <a className="button" href={ofVersion(judgement.value.version)}><Icon name="file" />{t("releases.versionOpen")}</a>}
        <a className="button" href={`${to("evaluations")}?model=${encodeURIComponent(model)}`}><Icon name="scales" />{t("releases.evaluations")}</a>
      </ScreenTop>
      <Loaded of={judgement} again={judge}>{(value) => <Sheet judgement={value} aliases={aliases} alias={alias} changed={changed} />}</Loaded>
    </>
  );
}

function Passed({ judgement: { passed, lines } }: { judgement: Judgement }) {
  const { t } = useTranslation();
  const by = lines.some(({ overridden }) => overridden);
  return <Badge tone={!passed ? "bad" : by ? "busy" : "good"}>{t(!passed ? "releases.refused" : by ? "releases.passedBy" : "releases.passed")}</Badge>;
}

const GROUPS = ["failed", "overridden", "held"] as const;
const CLASSES = { failed: "lacking", overridden: "overridden", held: "held" } as const;
const ICONS: Readonly<Record<(typeof GROUPS)[number], IconName>> = { failed: "close", overridden: "edit", held: "check" };

function Sheet({ judgement, aliases, alias, changed }: { judgement: Judgement; aliases: string[]; alias: string; changed: () => Promise<void> }) {
  const { t } = useTranslation();
  const administers = useStore(session, may("administer"));
  const { lines, passed, model, version, policy_version, policy_sha256 } = judgement;
  const of = (group: (typeof GROUPS)[number]) => lines.filter((line) => (group === "failed" ? !line.passed && !line.overridden : group === "overridden" ? line.overridden : line.passed));
  return (
    <div className="gate">
      <Part level={2} title={t("releases.gate")} text={<>{t("releases.policyVersion", { version: policy_version })} <code className="typed" title={policy_sha256}>{beginning(policy_sha256)}</code></>}>
        {GROUPS.filter((group) => of(group).length > 0).map((group) => (
          <section key={group} className={`gate-group ${CLASSES[group]}`} aria-label={t(`releases.groups.${group}`)}>
            <h3><Icon name={ICONS[group]} />{t(`releases.groups.${group}`)} <span className="hint">{of(group).length}</span></h3>
            <ul>{of(group).map((line) => <GateLine key={line.requirement} line={line} icon={ICONS[group]} />)}</ul>
          </section>
        ))}
      </Part>
      <div className="gate-beside">
        {administers && <ReleaseForm key={`${model} ${alias}`} model={model} alias={alias} aliases={aliases} passed={passed} choose={(name) => go(atGate(model, name), true)} changed={changed} />}
        {administers && !passed && version && <ExceptionForm model={model} alias={alias} lines={lines.filter((line) => !line.passed && !line.overridden)} changed={changed} />}
        {!administers && <EmptyHint icon="lock" title={t("releases.administrators")} text={t("releases.administratorsHint")} />}
      </div>
    </div>
  );
}
