/** An account made for somebody, with a first password that they can change. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { PasswordField } from "../account/parts/PasswordField";
import { useAction } from "../account/parts/useAction";
import type { Role } from "../account/types";
import { api } from "../api/call";
import { Button, Dialog, TextField, toast } from "../design";
import { RoleField } from "./parts/RoleField";

export function NewPersonDialog({ close, made }: { close: () => void; made: () => void }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState("");
  const [login, setLogin] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("member");
  const send = async (): Promise<void> => {
    await api.post("/api/admin/people", { body: { name: name.trim(), login: login.trim(), password, role, ...(email.trim() && { email: email.trim() }) } });
    toast(t("administration.people.made", { name: name.trim() }));
    made();
    close();
  };
  return (
    <Dialog title={t("administration.people.new")} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(send);
        }}
      >
        <p className="lead">{t("administration.people.newText")}</p>
        <Failed failure={failure} meaning={{ conflict: t("account.link.taken") }} />
        <TextField label={t("account.name")} value={name} change={setName} maxLength={128} autoComplete="off" required autoFocus />
        <TextField label={t("account.login")} hint={t("account.loginHint")} value={login} change={setLogin} minLength={2} maxLength={64} autoComplete="off" autoCapitalize="none" spellCheck={false} required />
        <TextField label={t("account.email")} hint={t("account.emailHint")} value={email} change={setEmail} type="email" autoComplete="off" maxLength={254} />
        <PasswordField label={t("administration.people.password")} kind="new-password" value={password} change={setPassword} error={failure?.code === "weak_password" ? t("account.password.weak") : undefined} />
        <RoleField value={role} change={setRole} />
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy}>{t("administration.people.make")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
