/** A new API key: its name, what it may, how long; then the key itself, this once. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Dialog, Select, TextField } from "../../design";
import { Failed } from "../parts/Failed";
import { Secret } from "../parts/Secret";
import { useAction } from "../parts/useAction";
import type { Scope } from "../types";

const LASTS = ["7", "30", "90", "365", "never"] as const;

/** What was filled in. */
export interface NewKey {
  name: string;
  scopes: Scope[];
  /** null = it has no end. */
  expires_days: number | null;
}

interface Props {
  title: string;
  /** What such a key may be for. */
  offered: readonly Scope[];
  /** Has it made; gives the key itself. */
  make: (key: NewKey) => Promise<string>;
  close: () => void;
  /** Its name, where that is known already. */
  called?: string;
}

export function NewKeyDialog({ title, offered, make, close, called }: Props) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["models"]);
  const [lasts, setLasts] = useState<(typeof LASTS)[number]>("90");
  const [secret, setSecret] = useState("");
  const send = async (): Promise<void> =>
    setSecret(await make({ name: called ?? name.trim(), scopes, expires_days: lasts === "never" ? null : Number(lasts) }));
  if (secret) {
    return (
      <Dialog title={t("account.keys.made")}>
        <div className="form">
          <p className="lead">{t("account.keys.madeText")}</p>
          <Secret text={secret} label={t("account.keys.made")} />
          <div className="buttons end"><Button onClick={close}>{t("account.keys.kept")}</Button></div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(send);
        }}
      >
        <Failed failure={failure} />
        {called === undefined && <TextField label={t("account.keys.name")} hint={t("account.keys.nameHint")} value={name} change={setName} maxLength={64} autoComplete="off" required autoFocus />}
        <fieldset className="checks">
          <legend>{t("account.keys.scopes")}</legend>
          {offered.map((scope) => (
            <label key={scope}>
              <input type="checkbox" checked={scopes.includes(scope)} onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))} />
              <span><strong>{t(`account.scopes.${scope}.name`)}</strong><span className="hint">{t(`account.scopes.${scope}.text`)}</span></span>
            </label>
          ))}
        </fieldset>
        <Select label={t("account.keys.until")} value={lasts} change={setLasts} options={LASTS.map((each) => [each, each === "never" ? t("account.keys.never") : t("account.keys.days", { count: Number(each) })])} hint={lasts === "never" ? t("account.keys.neverHint") : undefined} />
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy} disabled={scopes.length === 0}>{t("account.keys.make")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
