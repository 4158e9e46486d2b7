/** Puts the model of a run among the models that people can choose, under a name. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Refused } from "../account/parts/Refused";
import { useAction } from "../account/parts/useAction";
import { Button, Dialog, TextField } from "../design";
import { calls } from "./calls";

interface Props {
  run: string;
  /** What the model is called unless it is said otherwise. */
  called: string;
  close: () => void;
  added: (model: string) => void;
}

export function AddModel({ run, called, close, added }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run: act } = useAction();
  const [name, setName] = useState(called);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void act(async () => added(await calls.addModel(run, name.trim())));
  };
  return (
    <Dialog title={t("runs.model.add")} close={close}>
      <form className="form" onSubmit={submit}>
        <p className="hint">{t("runs.model.text")}</p>
        <TextField label={t("runs.model.name")} hint={t("runs.model.nameHint")} value={name} change={setName} required maxLength={64} autoComplete="off" spellCheck={false} />
        {busy && <p className="hint" role="status">{t("runs.model.busy")}</p>}
        <Refused failure={failure} taken={t("runs.model.taken")} text={t("runs.model.refused")} />
        <div className="dialog-foot">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button type="submit" kind="strong" busy={busy} disabled={name.trim() === ""}>{t("runs.model.make")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
