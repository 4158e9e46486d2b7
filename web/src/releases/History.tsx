/** What happened, the newest first: every release, stage, way back, by whom and why. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { Badge, Button, type Column, Table } from "../design";
import { useSaid } from "../i18n/Said";
import { ago, dateTime } from "../i18n/dates";
import { percent } from "../i18n/format";
import { calls } from "./calls";
import { ofVersion } from "./places";
import type { Entry } from "./types";

const TONES = { release: "good", stage: "busy", rollback: "accent", fall_back: "bad" } as const;

export function History({ first, next: further }: { first: Entry[]; next: string | null }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const said = useSaid();
  const { busy, failure, run } = useAction();
  const [more, setMore] = useState<{ entries: Entry[]; next: string | null }>({ entries: [], next: further });
  const known = new Set(first.map(({ id }) => id));
  const rows = [...first, ...more.entries.filter(({ id }) => !known.has(id))];
  const fetch = (): void =>
    void run(async () => {
      const got = await calls.all(more.next ?? "");
      setMore({ entries: [...more.entries, ...got.history], next: got.next });
    });
  const model = (name: string, version: string) => (version ? <a href={ofVersion(version)}>{name}</a> : name);
  const columns: Column<Entry>[] = [
    { name: t("releases.when"), kind: "head", cell: ({ at }) => <time dateTime={at} title={dateTime(at, language)}>{ago(at, language)}</time> },
    { name: t("releases.what"), cell: (entry) => <span className="badges"><Badge tone={TONES[entry.act]}>{t(`releases.acts.${entry.act}`)}</Badge>{entry.act === "stage" && <Badge>{entry.stage === "share" ? t("releases.sharing", { share: percent(entry.share, language) }) : t(`releases.stages.${entry.stage}`)}</Badge>}{entry.override_id && <Badge tone="bad">{t("releases.byOverride")}</Badge>}</span> },
    { name: t("releases.model"), cell: (entry) => <span className="release-model">{model(entry.model, entry.version)}<span className="hint">{t("releases.as", { alias: entry.alias })}{entry.previous && <>, {t("releases.insteadOf", { name: entry.previous })}</>}</span></span> },
    { name: t("releases.by"), cell: ({ person, act }) => person ?? t(act === "fall_back" ? "releases.itself" : "releases.terminal") },
    { name: t("releases.reason"), cell: ({ reason, failed, person }) => <span className="release-model">{(person === null ? said.sentence(reason).text : reason) || "–"}{failed.length > 0 && <span className="hint">{t("releases.letPass", { names: failed.join(", ") })}</span>}</span> },
  ];
  return (
    <Part level={2} title={t("releases.history")}>
      <Table caption={t("releases.history")} columns={columns} rows={rows} keyOf={({ id }) => id} />
      <Failed failure={failure} />
      {more.next && <div className="buttons"><Button busy={busy} onClick={fetch}>{t("releases.more")}</Button></div>}
    </Part>
  );
}
