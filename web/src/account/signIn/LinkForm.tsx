/** What somebody says of themselves who opens a one-time link. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, TextField } from "../../design";
import { date } from "../../i18n/dates";
import { Failed } from "../parts/Failed";
import { PasswordField } from "../parts/PasswordField";
import { useAction } from "../parts/useAction";
import type { Link } from "../types";
import { enter } from "./enter";

export function LinkForm({ link, token }: { link: Link; token: string }) {
  const { t, i18n } = useTranslation();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState("");
  const [login, setLogin] = useState(link.email ?? "");
  const [password, setPassword] = useState("");
  const isNew = link.kind !== "reset";
  const language = i18n.language === "fr" ? "fr" : "en";
  const send = (): Promise<boolean> =>
    run(async () => enter(await api.post("/api/links/accept", { body: { token, password, ...(isNew && { login: login.trim(), name: name.trim(), language }) } })));
  const weak = failure?.code === "weak_password";
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Failed failure={failure} meaning={{ conflict: t("account.link.taken") }} />
      {isNew && (
        <>
          <TextField label={t("account.name")} hint={t("account.nameHint")} value={name} change={setName} autoComplete="name" maxLength={128} required autoFocus />
          <TextField label={t("account.login")} hint={t("account.loginHint")} value={login} change={setLogin} autoComplete="username" autoCapitalize="none" spellCheck={false} minLength={2} maxLength={64} required />
        </>
      )}
      {!isNew && <input type="text" autoComplete="username" value={link.login ?? ""} readOnly hidden />}
      <PasswordField label={t(isNew ? "account.password.label" : "account.password.new")} kind="new-password" value={password} change={setPassword} error={weak ? t("account.password.weak") : undefined} />
      <Button kind="strong" type="submit" busy={busy}>{t(isNew ? "account.link.make" : "account.password.save")}</Button>
      <p className="hint">{t("account.link.until", { date: date(link.expires_at, i18n.language) })}</p>
    </form>
  );
}
