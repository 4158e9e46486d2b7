/** The second factor: the code of an application, or one of the recovery codes. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, TextField } from "../../design";
import { signOut } from "../../state/session";
import { Failed } from "../parts/Failed";
import { useAction } from "../parts/useAction";
import { enter } from "./enter";

export function CodeForm() {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [code, setCode] = useState("");
  const [recovery, useRecovery] = useState(false);
  const send = async (): Promise<void> => {
    if (!(await run(async () => enter(await api.post("/api/session/second-factor", { body: { code: code.trim() } }))))) setCode("");
  };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Failed failure={failure} />
      {recovery ? (
        <TextField key="recovery" label={t("account.code.recovery")} hint={t("account.code.recoveryHint")} value={code} change={setCode} autoComplete="off" autoCapitalize="none" spellCheck={false} required autoFocus />
      ) : (
        <TextField key="totp" label={t("account.code.label")} hint={t("account.code.hint")} value={code} change={setCode} autoComplete="one-time-code" inputMode="numeric" pattern="[0-9 ]{6,7}" maxLength={7} required autoFocus />
      )}
      <Button kind="strong" type="submit" busy={busy}>{t("account.code.button")}</Button>
      <div className="buttons">
        <Button
          kind="quiet"
          onClick={() => {
            setCode("");
            useRecovery(!recovery);
          }}
        >
          {t(recovery ? "account.code.other" : "account.code.useRecovery")}
        </Button>
        <Button kind="quiet" onClick={() => void run(signOut)}>{t("account.code.back")}</Button>
      </div>
    </form>
  );
}
