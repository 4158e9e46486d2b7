/** How a job stands: its state, and how far it is while it runs. */
import { useTranslation } from "react-i18next";
import { Badge } from "../../design";
import { Said } from "../../i18n/Said";
import { percent } from "../../i18n/format";
import type { Job } from "../types";

const TONES = { queued: "calm", running: "busy", done: "good", failed: "bad", cancelled: "calm" } as const;

export function Progress({ job: { state, share, cancelling, message } }: { job: Job }) {
  const { t, i18n } = useTranslation();
  return (
    <span className="progress">
      <Badge tone={TONES[state]}>{t(cancelling ? "administration.jobs.cancelling" : `administration.jobs.states.${state}`)}</Badge>
      {state === "running" && <progress value={share} max={1} aria-label={t("administration.jobs.progress")}>{percent(share, i18n.language)}</progress>}
      {state === "running" && <span className="hint">{percent(share, i18n.language)}{message && <> · <Said text={message} /></>}</span>}
    </span>
  );
}
