/** A person's name and address. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../../account/parts/Failed";
import { Part } from "../../account/parts/Sections";
import { useAction } from "../../account/parts/useAction";
import { api } from "../../api/call";
import { Button, TextField, toast } from "../../design";
import type { Person } from "../types";

export function Contact({ person, again }: { person: Person; again: () => Promise<void> }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState(person.name);
  const [email, setEmail] = useState(person.email ?? "");
  const put = async (body: { name: string; email: string }): Promise<void> => {
    await api.patch("/api/admin/people/{person_id}", { path: { person_id: person.id }, body });
    await again();
  };
  const undo = async (): Promise<void> => {
    const before = { name: person.name, email: person.email ?? "" };
    if (!(await run(() => put(before)))) return;
    setName(before.name);
    setEmail(before.email);
  };
  const save = async (): Promise<void> => {
    if (await run(() => put({ name: name.trim(), email: email.trim() }))) toast(t("account.profile.saved"), () => void undo(), `profile/${person.id}`);
  };
  return (
    <Part title={t("administration.person.contact")}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Failed failure={failure} />
        <TextField label={t("account.name")} value={name} change={setName} maxLength={128} autoComplete="off" required />
        <TextField label={t("account.email")} value={email} change={setEmail} type="email" maxLength={254} autoComplete="off" />
        <div className="buttons"><Button kind="strong" type="submit" busy={busy} disabled={name.trim() === person.name && email.trim() === (person.email ?? "")}>{t("account.save")}</Button></div>
      </form>
    </Part>
  );
}
