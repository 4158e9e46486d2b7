/** The groups that a person is in. */
import { useTranslation } from "react-i18next";
import { Failed } from "../../account/parts/Failed";
import { Loaded } from "../../account/parts/Loaded";
import { Part } from "../../account/parts/Sections";
import { useAction } from "../../account/parts/useAction";
import { api } from "../../api/call";
import { useFetched } from "../../state/fetched";
import { Picks } from "../parts/Picks";
import type { Person } from "../types";

export function Membership({ person, again }: { person: Person; again: () => Promise<void> }) {
  const { t } = useTranslation();
  const { failure, run } = useAction();
  const [groups, groupsAgain] = useFetched(() => api.get("/api/admin/groups"), []);
  const chosen = person.groups.map(({ id }) => id);
  const change = async (ids: string[]): Promise<void> => {
    const path = (group_id: string) => ({ path: { group_id, person_id: person.id } });
    for (const id of ids.filter((one) => !chosen.includes(one))) await api.put("/api/admin/groups/{group_id}/members/{person_id}", path(id));
    for (const id of chosen.filter((one) => !ids.includes(one))) await api.delete("/api/admin/groups/{group_id}/members/{person_id}", path(id));
    await again();
  };
  return (
    <Part title={t("account.groups")}>
      <Failed failure={failure} />
      <Loaded of={groups} again={groupsAgain}>
        {({ items }) => <Picks legend={t("administration.person.groups")} all={items} chosen={chosen} change={(ids) => void run(() => change(ids))} none={t("administration.groups.noneYet")} />}
      </Loaded>
    </Part>
  );
}
