/** To whom a model is open: everyone, or some groups and people. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, Dialog, toast } from "../design";
import { useFetched } from "../state/fetched";
import { Picks } from "./parts/Picks";
import { PersonPicks } from "./parts/PersonPicks";
import type { Named, Permission } from "./types";

export function AccessDialog({ permission, close, done }: { permission: Permission; close: () => void; done: () => void }) {
  const { t } = useTranslation();
  const { model } = permission;
  const { busy, failure, run } = useAction();
  const [all] = useFetched(() => api.get("/api/admin/groups"), []);
  const [everyone, setEveryone] = useState(permission.everyone);
  const [groups, setGroups] = useState(permission.groups.map(({ id }) => id));
  const [people, setPeople] = useState<Named[]>(permission.people);
  const put = async (everyone: boolean, group_ids: string[], some: Named[]): Promise<void> => {
    await api.put("/api/admin/permissions", { body: { model, everyone, group_ids, person_ids: some.map(({ id }) => id) } });
    done();
  };
  const back = (): void => void run(() => put(permission.everyone, permission.groups.map(({ id }) => id), permission.people));
  const save = async (): Promise<void> => {
    await put(everyone, everyone ? [] : groups, everyone ? [] : people);
    toast(t("administration.models.saved", { model }), back, `access/${model}`);
    close();
  };
  return (
    <Dialog title={t("administration.models.accessOf", { model })} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(save);
        }}
      >
        <p className="lead">{t("administration.models.accessText")}</p>
        <Failed failure={failure} />
        <fieldset className="checks">
          <legend>{t("administration.models.open")}</legend>
          <label><input type="radio" name="open" checked={everyone} onChange={() => setEveryone(true)} /><span>{t("administration.models.everyone")}</span></label>
          <label><input type="radio" name="open" checked={!everyone} onChange={() => setEveryone(false)} /><span>{t("administration.models.only")}</span></label>
        </fieldset>
        {!everyone && (
          <>
            <Picks legend={t("account.groups")} all={all.value?.items ?? []} chosen={groups} change={setGroups} none={t("administration.groups.noneYet")} />
            <PersonPicks legend={t("administration.sections.people")} chosen={people} add={(one) => setPeople([...people, one])} remove={({ id }) => setPeople(people.filter((other) => other.id !== id))} />
          </>
        )}
        <div className="buttons end">
          <Button onClick={close}>{t("account.cancel")}</Button>
          <Button kind="strong" type="submit" busy={busy}>{t("account.save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
