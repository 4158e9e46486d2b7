/** A group's name and what it is for; a new one, or one that is there. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, Dialog, TextField } from "../design";
import type { Group } from "./types";

export function GroupDialog({ group, close, done }: { group?: Group; close: () => void; done: () => void }) {
  const { t } = useTranslation();
  const { busy, failure, run } = useAction();
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const send = async (): Promise<void> => {
    const body = { name: name.trim(), description: description.trim() };
    if (group) await api.patch("/api/admin/groups/{group_id}", { path: { group_id: group.id }, body });
    else await api.post("/api/admin/groups", { body });
    done();
    close();
  };
  return (
    <Dialog title={group ? t("administration.groups.edit", { name: group.name }) : t("administration.groups.new")} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(send);
        }}
      >
        <Failed failure={failure} meaning={{ conflict: t("administration.groups.taken") }} />
        <TextField label={t("account.name")} value={name} change={setName} maxLength={64} autoComplete="off" required autoFocus />
        <TextField label={t("administration.groups.description")} value={description} change={setDescription} maxLength={256} autoComplete="off" />
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy}>{t("account.save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
