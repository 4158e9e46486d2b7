/** Deleting somebody with everything of theirs: nothing brings it back, so one types their name. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../../account/parts/Failed";
import { useAction } from "../../account/parts/useAction";
import { api } from "../../api/call";
import { Button, Dialog, TextField, toast } from "../../design";
import { go, to } from "../../shell/router";
import type { Person } from "../types";

export function Removal({ person }: { person: Person }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const login = person.login ?? person.name;
  const send = async (): Promise<void> => {
    await api.delete("/api/admin/people/{person_id}", { path: { person_id: person.id } });
    toast(t("administration.person.deleted", { name: person.name }));
    go(to("administration", "people"), true);
  };
  return (
    <>
      <div className="buttons"><Button kind="danger" icon="trash" onClick={() => setOpen(true)}>{t("administration.person.deleteButton")}</Button></div>
      {open && (
        <Dialog title={t("administration.person.delete")} close={() => setOpen(false)}>
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              void run(send);
            }}
          >
            <p className="lead">{t("administration.person.warning", { name: person.name })}</p>
            <Failed failure={failure} meaning={{ conflict: t("administration.person.lastOwner") }} />
            <TextField label={t("administration.person.type", { login })} value={typed} change={setTyped} autoComplete="off" autoCapitalize="none" spellCheck={false} required autoFocus />
            <div className="buttons end">
              <Button onClick={() => setOpen(false)}>{t("account.cancel")}</Button>
              <Button kind="danger" type="submit" busy={busy} disabled={typed.trim().toLowerCase() !== login.toLowerCase()}>{t("administration.person.deleteButton")}</Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
