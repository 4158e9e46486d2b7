/** The audit log: what was done by whom, and the proof that nobody changed it since. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { Head } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, type Column, CopyButton, EmptyHint, Icon, Table } from "../design";
import { dateTime } from "../i18n/dates";
import { number } from "../i18n/format";
import { place, to } from "../shell/router";
import { useStore } from "../state/store";
import { ACTIONS, Actor, shortId, useActionName } from "./audit/words";
import { useMore } from "./parts/useMore";
import type { AuditEntry, Verified } from "./types";

export function Audit() {
  const { t, i18n } = useTranslation();
  const { query } = useStore(place);
  const [action, setAction] = useState("");
  const [entries, again, more] = useMore((cursor) => api.get("/api/admin/audit", { query: { action, person_id: query.person, cursor: cursor ? Number(cursor) : undefined } }), [action, query.person]);
  const named = useActionName();
  const columns: Column<AuditEntry>[] = [
    { name: t("administration.audit.at"), kind: "head", cell: ({ at }) => <time dateTime={at}>{dateTime(at, i18n.language)}</time> },
    { name: t("administration.audit.actor"), cell: ({ actor, action }) => <Actor actor={actor} action={action} /> },
    { name: t("administration.audit.action"), cell: (entry) => <span title={entry.action}>{named(entry.action)}</span> },
    { name: t("administration.audit.details"), cell: ({ target, details }) => <Details target={target} details={details} /> },
    { name: t("administration.audit.number"), kind: "number", cell: ({ sequence, hash }) => <span title={hash}>{number(sequence, i18n.language)}</span> },
  ];
  return (
    <>
      <Head title={t("administration.sections.audit")} text={t("administration.audit.text")} />
      <Verify />
      <label className="inline-field">
        <span>{t("administration.audit.show")}</span>
        <select className="input" value={action} onChange={(event) => setAction(event.target.value)}>
          <option value="">{t("administration.audit.all")}</option>
          {ACTIONS.map((one) => <option key={one} value={one}>{named(one)}</option>)}
        </select>
      </label>
      <Loaded of={entries} again={again}>
        {({ items, next }) => (
          <>
            <Table caption={t("administration.sections.audit")} columns={columns} rows={items} keyOf={({ sequence }) => String(sequence)} empty={<EmptyHint icon="file" title={t(action ? "administration.nothingFound" : "administration.audit.none")} text={t("administration.audit.noneHint")} />} />
            {next && <div className="buttons"><Button onClick={more}>{t("administration.more")}</Button></div>}
          </>
        )}
      </Loaded>
    </>
  );
}

function Details({ target, details }: { target: string; details: AuditEntry["details"] }) {
  const words = Object.entries(details).filter(([, value]) => value !== "" && value !== null);
  return <span className="details">{target && <Target id={target} />}{words.map(([name, value]) => <code key={name} title={String(value)}>{name}={shortId(String(value))}</code>)}</span>;
}

/** What it was done to: a person by a link to their page, anything else by the end of its identifier. */
function Target({ id }: { id: string }) {
  const text = <code title={id}>{shortId(id)}</code>;
  return id.startsWith("person_") ? <a href={to("administration", "people", id)}>{text}</a> : text;
}

function Verify() {
  const { t, i18n } = useTranslation();
  const { busy, failure, run } = useAction();
  const [found, setFound] = useState<Verified | null>(null);
  return (
    <div className="panel verify">
      <div className="row-words"><strong>{t("administration.audit.chain")}</strong><span className="hint">{t("administration.audit.chainText")}</span></div>
      <Button icon="shield" busy={busy} onClick={() => void run(async () => setFound(await api.get("/api/admin/audit/verify")))}>{t("administration.audit.verify")}</Button>
      <div className="verdict" role="status">
        {found?.intact && <p className="good"><span className="verdict-words"><Icon name="check" />{t("administration.audit.intact", { count: found.entries, value: number(found.entries, i18n.language) })}</span> <code className="start">{found.head.slice(0, 16)}…</code><CopyButton text={() => found.head} label={t("administration.audit.copyHead")} /></p>}
        {found && !found.intact && <p className="wrong"><span className="verdict-words"><Icon name="warning" />{t("administration.audit.broken", { number: number(found.broken_at ?? 0, i18n.language) })}</span></p>}
      </div>
      <Failed failure={failure} />
    </div>
  );
}
