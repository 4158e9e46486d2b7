/** Who is in a group: put in and taken out one by one, at once. */
import { useTranslation } from "react-i18next";
import { Failed } from "../account/parts/Failed";
import { Loaded } from "../account/parts/Loaded";
import { useAction } from "../account/parts/useAction";
import { api } from "../api/call";
import { Button, Dialog } from "../design";
import { useFetched } from "../state/fetched";
import { PersonPicks } from "./parts/PersonPicks";
import type { Group, Named } from "./types";

export function MembersDialog({ group, close, changed }: { group: Group; close: () => void; changed: () => void }) {
  const { t } = useTranslation();
  const [members, again] = useFetched(() => api.get("/api/admin/groups/{group_id}/members", { path: { group_id: group.id } }), [group.id]);
  const { failure, run } = useAction();
  const put = async (change: (options: { path: { group_id: string; person_id: string } }) => Promise<unknown>, { id }: Named): Promise<void> => {
    await change({ path: { group_id: group.id, person_id: id } });
    await again();
    changed();
  };
  const add = (one: Named): void => void run(() => put((path) => api.put("/api/admin/groups/{group_id}/members/{person_id}", path), one));
  const remove = (one: Named): void => void run(() => put((path) => api.delete("/api/admin/groups/{group_id}/members/{person_id}", path), one));
  return (
    <Dialog title={t("administration.groups.membersOf", { name: group.name })} close={close}>
      <div className="form">
        <Failed failure={failure} />
        <Loaded of={members} again={again}>
          {({ items }) => <PersonPicks legend={t("administration.groups.membersCount", { count: items.length })} chosen={items} add={add} remove={remove} />}
        </Loaded>
        <div className="buttons end"><Button onClick={close}>{t("administration.done")}</Button></div>
      </div>
    </Dialog>
  );
}
