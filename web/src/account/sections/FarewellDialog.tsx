/** Deleting the account: nothing brings it back, so one types its name. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, Dialog, TextField, toast } from "../../design";
import { go } from "../../shell/router";
import { askSession } from "../../state/session";
import { Failed } from "../parts/Failed";
import { PasswordField } from "../parts/PasswordField";
import { useAction } from "../parts/useAction";

export function FarewellDialog({ login, hasPassword, close }: { login: string; hasPassword: boolean; close: () => void }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [typed, setTyped] = useState("");
  const [password, setPassword] = useState("");
  const send = async (): Promise<void> => {
    await api.post("/api/me/delete", { body: { confirm: typed.trim(), password: password || null } });
    go("#/", true);
    await askSession();
    toast(t("account.data.deleted"));
  };
  return (
    <Dialog title={t("account.data.delete")} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(send);
        }}
      >
        <p className="lead">{t("account.data.warning")}</p>
        <Failed failure={failure} meaning={{ conflict: t("account.data.lastOwner"), sign_in_failed: t("account.password.wrong") }} />
        <TextField label={t("account.data.type", { login })} value={typed} change={setTyped} autoComplete="off" autoCapitalize="none" spellCheck={false} required autoFocus />
        {hasPassword && <PasswordField label={t("account.password.current")} kind="current-password" value={password} change={setPassword} />}
        <div className="buttons end">
          <Button onClick={close}>{t("account.data.stay")}</Button>
          <Button kind="danger" type="submit" busy={busy} disabled={typed.trim().toLowerCase() !== login}>{t("account.data.deleteButton")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
