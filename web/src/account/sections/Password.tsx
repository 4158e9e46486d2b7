/** Another password. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Button, toast } from "../../design";
import { askSession } from "../../state/session";
import { Failed } from "../parts/Failed";
import { PasswordField } from "../parts/PasswordField";
import { Part } from "../parts/Sections";
import { useAction } from "../parts/useAction";

export function Password({ has, login }: { has: boolean; login: string }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [open, setOpen] = useState(false);
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const close = (): void => {
    setOpen(false);
    setCurrent("");
    setPassword("");
  };
  const save = async (): Promise<void> => {
    const done = await run(() => api.put("/api/me/password", { body: { current: has ? current : null, password } }));
    if (!done) return;
    close();
    toast(t("account.password.saved"));
    await askSession();
  };
  return (
    <Part
      title={t("account.password.label")} text={t(has ? "account.password.text" : "account.password.none")}
      tools={!open && <Button onClick={() => setOpen(true)}>{t(has ? "account.password.change" : "account.password.choose")}</Button>}
    >
      {open && (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Failed failure={failure} meaning={{ sign_in_failed: t("account.password.wrong") }} />
          <input type="text" autoComplete="username" value={login} readOnly hidden />
          {has && <PasswordField label={t("account.password.current")} kind="current-password" value={current} change={setCurrent} autoFocus />}
          <PasswordField label={t("account.password.new")} kind="new-password" value={password} change={setPassword} autoFocus={!has} error={failure?.code === "weak_password" ? t("account.password.weak") : undefined} />
          <div className="buttons">
            <Button kind="strong" type="submit" busy={busy}>{t("account.password.save")}</Button>
            <Button onClick={close}>{t("account.cancel")}</Button>
          </div>
        </form>
      )}
    </Part>
  );
}
