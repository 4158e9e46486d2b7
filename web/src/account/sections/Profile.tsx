/** Who one is here: name, address, role, groups, language. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/call";
import { Badge, Button, TextField, toast } from "../../design";
import { date } from "../../i18n/dates";
import { askSession, session } from "../../state/session";
import { useStore } from "../../state/store";
import { Failed } from "../parts/Failed";
import { Head, Part } from "../parts/Sections";
import { useAction } from "../parts/useAction";
import type { Me } from "../types";
import { Language } from "./Language";

export function Profile() {
  const { t, i18n } = useTranslation();
  const me = useStore(session)?.me;
  if (!me) return null;
  return (
    <>
      <Head title={t("account.sections.profile")} text={t("account.profile.text")} />
      <Part title={t("account.profile.you")}><Names me={me} /></Part>
      <Part><Language /></Part>
      <Part title={t("account.profile.here")}>
        <dl className="facts">
          <div><dt>{t("account.login")}</dt><dd>{me.login}</dd></div>
          <div><dt>{t("account.role")}</dt><dd><Badge tone="accent">{t(`account.roles.${me.role}`)}</Badge> <span className="hint">{t(`account.may.${me.role}`)}</span></dd></div>
          <div><dt>{t("account.groups")}</dt><dd>{me.groups.length > 0 ? me.groups.map(({ name }) => name).join(", ") : t("account.noGroups")}</dd></div>
          <div><dt>{t("account.since")}</dt><dd>{date(me.created_at, i18n.language)}</dd></div>
        </dl>
      </Part>
    </>
  );
}

function Names({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState(me.name);
  const [email, setEmail] = useState(me.email ?? "");
  useEffect(() => {
    setName(me.name);
    setEmail(me.email ?? "");
    // The session is asked for again after a break in the network: what is typed stays while it says the same.
  }, [me.name, me.email]);
  const put = async (body: { name: string; email: string }): Promise<void> => {
    await api.patch("/api/me", { body });
    await askSession();
  };
  const save = async (): Promise<void> => {
    const before = { name: me.name, email: me.email ?? "" };
    if (await run(() => put({ name: name.trim(), email: email.trim() }))) toast(t("account.profile.saved"), () => void run(() => put(before)), "profile");
  };
  const changed = name.trim() !== me.name || email.trim() !== (me.email ?? "");
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Failed failure={failure} />
      <TextField label={t("account.name")} hint={t("account.nameHint")} value={name} change={setName} autoComplete="name" maxLength={128} required />
      <TextField label={t("account.email")} hint={t("account.emailHint")} value={email} change={setEmail} type="email" autoComplete="email" maxLength={254} />
      <div className="buttons"><Button kind="strong" type="submit" busy={busy} disabled={!changed}>{t("account.save")}</Button></div>
    </form>
  );
}
