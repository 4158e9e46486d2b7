/** How a round stands, in one word; and how far it is while it runs. */
import { useTranslation } from "react-i18next";
import { Badge } from "../design";
import { percent } from "../i18n/format";
import type { Round } from "./types";

const TONES = { queued: "calm", running: "busy", done: "good", failed: "bad", cancelled: "calm" } as const;
const VERDICTS: Readonly<Record<string, "good" | "accent" | "bad" | "calm" | undefined>> = { released: "good", ready: "accent", refused: "bad", nothing: "calm" };

/** Whether a round can change by itself. */
export const moves = ({ state }: Round): boolean => state === "queued" || state === "running";

export function Verdict({ round: { state, verdict, share } }: { round: Round }) {
  const { t, i18n } = useTranslation();
  const known = VERDICTS[verdict];
  return (
    <span className="progress">
      <Badge tone={known ?? TONES[state]}>{t(known ? `improvement.verdicts.${verdict}` : `improvement.states.${state}`)}</Badge>
      {state === "running" && <progress value={share} max={1} aria-label={t("improvement.progress")}>{percent(share, i18n.language)}</progress>}
    </span>
  );
}
