/** Durable work in the background: what runs, how far it is, and what came of it; one job on a page of its own. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { Head } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, type Column, EmptyHint, Table } from "../design";
import { ago, dateTime } from "../i18n/dates";
import { go, place, to } from "../shell/router";
import { useStore } from "../state/store";
import { JobPage } from "./job/JobPage";
import { Progress } from "./job/Progress";
import { useMore } from "./parts/useMore";
import type { Job } from "./types";

const LOOK_AGAIN_MS = 2000;
const STATES = ["queued", "running", "done", "failed", "cancelled"] as const satisfies readonly Job["state"][];

export function Jobs() {
  const { rest } = useStore(place);
  return rest[1] ? <JobPage key={rest[1]} id={rest[1]} /> : <List />;
}

/** Whether a job can still change by itself. */
const moves = ({ state }: Job): boolean => state === "queued" || state === "running";

function List() {
  const { t, i18n } = useTranslation();
  const { busy, failure, run } = useAction();
  const [state, setState] = useState<Job["state"] | "">("");
  const [jobs, again, more] = useMore((before) => api.get("/api/jobs", { query: { state: state || undefined, before } }), [state]);
  const live = jobs.value?.items.some(moves) ?? false;
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void again();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [live, again]);
  const backUp = async (): Promise<void> => go(to("administration", "jobs", (await api.post("/api/jobs", { body: { kind: "backup", parameters: {} } })).id));
  const columns: Column<Job>[] = [
    { name: t("administration.jobs.kind"), kind: "head", cell: (job) => <a href={to("administration", "jobs", job.id)}>{nameOf(job, t, i18n.exists)}</a> },
    { name: t("administration.jobs.state"), cell: (job) => <Progress job={job} /> },
    { name: t("administration.jobs.created"), cell: ({ created_at }) => <span title={dateTime(created_at, i18n.language)}>{ago(created_at, i18n.language)}</span> },
  ];
  return (
    <>
      <Head title={t("administration.sections.jobs")} text={t("administration.jobs.text")}>
        <Button kind="strong" icon="archive" busy={busy} onClick={() => void run(backUp)}>{t("administration.jobs.backup")}</Button>
      </Head>
      <Failed failure={failure} />
      {(state !== "" || jobs.value?.items.length !== 0) && (
        <label className="inline-field">
          <span>{t("administration.jobs.show")}</span>
          <select className="input" value={state} onChange={(event) => setState(event.target.value as Job["state"] | "")}>
            <option value="">{t("administration.jobs.all")}</option>
            {STATES.map((one) => <option key={one} value={one}>{t(`administration.jobs.states.${one}`)}</option>)}
          </select>
        </label>
      )}
      <Loaded of={jobs} again={again}>
        {({ items, next }) => (
          <>
            <Table caption={t("administration.sections.jobs")} columns={columns} rows={items} keyOf={({ id }) => id} empty={<EmptyHint icon="again" title={t("administration.jobs.none")} text={t("administration.jobs.noneHint")} />} />
            {next && <div className="buttons"><Button onClick={more}>{t("administration.more")}</Button></div>}
          </>
        )}
      </Loaded>
    </>
  );
}

/** What a kind of job is called; one that the page does not know yet keeps its own name. */
export function nameOf({ kind }: Job, t: (key: string) => string, known: (key: string) => boolean): string {
  return known(`administration.jobs.kinds.${kind}`) ? t(`administration.jobs.kinds.${kind}`) : kind;
}
