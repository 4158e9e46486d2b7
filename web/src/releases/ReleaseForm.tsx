/** Puts a model in service under a name: for all, for a share of people, or in the shadow of the release before it. */
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { Button, TextField, toast } from "../design";
import { percent } from "../i18n/format";
import { go, to } from "../shell/router";
import { askServer } from "../state/server";
import { calls } from "./calls";
import type { Stage } from "./types";

const STAGES = ["shadow", "share", "all"] as const satisfies readonly Stage[];
const USUAL_SHARE = 0.1;

interface Props {
  model: string;
  alias: string;
  aliases: string[];
  passed: boolean;
  choose: (alias: string) => void;
  changed: () => Promise<void>;
}

export function ReleaseForm({ model, alias, aliases, passed, choose, changed }: Props) {
  const { t, i18n } = useTranslation();
  const list = useId();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState(alias);
  const [stage, setStage] = useState<Stage>("all");
  const [share, setShare] = useState(USUAL_SHARE);
  const [reason, setReason] = useState("");
  const sound = /^[a-z0-9][a-z0-9.-]{0,47}$/.test(name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      try {
        await calls.release({ model, alias: name, stage, share: stage === "share" ? share : 0, reason });
      } catch (error) {
        // The lines may have changed since they were looked at.
        await changed();
        throw error;
      }
      void askServer();
      toast(t(`releases.done.${stage}`, { model, alias: name, share: percent(share, i18n.language) }), undefined, `releases/${name}`);
      go(to("releases"));
    });
  };
  return (
    <Part level={2} title={t("releases.release")} text={t(passed ? "releases.releaseText" : "releases.releaseNot")}>
      <form className="form" onSubmit={submit}>
        <TextField
          label={t("releases.alias")} hint={t("releases.aliasHint")} value={name} list={list} autoComplete="off" spellCheck={false} maxLength={48} required
          error={name !== "" && !sound ? t("releases.aliasWrong") : undefined}
          change={(typed) => setName(typed.toLowerCase())} onBlur={() => sound && name !== alias && choose(name)}
        />
        <datalist id={list}>{aliases.map((one) => <option key={one} value={one} />)}</datalist>
        <fieldset className="checks">
          <legend>{t("releases.stage")}</legend>
          {STAGES.map((one) => (
            <label key={one}>
              <input type="radio" name="stage" checked={stage === one} onChange={() => setStage(one)} />
              <span><strong>{t(`releases.stages.${one}`)}</strong><span className="hint">{t(`releases.stageTexts.${one}`)}</span></span>
            </label>
          ))}
        </fieldset>
        {stage === "share" && (
          <label className="release-share">
            <span>{t("releases.share")}</span>
            <input type="range" min={0.01} max={0.9} step={0.01} value={share} aria-valuetext={percent(share, i18n.language)} onChange={(event) => setShare(Number(event.target.value))} />
            <strong>{percent(share, i18n.language)}</strong>
          </label>
        )}
        <TextField label={t("releases.reason")} hint={t("releases.reasonOptional")} value={reason} change={setReason} maxLength={2000} autoComplete="off" />
        <Failed failure={failure} meaning={{ gate_refused: t("releases.refusedNow") }} />
        <div className="buttons"><Button type="submit" kind="strong" icon="flag" busy={busy} disabled={!passed || !sound || name !== alias}>{t("releases.go")}</Button></div>
      </form>
    </Part>
  );
}
