/** Login and password. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, TextField } from "../../design";
import { Failed } from "../parts/Failed";
import { PasswordField } from "../parts/PasswordField";
import { useAction } from "../parts/useAction";
import { enter } from "./enter";

export function PasswordForm() {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const send = async (): Promise<void> => {
    if (!(await run(async () => enter(await api.post("/api/session", { body: { login: login.trim(), password } }))))) setPassword("");
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
      <TextField label={t("account.login")} value={login} change={setLogin} autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={64} required autoFocus />
      <PasswordField label={t("account.password.label")} kind="current-password" value={password} change={setPassword} />
      <Button kind="strong" type="submit" busy={busy}>{t("account.signIn.button")}</Button>
    </form>
  );
}
