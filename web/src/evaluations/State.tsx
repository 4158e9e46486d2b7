/** How an evaluation stands, and how far it is while it runs. */
import { useTranslation } from "react-i18next";
import { Badge } from "../design";
import { percent } from "../i18n/format";
import type { Summary } from "./types";

const TONES = { queued: "calm", running: "busy", done: "good", failed: "bad", cancelled: "calm" } as const;

/** Whether it can change by itself. */
export const moves = ({ state }: Pick<Summary, "state">): boolean => state === "queued" || state === "running";

export function State({ evaluation: { state, share } }: { evaluation: Pick<Summary, "state" | "share"> }) {
  const { t, i18n } = useTranslation();
  return (
    <span className="progress">
      <Badge tone={TONES[state]}>{t(`evaluations.states.${state}`)}</Badge>
      {state === "running" && <><progress value={share} max={1} aria-label={t("evaluations.progress")}>{percent(share, i18n.language)}</progress><span className="hint">{percent(share, i18n.language)}</span></>}
    </span>
  );
}
