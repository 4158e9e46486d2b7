/** What a job says as it goes: the newest lines come by themselves, and stay in sight unless one has scrolled up. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../../account/parts/Sections";
import { api } from "../../api/call";
import { Said } from "../../i18n/Said";
import type { JobLine } from "../types";

const LOOK_AGAIN_MS = 1000;
const NEAR_END_PX = 40;

/** The job's lines so far; asks for further ones while `live`, and once after. */
function useLines(id: string, live: boolean): JobLine[] {
  const [lines, setLines] = useState<JobLine[]>([]);
  const last = useRef(0);
  useEffect(() => {
    let over = false;
    const look = async (): Promise<void> => {
      let more = true;
      while (more && !over) {
        const { items, next } = await api.get("/api/jobs/{job_id}/log", { path: { job_id: id }, query: { after: last.current } });
        if (over) return;
        const fresh = items.filter(({ number }) => number > last.current);
        last.current = fresh.at(-1)?.number ?? last.current;
        if (fresh.length > 0) setLines((before) => [...before, ...fresh]);
        more = next !== null && next !== undefined && fresh.length > 0;
      }
    };
    // What does not come now comes with the next look.
    const tick = (): void => void look().catch(() => undefined);
    tick();
    const timer = live ? setInterval(tick, LOOK_AGAIN_MS) : undefined;
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [id, live]);
  return lines;
}

export function JobLog({ id, live }: { id: string; live: boolean }) {
  const { t, i18n } = useTranslation();
  const lines = useLines(id, live);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const time = (iso: string): string => new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" }).format(new Date(iso));
  return (
    <Part title={t("administration.jobs.log")}>
      <div
        ref={box} className="job-log" role="region" aria-label={t("administration.jobs.log")} tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
        }}
      >
        {lines.length === 0 && <p className="hint">{t("administration.jobs.noLines")}</p>}
        {lines.map(({ number, at, level, text }) => <p key={number} className={level}><time dateTime={at}>{time(at)}</time> <Said text={text} /></p>)}
      </div>
    </Part>
  );
}
