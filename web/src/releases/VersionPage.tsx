/** One model version: whether it is still what was signed, where it comes from, its card, and what it is made of. */
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { ScreenTop } from "../account/parts/ScreenTop";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { Badge, Button, CopyButton, EmptyHint, Icon, Menu, Pending } from "../design";
import { Said } from "../i18n/Said";
import { dateTime } from "../i18n/dates";
import { bytes, number } from "../i18n/format";
import { beginning, powers, short } from "../runs/figures";
import { useObjective } from "../runs/naming";
import { to } from "../shell/router";
import { useFetched } from "../state/fetched";
import { fileName, saveFile } from "../state/files";
import { LineageDrawing } from "./LineageDrawing";
import { calls } from "./calls";
import { atGate } from "./places";
import type { WholeVersion } from "./types";

const Markdown = lazy(() => import("../markdown/Markdown"));
const TONES = { candidate: "busy", released: "good", retired: "calm" } as const;

export function VersionPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const [version, again] = useFetched(() => calls.version(name), [name]);
  const back = { name: t("releases.title"), href: to("releases") };
  if (version.failure?.code === "not_found" || version.failure?.code === "model_not_found") {
    return (
      <>
        <ScreenTop title={beginning(name)} back={back} />
        <EmptyHint icon="flag" title={t("releases.gone")} text={t("releases.goneHint")} />
      </>
    );
  }
  return <Loaded of={version} again={again}>{(value) => <Sheet version={value} back={back} />}</Loaded>;
}

function Sheet({ version, back }: { version: WholeVersion; back: { name: string; href: string } }) {
  const { t } = useTranslation();
  const { model, id, overrides } = version;
  const [lineage, again] = useFetched(() => calls.lineage(id), [id]);
  const called = model || beginning(id);
  const save = async (what: "card" | "summary" | "bom"): Promise<void> => {
    if (what === "bom") return saveFile(fileName(`${called} bom`, "json"), JSON.stringify(await calls.bill(id), null, 2), "application/json");
    return saveFile(fileName(`${called} ${what}`, "md"), (await calls.card(id, what === "summary")).text, "text/markdown");
  };
  const action = useAction();
  return (
    <>
      <ScreenTop title={called} beside={<Badge tone={TONES[version.status]}>{t(`releases.statuses.${version.status}`)}</Badge>} back={back}>
        {model && <a className="button strong" href={atGate(model)}><Icon name="flag" />{t("releases.toGate")}</a>}
        <Menu
          label={t("releases.files")}
          items={() => [
            { label: t("releases.saveCard"), icon: "download", choose: () => void action.run(() => save("card")) },
            { label: t("releases.saveSummary"), icon: "download", choose: () => void action.run(() => save("summary")) },
            { label: t("releases.saveBom"), icon: "download", choose: () => void action.run(() => save("bom")) },
          ]}
        />
      </ScreenTop>
      <Failed failure={action.failure} />
      {overrides.length > 0 && <div className="notice override-note"><Icon name="warning" /><div><p>{t("releases.overridden")}</p>{overrides.map((line) => <p key={line} className="hint"><Said text={line} /></p>)}</div></div>}
      <Facts version={version} />
      <Loaded of={lineage} again={again}>{(value) => <LineageDrawing lineage={value} />}</Loaded>
      <TheCard id={id} />
    </>
  );
}

function Facts({ version }: { version: WholeVersion }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const objective = useObjective();
  const { busy, failure, run } = useAction();
  const [seal, setSeal] = useState<{ ok: boolean; message: string } | null>(null);
  const check = (): void => void run(async () => setSeal(await calls.verify(version.id)));
  const facts: [string, string][] = [
    [t("releases.created"), dateTime(version.created_at, language)], [t("releases.licence"), version.licence || t("releases.unknown")], [t("releases.source"), version.source],
    [t("releases.objective"), objective(version.objective)], [t("releases.weights"), version.parameters > 0 ? short(version.parameters, language) : ""], [t("releases.tokens"), version.tokens > 0 ? number(version.tokens, language) : ""],
    [t("releases.flops"), version.flops > 0 ? powers(version.flops, language) : ""], [t("releases.allFlops"), version.lineage_flops > 0 ? powers(version.lineage_flops, language) : ""],
    [t("releases.feedback"), version.feedback ? t("releases.feedbackOf", { pairs: number(version.feedback.pairs, language), judgements: number(version.feedback.judgements, language), people: number(version.feedback.people, language) }) : ""],
  ];
  return (
    <Part level={2} title={t("releases.version")} tools={<Button icon="shield" busy={busy} onClick={check}>{t("releases.verify")}</Button>}>
      <div role="status">{seal && <p className={seal.ok ? "seal good" : "seal bad"}><Icon name={seal.ok ? "check" : "warning"} />{t(seal.ok ? "releases.sealed" : "releases.broken")}{!seal.ok && <span className="hint"> <Said text={seal.message} /></span>}</p>}</div>
      <Failed failure={failure} />
      <dl className="facts">
        <div><dt>{t("releases.id")}</dt><dd><code className="typed" title={version.id}>{beginning(version.id)}</code> <CopyButton text={() => version.id} label={t("releases.copyId")} /></dd></div>
        {facts.filter(([, value]) => value !== "").map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      <details className="as-table">
        <summary>{t("releases.filesOf", { count: version.files.length })}</summary>
        <ul className="rows slim">{version.files.map((file) => <li key={file.name}><span className="row-words">{file.name}<code className="hint">{beginning(file.sha256)}</code></span><span>{bytes(file.size_bytes, language)}</span></li>)}</ul>
      </details>
    </Part>
  );
}

/** The card as it is written now, with what is missing in it. */
function TheCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const [card, again] = useFetched(() => calls.card(id, false), [id]);
  return (
    <Loaded of={card} again={again}>
      {({ text, gaps }) => (
        <Part level={2} title={t("releases.card")} text={t("releases.cardText")}>
          {gaps.length > 0 && <div className="notice"><Icon name="warning" /><div><p>{t("releases.gaps", { count: gaps.length })}</p><ul className="gap-list">{gaps.map((gap) => <li key={gap}><Said text={gap} /></li>)}</ul></div></div>}
          <Suspense fallback={<Pending text={t("opening")} />}><div className="card-text" lang="en" tabIndex={0} role="region" aria-label={t("releases.card")}><Markdown text={text.replace(/^---\n[\s\S]*?\n---\n/, "")} running={false} /></div></Suspense>
        </Part>
      )}
    </Loaded>
  );
}
