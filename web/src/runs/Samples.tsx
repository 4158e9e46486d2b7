/** What the model wrote along the way: one goes back and forth in time, and sees it learn. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Part } from "../account/parts/Sections";
import { IconButton } from "../design";
import { number } from "../i18n/format";
import type { Row } from "./types";

/** `asks` = the prompts are questions to a model that answers, not beginnings that it goes on from. */
export function Samples({ rows, asks }: { rows: readonly Row[]; asks: boolean }) {
  const { t, i18n } = useTranslation();
  // null = the newest, also when a newer one comes.
  const [chosen, choose] = useState<number | null>(null);
  const steps = [...new Set(rows.map(({ step }) => step))];
  if (steps.length === 0) return null;
  const last = steps.length - 1;
  const at = chosen === null ? last : Math.min(chosen, last);
  const turn = (to: number): void => choose(to >= last ? null : Math.max(0, to));
  const said = t("runs.at.step", { value: number(steps[at] ?? 0, i18n.language) });
  return (
    <Part level={2} title={t("runs.samples.title")} text={t(asks ? "runs.samples.asks" : "runs.samples.text")}>
      {last > 0 && (
        <div className="samples-time">
          <IconButton icon="left" label={t("runs.samples.before")} disabled={at === 0} onClick={() => turn(at - 1)} />
          <input type="range" min={0} max={last} step={1} value={at} aria-label={t("runs.samples.when")} aria-valuetext={said} onChange={(event) => turn(Number(event.target.value))} />
          <IconButton icon="right" label={t("runs.samples.after")} disabled={at === last} onClick={() => turn(at + 1)} />
          <span className="samples-step" aria-hidden="true">{said}</span>
        </div>
      )}
      <div className="samples">
        {rows.filter(({ step }) => step === steps[at]).map(({ prompt, text }) => (
          <blockquote key={String(prompt)} className={asks ? "sample asks" : "sample"} dir="auto"><b>{String(prompt)}</b>{asks ? <p>{String(text)}</p> : String(text)}</blockquote>
        ))}
      </div>
    </Part>
  );
}
