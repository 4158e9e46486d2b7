/** Temperature, top-p, length, seed and stop words; an empty field is left to the model. */
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Sampling } from "../api/types";
import { Button, Switch } from "../design";
import { number } from "../i18n/format";
import { changeOpen } from "../state/asking";
import { open } from "../state/open";
import { cleanSampling, prefer, preferences } from "../state/preferences";
import { useStore } from "../state/store";

type Figure = Exclude<keyof Sampling, "stop" | "leave_out_oldest">;

/** What the fields show: the open conversation's own, or what new ones begin with. */
function useSampling(): Sampling {
  const fallback = useStore(preferences).sampling;
  const { id, parameters } = useStore(open);
  return id === null ? fallback : cleanSampling(parameters);
}

function set(next: Sampling): void {
  if (open.get().id === null) prefer({ sampling: next });
  else changeOpen({ parameters: next });
}

function change(some: Sampling): void {
  const { id, parameters } = open.get();
  set({ ...(id === null ? preferences.get().sampling : cleanSampling(parameters)), ...some });
}

interface FieldProps {
  name: Figure;
  least: number;
  most: number;
  step: number;
  hint?: string;
}

/** A number that counts while it is within its limits; what is typed outside them is shown as wrong, and not used. */
function NumberField({ name, least, most, step, hint }: FieldProps) {
  const { t, i18n } = useTranslation();
  const kept = useSampling()[name];
  const [typed, setTyped] = useState(kept === undefined ? "" : String(kept));
  const [from, setFrom] = useState(kept);
  if (kept !== from) {
    setFrom(kept);
    if (kept === undefined) setTyped("");
  }
  const id = useId();
  const value = Number(typed);
  const wrong = typed !== "" && !(value >= least && value <= most && (step < 1 || Number.isInteger(value)));
  const type = (text: string): void => {
    setTyped(text);
    const given = Number(text);
    const good = text !== "" && given >= least && given <= most && (step < 1 || Number.isInteger(given));
    const next = good ? given : undefined;
    setFrom(next);
    change({ [name]: next });
  };
  const range = t("settings.invalid", { min: number(least, i18n.language), max: number(most, i18n.language) });
  return (
    <div className="field">
      <label htmlFor={id}>{t(`settings.${name}`)}</label>
      <input
        id={id} type="number" inputMode="decimal" min={least} max={most} step={step} placeholder={t("settings.auto")}
        value={typed} onChange={(event) => type(event.target.value)} aria-invalid={wrong} aria-describedby={`${id}-hint`}
      />
      <p id={`${id}-hint`} className={wrong ? "hint wrong" : "hint"}>{wrong ? range : hint}</p>
    </div>
  );
}

function StopField() {
  const { t } = useTranslation();
  const kept = useSampling().stop;
  const [typed, setTyped] = useState((kept ?? []).join("\n"));
  const [from, setFrom] = useState(kept);
  if (kept !== from) {
    setFrom(kept);
    if (kept === undefined) setTyped("");
  }
  const type = (text: string): void => {
    setTyped(text);
    const words = text.split("\n").filter((word) => word !== "").slice(0, 4);
    const stop = words.length > 0 ? words : undefined;
    setFrom(stop);
    change({ stop });
  };
  return (
    <div className="field tall">
      <label htmlFor="stop">{t("settings.stop")}</label>
      <textarea id="stop" rows={2} value={typed} aria-describedby="stop-hint" onChange={(event) => type(event.target.value)} />
      <p id="stop-hint" className="hint">{t("settings.stopHint")}</p>
    </div>
  );
}

/** Limits as OpenAI's API has them; an answer is never longer than the context (0 = unknown). */
export function SamplingFields({ contextTokens }: { contextTokens: number }) {
  const { t } = useTranslation();
  const sampling = useSampling();
  const changed = Object.values(sampling).some((value) => value !== undefined);
  return (
    <section>
      <h3>{t("settings.sampling")}</h3>
      <p className="hint">{t("settings.samplingHint")}</p>
      <NumberField name="temperature" least={0} most={2} step={0.1} hint={t("settings.temperatureHint")} />
      <NumberField name="top_p" least={0} most={1} step={0.05} hint={t("settings.top_pHint")} />
      <NumberField name="max_tokens" least={1} most={contextTokens || 1_000_000} step={1} />
      <NumberField name="seed" least={0} most={4_294_967_295} step={1} hint={t("settings.seedHint")} />
      <StopField />
      <Switch label={t("settings.leaveOut")} hint={t("settings.leaveOutHint")} on={sampling.leave_out_oldest ?? false} change={(on) => change({ leave_out_oldest: on || undefined })} />
      <Button disabled={!changed} onClick={() => set({})}>{t("settings.reset")}</Button>
    </section>
  );
}
