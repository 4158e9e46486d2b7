/** One job, live: how far it is, what it says, what came of it; stopped, or tried again. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../../account/parts/Failed";
import { Loaded } from "../../account/parts/Loaded";
import { Head, Part } from "../../account/parts/Sections";
import { useAction } from "../../account/parts/useAction";
import { api } from "../../api/call";
import { Button, Icon } from "../../design";
import { Said } from "../../i18n/Said";
import { dateTime } from "../../i18n/dates";
import { bytes, number } from "../../i18n/format";
import { to } from "../../shell/router";
import { useFetched } from "../../state/fetched";
import { nameOf } from "../Jobs";
import type { Job } from "../types";
import { JobLog } from "./JobLog";
import { Progress } from "./Progress";

const LOOK_AGAIN_MS = 1000;

export function JobPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const [job, again] = useFetched(() => api.get("/api/jobs/{job_id}", { path: { job_id: id } }), [id]);
  const live = job.value?.state === "queued" || job.value?.state === "running";
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => void again(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [live, again]);
  return (
    <>
      <p><a className="quiet back" href={to("administration", "jobs")}><Icon name="left" />{t("administration.sections.jobs")}</a></p>
      <Loaded of={job} again={again}>{(value) => <Sheet job={value} live={live} again={again} />}</Loaded>
    </>
  );
}

function Sheet({ job, live, again }: { job: Job; live: boolean; again: () => Promise<void> }) {
  const { t, i18n } = useTranslation();
  const { busy, failure, run } = useAction();
  const path = { path: { job_id: job.id } };
  const doing = (work: () => Promise<unknown>): void =>
    void run(async () => {
      await work();
      await again();
    });
  const when = (iso: string | null | undefined): string => (iso ? dateTime(iso, i18n.language) : "–");
  return (
    <>
      <Head title={nameOf(job, t, i18n.exists)}>
        {live && <Button icon="stop" busy={busy} disabled={job.cancelling} onClick={() => doing(() => api.post("/api/jobs/{job_id}/cancel", path))}>{t("administration.jobs.cancel")}</Button>}
        {(job.state === "failed" || job.state === "cancelled") && <Button kind="strong" icon="again" busy={busy} onClick={() => doing(() => api.post("/api/jobs/{job_id}/retry", path))}>{t("administration.jobs.retry")}</Button>}
      </Head>
      <Failed failure={failure} />
      <Part title={t("administration.jobs.state")}>
        <Progress job={job} />
        {job.error && (
          <div className="failed"><Icon name="warning" /><div><p><Said text={job.error.message} /></p>{job.error.hint && <p className="hint"><Said text={job.error.hint} /></p>}</div></div>
        )}
        <dl className="facts">
          <div><dt>{t("administration.jobs.created")}</dt><dd>{when(job.created_at)}</dd></div>
          <div><dt>{t("administration.jobs.started")}</dt><dd>{when(job.started_at)}</dd></div>
          <div><dt>{t("administration.jobs.ended")}</dt><dd>{when(job.ended_at)}</dd></div>
          <div><dt>{t("administration.jobs.attempt")}</dt><dd>{job.attempt}</dd></div>
          {Object.entries(job.result ?? {}).map(([name, value]) => <Outcome key={name} name={name} value={value} />)}
        </dl>
      </Part>
      <JobLog id={job.id} live={live} />
    </>
  );
}

/** One thing that came of a job; what the page has no name for keeps its own. */
function Outcome({ name, value }: { name: string; value: unknown }) {
  const { t, i18n } = useTranslation();
  const known = i18n.exists(`administration.jobs.outcomes.${name}`);
  const written = typeof value !== "number" ? String(value) : (name === "bytes" && bytes(value, i18n.language)) || number(value, i18n.language);
  return <div><dt>{known ? t(`administration.jobs.outcomes.${name}`) : <code>{name}</code>}</dt><dd>{written}</dd></div>;
}
