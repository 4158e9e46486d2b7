/** Asks that a model be let past lines that it fails: for a reason, for a time, and only once another person has signed. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Part } from "../account/parts/Sections";
import { useAction } from "../account/parts/useAction";
import { Button, TextArea, TextField, toast } from "../design";
import { go, to } from "../shell/router";
import { LEAST_REASON } from "./Waiting";
import { calls } from "./calls";
import type { Line } from "./types";

/** Lines that no exception lets pass. */
const never = ({ requirement }: Line): boolean => requirement.startsWith("signature") || requirement.startsWith("pause: ");
const USUAL_DAYS = "7";

interface Props {
  model: string;
  alias: string;
  lines: Line[];
  changed: () => Promise<void>;
}

export function ExceptionForm({ model, alias, lines, changed }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [open, setOpen] = useState(false);
  const [left, leave] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState("");
  const [days, setDays] = useState(USUAL_DAYS);
  const can = lines.filter((line) => !never(line));
  const chosen = can.filter(({ requirement }) => !left.has(requirement));
  const turn = (name: string): void => leave(left.has(name) ? new Set([...left].filter((one) => one !== name)) : new Set([...left, name]));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      await calls.ask({ model, alias, requirements: chosen.map(({ requirement }) => requirement), reason: reason.trim(), days: Number(days) });
      await changed();
      toast(t("releases.asked"));
      go(to("releases"));
    });
  };
  if (can.length === 0) return null;
  return (
    <Part level={2} title={t("releases.exception")} text={t("releases.exceptionText")} tools={!open && <Button onClick={() => setOpen(true)}>{t("releases.exceptionOpen")}</Button>}>
      {open && (
        <form className="form" onSubmit={submit}>
          <fieldset className="checks">
            <legend>{t("releases.exceptionFrom")}</legend>
            {can.map(({ requirement }) => <label key={requirement}><input type="checkbox" checked={!left.has(requirement)} onChange={() => turn(requirement)} /><span>{requirement}</span></label>)}
          </fieldset>
          <TextArea label={t("releases.reason")} hint={t("releases.reasonHint")} value={reason} change={setReason} required minLength={LEAST_REASON} maxLength={2000} />
          <TextField label={t("releases.days")} hint={t("releases.daysHint")} type="number" min={1} max={365} required value={days} change={setDays} />
          <Failed failure={failure} />
          <div className="buttons">
            <Button type="submit" busy={busy} disabled={chosen.length === 0 || reason.trim().length < LEAST_REASON || !(Number(days) > 0)}>{t("releases.ask")}</Button>
            <Button kind="quiet" onClick={() => setOpen(false)}>{t("account.cancel")}</Button>
          </div>
        </form>
      )}
    </Part>
  );
}
